-- Stories: read what is near, write what was decided, in one atomic step each. See store/stories.py for the layout.
-- KEYS[1] prefix. ARGV[1] what to do; the rest stands at each function.
local base, what = KEYS[1], ARGV[1]
local TAIL, MOST = 600, 64  -- postings of a bucket that are searched, the latest; of a term and day that are looked at
local ID, POSTING, REPRINT, HEAD = 8, 11, 24, 32  -- bytes: of a report, a posting, a reprint, a record before its terms

local function now_in(report)
  local story = redis.call('GETRANGE', base .. 'a:' .. report, 0, 7)
  return story ~= '' and story or nil
end

local function each(packed, size)
  local at = 1 - size
  return function()
    at = at + size
    if at + size - 1 <= #packed then return packed:sub(at, at + size - 1) end
  end
end

-- the reports of a story; one that nobody joined is the only one
local function reports(story)
  return redis.call('GET', base .. 'r:' .. story) or story
end

local function seen_at(story, hour, keep)
  local key = base .. 'h:' .. hour
  redis.call('APPEND', key, story)
  redis.call('EXPIRE', key, keep)
end

local function join(story, report, keep)
  local packed = redis.call('GET', base .. 'r:' .. story) or (report ~= story and story) or ''
  for known in each(packed, ID) do
    if known == report then return end
  end
  if packed ~= '' then redis.call('SET', base .. 'r:' .. story, packed .. report, 'EX', keep) end
end

local function leave(story, report)
  local left = {}
  for known in each(reports(story), ID) do
    if known ~= report then left[#left + 1] = known end
  end
  if #left == 0 or (#left == 1 and left[1] == story) then
    redis.call('DEL', base .. 'r:' .. story)
  else
    redis.call('SET', base .. 'r:' .. story, table.concat(left), 'KEEPTTL')
  end
end

-- a report goes to another story, with all articles that carry its text
local function move(report, target, keep)
  local record = redis.call('GET', base .. 'a:' .. report)
  if not record or record:sub(1, ID) == target then return end
  leave(record:sub(1, ID), report)
  redis.call('SETRANGE', base .. 'a:' .. report, 0, target)
  join(target, report, keep)
  local moved = base .. 'moved'
  redis.call('HSET', moved, record:sub(17, 32), target)
  seen_at(target, math.floor(struct.unpack('>d', record:sub(9, 16)) / 3600), keep)
  for reprint in each(redis.call('GET', base .. 'p:' .. report) or '', REPRINT) do
    redis.call('HSET', moved, reprint:sub(1, 16), target)
    seen_at(target, math.floor(struct.unpack('>d', reprint:sub(17)) / 3600), keep)
  end
  redis.call('EXPIRE', moved, keep)
end

-- near: text (8), article (16), at (8, as a double), keep, terms (5 bytes: bucket 2, rest 3), first day, last day,
-- least shared terms, stories at most, reports of a story at most.
-- Answers: {1, story} where the text is placed, the article being added to those that carry it; else {0, version, a
-- report, its record, …}, a story's reports together, the story that shares most first.
if what == 'near' then
  local text, article, at, keep, terms = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
  local record = redis.call('GETRANGE', base .. 'a:' .. text, 0, HEAD - 1)
  if record ~= '' then
    local story, key = record:sub(1, ID), base .. 'p:' .. text
    if record:sub(17, 32) == article then return {1, story} end
    for reprint in each(redis.call('GET', key) or '', REPRINT) do
      if reprint:sub(1, 16) == article then return {1, story} end
    end
    redis.call('APPEND', key, article .. at)
    redis.call('EXPIRE', key, keep)
    seen_at(story, math.floor(struct.unpack('>d', at) / 3600), keep)
    return {1, story}
  end
  local shared, order = {}, {}
  for day = tonumber(ARGV[7]), tonumber(ARGV[8]) do
    if redis.call('EXISTS', base .. 't:' .. day) == 1 then
      local front = base .. 't:' .. day .. ':'
      for term in each(terms, 5) do
        local packed, rest = redis.call('GETRANGE', front .. struct.unpack('>I2', term), -TAIL * POSTING, -1), term:sub(3)
        local found, seen = packed:find(rest, 1, true), 0
        while found and seen < MOST do
          if (found - 1) % POSTING == 0 then
            local report = packed:sub(found + 3, found + 10)
            if not shared[report] then order[#order + 1] = report end
            shared[report] = (shared[report] or 0) + 1
            seen = seen + 1
            found = packed:find(rest, found + POSTING, true)
          else
            found = packed:find(rest, found + 1, true)
          end
        end
      end
    end
  end
  local near = {}
  for _, report in ipairs(order) do
    if shared[report] >= tonumber(ARGV[9]) then near[#near + 1] = report end
  end
  table.sort(near, function(a, b) return shared[a] > shared[b] or (shared[a] == shared[b] and a < b) end)
  local answer, known, stories = {0, redis.call('GET', base .. 'version') or '0'}, {}, 0
  for _, report in ipairs(near) do
    if stories == tonumber(ARGV[10]) then break end
    local story = now_in(report)
    if story and not known[story] then
      known[story] = true
      stories = stories + 1
      local packed, most = reports(story), tonumber(ARGV[11]) * ID
      if #packed > most then packed = packed:sub(1, ID) .. packed:sub(ID - most) end  -- the first and the latest
      local keys = {}
      for one in each(packed, ID) do keys[#keys + 1] = base .. 'a:' .. one end
      for i, value in ipairs(redis.call('MGET', unpack(keys))) do
        if value and value:sub(1, ID) == story then
          answer[#answer + 1] = packed:sub((i - 1) * ID + 1, i * ID)
          answer[#answer + 1] = value
        end
      end
    end
  end
  return answer
end

-- settle: version, keep, report (8), its record, hour, day, terms (as above), stories to merge into its story (8 each),
-- then for each group that leaves the story its reports (8 each).
-- Answers the report's story, or false where another worker was quicker.
if what == 'settle' then
  local keep, report, record, day = ARGV[3], ARGV[4], ARGV[5], ARGV[7]
  if (redis.call('GET', base .. 'version') or '0') ~= ARGV[2] or now_in(report) then return false end
  redis.call('INCR', base .. 'version')
  local story = record:sub(1, ID)
  redis.call('SET', base .. 'a:' .. report, record, 'EX', keep)
  if story ~= report then join(story, report, keep) end
  for term in each(ARGV[8], 5) do
    local key = base .. 't:' .. day .. ':' .. struct.unpack('>I2', term)
    if redis.call('APPEND', key, term:sub(3) .. report) == POSTING then redis.call('EXPIRE', key, keep) end
  end
  redis.call('SET', base .. 't:' .. day, '', 'EX', keep)
  seen_at(story, ARGV[6], keep)
  for other in each(ARGV[9], ID) do
    for one in each(reports(other), ID) do move(one, story, keep) end
  end
  for i = 10, #ARGV do
    local name = ARGV[i]:sub(1, ID)
    for one in each(ARGV[i], ID) do move(one, name, keep) end
  end
  return now_in(report)
end

-- together: key of the waiting pairs, keep, tries. A pair is a text and the text whose story takes its story in.
-- Answers how many stories were merged.
if what == 'together' then
  local merged = 0
  local pairs_ = redis.call('HKEYS', ARGV[2])
  table.sort(pairs_)
  for _, pair in ipairs(pairs_) do
    local source, target = now_in(pair:sub(1, ID)), now_in(pair:sub(ID + 1))
    if source and target then
      if source ~= target then
        redis.call('INCR', base .. 'version')
        for one in each(reports(source), ID) do move(one, target, ARGV[3]) end
        merged = merged + 1
      end
      redis.call('HDEL', ARGV[2], pair)
    elseif redis.call('HINCRBY', ARGV[2], pair, 1) > tonumber(ARGV[4]) then
      redis.call('HDEL', ARGV[2], pair)  -- one of them left the window
    end
  end
  return merged
end
return redis.error_reply('unknown: ' .. what)
