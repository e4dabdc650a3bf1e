-- Relate one article to those of the window and remember it: one atomic step, so that two reprints agree whichever
-- comes first. See store/duplicates.py for the layout; dedupe/cover.py defines `cover`.
-- KEYS[1] prefix. ARGV: day, days of the window, seconds to keep, article id (16 bytes), its place (bucket, rest),
-- exact place or "", sketch (5 bytes a hash: bucket 2, rest 3), gap, threshold, least shared, size ratio, story (8).
local base = KEYS[1]
local day, window, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local id, id_place, exact, sketch = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local gap, threshold, least, ratio = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local own_story = ARGV[12]

local POSTING, RECORD = 8, 69     -- bytes
local EXACT, ID = 65535, 65534    -- places of a posting that is no shingle
local MOST = 256                  -- postings a hash and day; a shingle printed oftener recognises no more
local NOBODY = string.rep('\0', 16)
local EXACTLY, REPRINT, CONTAINED, CONTAINS = 1, 2, 3, 4
local size = #sketch / 5

-- the shards that exist --------------------------------------------------------------------------------------------
local days = {}
for _, name in ipairs(redis.call('SMEMBERS', base .. 'days')) do
  local d = tonumber(name)
  if redis.call('EXISTS', base .. d .. ':docs') == 0 then
    redis.call('SREM', base .. 'days', name)
  elseif math.abs(d - day) <= window then
    days[#days + 1] = d
  end
end
table.sort(days)

local function record(d, number)
  local raw = redis.call('GETRANGE', base .. d .. ':docs', number * RECORD, (number + 1) * RECORD - 1)
  local r = {day = d, number = number, id = raw:sub(1, 16), story = raw:sub(19, 26), exact = raw:sub(27, 34),
             duplicate = raw:sub(35, 50), nearest = raw:sub(51, 66), raw = raw}
  r.size = struct.unpack('>I2', raw:sub(17, 18))
  r.similarity, r.relation = struct.unpack('>I2B', raw:sub(67, 69))
  return r
end

local function resolve(story)
  local steps = 0
  while steps < 64 do
    local next_story = nil
    for _, d in ipairs(days) do
      next_story = redis.call('HGET', base .. d .. ':merged', story) or next_story
    end
    if not next_story or next_story == story then return story end
    story, steps = next_story, steps + 1
  end
  return story
end

-- every posting of a hash: visit(day, document, place); returns how many today's shard holds
local function postings(place, visit)
  local bucket, rest = struct.unpack('>I2', place), place:sub(3, 5)
  local today = 0
  for _, d in ipairs(days) do
    local packed = redis.call('GET', base .. d .. ':' .. bucket)
    local at = packed and packed:find(rest, 1, true)
    while at do
      if (at - 1) % POSTING == 0 then
        local document, where = struct.unpack('>I3I2', packed, at + 3)
        visit(d, document, where)
        if d == day then today = today + 1 end
        at = packed:find(rest, at + POSTING, true)
      else
        at = packed:find(rest, at + 1, true)
      end
    end
  end
  return today
end

local function append(place, document, where)
  local key = base .. day .. ':' .. struct.unpack('>I2', place)
  local length = redis.call('APPEND', key, place:sub(3, 5) .. struct.pack('>I3I2', document, where))
  if length == POSTING then redis.call('EXPIRE', key, keep) end
end

-- was it asked before? ---------------------------------------------------------------------------------------------
local known = nil
postings(id_place, function(d, document, where)
  if where == ID then
    local r = record(d, document)
    if r.id == id and (not known or r.exact == exact:sub(1, 8)) then known = r end
  end
end)
local exact_hash = exact == '' and string.rep('\0', 8) or exact:sub(1, 8)
if known and known.exact == exact_hash then
  return {known.duplicate, resolve(known.story), known.similarity, known.nearest, known.relation}
end

-- what shares hashes with it? --------------------------------------------------------------------------------------
local found, order, crowd = {}, {}, {}
local function candidate(d, document)
  local key = d * 16777216 + document
  local c = found[key]
  if not c then
    c = {day = d, number = document, mine = {}, theirs = {}}
    found[key] = c
    order[#order + 1] = c
  end
  return c
end
for i = 1, size do
  local place = sketch:sub(i * 5 - 4, i * 5)
  crowd[i] = postings(place, function(d, document, where)
    if where < ID then
      local c = candidate(d, document)
      c.mine[#c.mine + 1] = i - 1
      c.theirs[#c.theirs + 1] = where
    end
  end)
end
if exact ~= '' then
  postings(exact:sub(9, 13), function(d, document, where)
    if where == EXACT then candidate(d, document).same = true end
  end)
end

local function cover(places, n)
  table.sort(places)
  local covered, before = 0, nil
  for _, place in ipairs(places) do
    if place ~= before then
      covered = covered + 1
      if before and place - before <= gap then covered = covered + place - before - 1 end
      before = place
    end
  end
  return n > 0 and covered / n or 0
end

local function leads(places, n)
  table.sort(places)
  return places[math.floor((#places + 3) / 4)] * 10 <= n
end

-- nearest, and the stories that it belongs to
local best, family = nil, {}
for _, c in ipairs(order) do
  if c.same or #c.mine >= least then
    local r = record(c.day, c.number)
    if r.id ~= id then
      local mine_smaller = size <= r.size
      local similarity = cover(mine_smaller and c.mine or c.theirs, mine_smaller and size or r.size)
      local relation = REPRINT
      if c.same and r.exact == exact_hash then
        similarity, relation = 1, EXACTLY
      elseif size * ratio < r.size then
        relation = CONTAINED
      elseif r.size * ratio < size then
        relation = CONTAINS
      end
      if similarity >= threshold then
        -- a flash leads the longer report that grew out of it; an item of a round-up stands anywhere in it
        local lead = relation < CONTAINED
          or (relation == CONTAINED and leads(c.theirs, r.size))
          or (relation == CONTAINS and leads(c.mine, size))
        if lead then family[#family + 1] = r end
        if not best or similarity > best.similarity_now then
          best = r
          best.similarity_now, best.relation_now = similarity, relation
        end
      end
    end
  end
end

-- one story: the oldest keeps its name -----------------------------------------------------------------------------
local story, others = nil, {}
if known then others[1] = resolve(known.story) end
for _, r in ipairs(family) do others[#others + 1] = resolve(r.story) end
table.sort(family, function(a, b) return a.day < b.day or (a.day == b.day and a.number < b.number) end)
story = known and others[1] or (family[1] and resolve(family[1].story)) or own_story
for _, other in ipairs(others) do
  if other ~= story then
    redis.call('HSET', base .. day .. ':merged', other, story)
    redis.call('EXPIRE', base .. day .. ':merged', keep)
  end
end

-- the answer, remembered -------------------------------------------------------------------------------------------
local duplicate, nearest, similarity, relation = NOBODY, NOBODY, 0, 0
if known then
  duplicate, nearest, similarity, relation = known.duplicate, known.nearest, known.similarity, known.relation
elseif best then
  nearest, similarity, relation = best.id, math.floor(best.similarity_now * 10000 + 0.5), best.relation_now
  if relation ~= CONTAINS then
    duplicate = best.duplicate ~= NOBODY and best.duplicate or best.id
  end
end
local documents = base .. day .. ':docs'
local number = redis.call('STRLEN', documents) / RECORD
redis.call('APPEND', documents, id .. struct.pack('>I2', math.min(size, ID - 1)) .. story .. exact_hash .. duplicate
  .. nearest .. struct.pack('>I2B', similarity, relation))
if number == 0 then
  redis.call('EXPIRE', documents, keep)
  redis.call('SADD', base .. 'days', day)
end
append(id_place, number, ID)
if exact ~= '' then append(exact:sub(9, 13), number, EXACT) end
for i = 1, size do
  if crowd[i] < MOST then append(sketch:sub(i * 5 - 4, i * 5), number, math.min(i - 1, ID - 1)) end
end
return {duplicate, story, similarity, nearest, relation}
