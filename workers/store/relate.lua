-- Relate one article to those of the window and remember it: one atomic step, so that two reprints agree whichever
-- comes first. See store/duplicates.py for the layout; dedupe/cover.py defines `cover`.
-- KEYS[1] prefix. ARGV: day, days of the window, seconds to keep, article id (16 bytes), its place (bucket 2, rest 3),
-- exact hash (8) and its place, or "", sketch (a place a hash), words (a byte each), gap, verbatim share, aligned share,
-- size ratio, story (8), sample, share of common hashes that promises.
-- Answers: original, story, similarity, nearest, relation, the text's first print (8 bytes of its id; reprints share it).
local base = KEYS[1]
local day, window, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local id, id_place, exact, sketch, words = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local gap, least_verbatim, least_aligned = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local ratio, own_story = tonumber(ARGV[12]), ARGV[13]
local sample, promising = tonumber(ARGV[14]), tonumber(ARGV[15])

local PLACE, POSTING, RECORD = 5, 6, 74  -- bytes
local MOST = 256       -- postings a hash and day; a shingle printed oftener recognises no more
local COMPARED = 48    -- candidates compared at most, those that share the most hashes first
local RUN, SHINGLE = 3, 5
local NOBODY = string.rep('\0', 16)
local EXACTLY, REPRINT, REWRITE, CONTAINED, CONTAINS = 1, 2, 3, 4, 5

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
  local r = {day = d, number = number, id = raw:sub(1, 16), story = raw:sub(23, 30), exact = raw:sub(31, 38),
             duplicate = raw:sub(39, 54), nearest = raw:sub(55, 70)}
  r.offset, r.size = struct.unpack('>I4I2', raw:sub(17, 22))
  r.similarity, r.relation = struct.unpack('>I2B', raw:sub(71, 73))
  return r
end

local function resolve(story)
  for _ = 1, 64 do
    local merged = nil
    for _, d in ipairs(days) do
      merged = redis.call('HGET', base .. d .. ':merged', story) or merged
    end
    if not merged or merged == story then return story end
    story = merged
  end
  return story
end

-- every posting at a place: visit(day, document); returns how many today's shard holds
local function postings(place, visit)
  local bucket, rest = struct.unpack('>I2', place), place:sub(3, 5)
  local today = 0
  for _, d in ipairs(days) do
    local packed = redis.call('GET', base .. d .. ':' .. bucket)
    local at = packed and packed:find(rest, 1, true)
    while at do
      if (at - 1) % POSTING == 0 then
        visit(d, (struct.unpack('>I3', packed, at + 3)))
        if d == day then today = today + 1 end
        at = packed:find(rest, at + POSTING, true)
      else
        at = packed:find(rest, at + 1, true)
      end
    end
  end
  return today
end

local function append(place, document)
  local key = base .. day .. ':' .. struct.unpack('>I2', place)
  local length = redis.call('APPEND', key, place:sub(3, 5) .. struct.pack('>I3', document))
  if length == POSTING then redis.call('EXPIRE', key, keep) end
end

-- was it asked before? ---------------------------------------------------------------------------------------------
local exact_hash = exact == '' and string.rep('\0', 8) or exact:sub(1, 8)
local known = nil
postings(id_place, function(d, document)
  local r = record(d, document)
  if r.id == id and not (known and known.exact == exact_hash) then known = r end
end)
if known and known.exact == exact_hash then
  return {known.duplicate, resolve(known.story), known.similarity, known.nearest, known.relation, known.story}
end

-- what shares hashes with it? --------------------------------------------------------------------------------------
local found, candidates, crowd = {}, {}, {}
local function share(d, document)
  local key = d * 16777216 + document
  local c = found[key]
  if not c then
    c = {day = d, number = document, shared = 0}
    found[key] = c
    candidates[#candidates + 1] = c
  end
  c.shared = c.shared + 1
end
for i = 1, #sketch / PLACE do
  crowd[i] = postings(sketch:sub((i - 1) * PLACE + 1, i * PLACE), share)
end
if exact ~= '' then
  postings(exact:sub(9), function(d, document)
    share(d, document)
    found[d * 16777216 + document].shared = #words + 1
  end)
end
table.sort(candidates, function(a, b)
  if a.shared ~= b.shared then return a.shared > b.shared end
  return a.day < b.day or (a.day == b.day and a.number < b.number)
end)

-- dedupe.cover: the new text's runs are looked up, the old one's are walked ------------------------------------------
local function grams(text, n)
  local known_at = {}
  for i = 1, #text - n + 1 do
    local gram = text:sub(i, i + n - 1)
    local at = known_at[gram]
    if at then at[#at + 1] = i else known_at[gram] = {i} end
  end
  return known_at
end
local own_grams = {}
local function own(n)
  own_grams[n] = own_grams[n] or grams(words, n)
  return own_grams[n]
end

local function verbatim(small, large_known, n)
  local hits, total = 0, #small - n + 1
  for i = 1, total do
    if large_known[small:sub(i, i + n - 1)] then hits = hits + 1 end
  end
  return hits / total
end

local function cover(old)
  local small, large_is_own = old, true
  if #words < #old or (#words == #old and words <= old) then small, large_is_own = words, false end
  if #small == 0 then return 0, 0, {} end
  local function known_in_large(n) return large_is_own and own(n) or grams(old, n) end
  local n = math.min(SHINGLE, #small)
  local share_verbatim = verbatim(small, known_in_large(n), n)
  local runs_at, places, covered = known_in_large(RUN), {}, 0
  local last_i, last_j
  for i = 1, #small - RUN + 1 do
    local at = runs_at[small:sub(i, i + RUN - 1)]
    if at then
      local expected, j, off = last_j and last_j + i - last_i or 1, nil, nil
      for _, place in ipairs(at) do
        local distance = math.abs(place - expected)
        if not off or distance < off then j, off = place, distance end
      end
      if not last_i then
        covered = RUN
      elseif i - last_i - RUN <= gap and j - last_j > -RUN and j - last_j <= gap + RUN then
        covered = covered + i - last_i
      else
        covered = covered + math.min(RUN, i - last_i)
      end
      last_i, last_j = i, j
      places[#places + 1] = j
    end
  end
  return share_verbatim, covered / #small, places
end

-- a flash leads the longer report that grew out of it; an item of a round-up stands anywhere in it
local function leads(places, size)
  table.sort(places)
  return #places > 0 and places[math.floor((#places + 3) / 4)] * 10 <= size
end

local function compare(r)
  if exact ~= '' and r.exact == exact_hash then return EXACTLY, 1, true end
  local old = redis.call('GETRANGE', base .. r.day .. ':text', r.offset, r.offset + r.size - 1)
  local share_verbatim, share_aligned, places = cover(old)
  if share_verbatim < least_verbatim and share_aligned < least_aligned then return nil end
  local similarity = math.max(share_verbatim, share_aligned)
  if #words * ratio < r.size then return CONTAINED, similarity, leads(places, r.size) end
  if r.size * ratio < #words then return CONTAINS, similarity, leads(places, #words) end
  return share_verbatim >= least_verbatim and REPRINT or REWRITE, similarity, true
end

-- what it repeats comes before what it contains
local function nearer(a, b)
  if (a.kin == CONTAINS) ~= (b.kin == CONTAINS) then return b.kin == CONTAINS end
  return a.now > b.now
end

-- nearest, and the stories that it belongs to ----------------------------------------------------------------------
local best, family, joined, compared = nil, {}, {}, 0
for _, c in ipairs(candidates) do
  if compared >= COMPARED then break end
  local r = record(c.day, c.number)
  r.family, r.story = r.story, resolve(r.story)
  local expected = math.min(#words, r.size) / sample  -- hashes that both sketches would hold of the smaller text
  if r.id ~= id and c.shared >= promising * expected and not (best and best.kin ~= CONTAINS and joined[r.story]) then
    compared = compared + 1
    local relation, similarity, same_story = compare(r)
    if relation then
      if same_story and not joined[r.story] then
        joined[r.story] = true
        family[#family + 1] = r
      end
      r.now, r.kin = similarity, relation
      if not best or nearer(r, best) then best = r end
    end
  end
end

-- one story: the oldest keeps its name -----------------------------------------------------------------------------
table.sort(family, function(a, b) return a.day < b.day or (a.day == b.day and a.number < b.number) end)
local text_of = known and known.story or (family[1] and family[1].family) or own_story
local story = resolve(text_of)
for _, r in ipairs(family) do
  if r.story ~= story then
    redis.call('SADD', base .. 'merges', r.story .. story)  -- until their articles are brought together
    redis.call('HSET', base .. day .. ':merged', r.story, story)
    redis.call('EXPIRE', base .. day .. ':merged', keep)
  end
end

-- the answer, remembered -------------------------------------------------------------------------------------------
local duplicate, nearest, similarity, relation = NOBODY, NOBODY, 0, 0
if known then
  duplicate, nearest, similarity, relation = known.duplicate, known.nearest, known.similarity, known.relation
elseif best then
  nearest, similarity, relation = best.id, math.floor(best.now * 10000 + 0.5), best.kin
  if relation ~= CONTAINS then
    duplicate = best.duplicate ~= NOBODY and best.duplicate or best.id
  end
end
local documents, texts = base .. day .. ':docs', base .. day .. ':text'
local number, offset = redis.call('STRLEN', documents) / RECORD, redis.call('STRLEN', texts)
redis.call('APPEND', documents, id .. struct.pack('>I4I2', offset, #words) .. text_of .. exact_hash .. duplicate
  .. nearest .. struct.pack('>I2BB', similarity, relation, 0))
redis.call('APPEND', texts, words)
if number == 0 then
  redis.call('EXPIRE', documents, keep)
  redis.call('SADD', base .. 'days', day)
end
if offset == 0 and #words > 0 then redis.call('EXPIRE', texts, keep) end
append(id_place, number)
if exact ~= '' then append(exact:sub(9), number) end
for i = 1, #sketch / PLACE do
  if crowd[i] < MOST then append(sketch:sub((i - 1) * PLACE + 1, i * PLACE), number) end
end
return {duplicate, story, similarity, nearest, relation, text_of}
