-- Relate one article to those of the window and remember it: one atomic step, so that two reprints agree whichever
-- comes first. See store/duplicates.py for the layout; dedupe/cover.py defines `cover`.
-- KEYS[1] prefix. ARGV: day, days of the window, seconds to keep, article id (16 bytes), its place (bucket 2, rest 3),
-- exact hash (8) and its place, or "", sketch (a place a hash), words (a byte each), gap, verbatim share, aligned share,
-- size ratio, sample, share of common hashes that promises, prefix of the stories, days of a shard,
-- verbatim share below which more must be aligned, and how much; or, of an article that an index knows from before a loss,
-- what is so of it: text (8), original (16), nearest (16), similarity (2), relation (1); else "".
-- Answers: original, similarity, nearest, relation, the text's first print (8 bytes of its id; reprints share it),
-- whether stories wait to be brought together.
local base = KEYS[1]
local day, window, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local id, id_place, exact, sketch, words = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local gap, least_verbatim, least_aligned = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local ratio = tonumber(ARGV[12])
local sample, promising, stories = tonumber(ARGV[13]), tonumber(ARGV[14]), ARGV[15]
local span, alone, least_alone, told = tonumber(ARGV[16]), tonumber(ARGV[17]), tonumber(ARGV[18]), ARGV[19]
local shard = math.floor(day / span)

local PLACE, POSTING, RECORD = 5, 6, 74  -- bytes
local MOST = 32        -- postings a hash and shard; a shingle printed oftener recognises no more
local LOOKED = 96      -- candidates whose record is read at most, those that share the most hashes first
local COMPARED = 24    -- … and that are compared word by word
local RUN, SHINGLE = 3, 5
local NOBODY = string.rep('\0', 16)
local EXACTLY, REPRINT, REWRITE, CONTAINED, CONTAINS = 1, 2, 3, 4, 5

-- the shards that exist --------------------------------------------------------------------------------------------
local shards = {}
for _, name in ipairs(redis.call('SMEMBERS', base .. 'shards')) do
  local d = tonumber(name)
  if math.abs(d - shard) * span < window + span then
    shards[#shards + 1] = d
  elseif redis.call('EXISTS', base .. d .. ':docs') == 0 then
    redis.call('SREM', base .. 'shards', name)
  end
end
table.sort(shards)

local function record(d, number)
  local raw = redis.call('GETRANGE', base .. d .. ':docs', number * RECORD, (number + 1) * RECORD - 1)
  local r = {shard = d, number = number, id = raw:sub(1, 16), text = raw:sub(23, 30), exact = raw:sub(31, 38),
             duplicate = raw:sub(39, 54), nearest = raw:sub(55, 70)}
  r.offset, r.size = struct.unpack('>I4I2', raw:sub(17, 22))
  r.similarity, r.relation, r.day = struct.unpack('>I2BB', raw:sub(71, 74))
  r.day = d * span + r.day
  return r
end

-- the story that a text belongs to now; one that is not placed yet is its own
local function story_of(text)
  local story = redis.call('GETRANGE', stories .. 'a:' .. text, 0, 7)
  return story == '' and text or story
end

local places, bucket, rest = {id_place, exact ~= '' and exact:sub(9) or nil}, {}, {}
local FIRST = #places + 1  -- of the sketch
for i = 1, #sketch / PLACE do places[#places + 1] = sketch:sub((i - 1) * PLACE + 1, i * PLACE) end
for i, place in ipairs(places) do bucket[i], rest[i] = tostring((struct.unpack('>I2', place))), place:sub(3, 5) end

-- every posting of some places at once: visit(shard, document, n-th place); counts those of today's shard
local crowd = {}
local function postings(places, first, last, visit)
  if last < first then return end
  for i = first, last do crowd[i] = 0 end
  for _, d in ipairs(shards) do
    local keys, front = {}, base .. d .. ':'
    for i = first, last do keys[i - first + 1] = front .. bucket[i] end
    for n, packed in ipairs(redis.call('MGET', unpack(keys))) do
      local i, seen = first + n - 1, 0
      local part = rest[i]
      local at = packed and packed:find(part, 1, true)
      while at and seen < MOST do
        if (at - 1) % POSTING == 0 then
          visit(d, (struct.unpack('>I3', packed, at + 3)), i)
          seen = seen + 1
          at = packed:find(part, at + POSTING, true)
        else
          at = packed:find(part, at + 1, true)
        end
      end
      if d == shard then crowd[i] = seen end
    end
  end
end

local function append(i, document)
  local key = base .. shard .. ':' .. bucket[i]
  local length = redis.call('APPEND', key, rest[i] .. struct.pack('>I3', document))
  if length == POSTING then redis.call('EXPIRE', key, keep) end
end

-- was it asked before? ---------------------------------------------------------------------------------------------
local exact_hash = exact == '' and string.rep('\0', 8) or exact:sub(1, 8)
local known = nil
postings(places, 1, 1, function(d, document)
  local r = record(d, document)
  if r.id == id and not (known and known.exact == exact_hash) then known = r end
end)
if known and known.exact == exact_hash then
  return {known.duplicate, known.similarity, known.nearest, known.relation, known.text, 0}
end

-- what shares hashes with it? --------------------------------------------------------------------------------------
local found, candidates = {}, {}
postings(places, 2, #places, function(d, document, i)
  local key = d * 16777216 + document
  local c = found[key]
  if not c then
    c = {shard = d, number = document, shared = 0}
    found[key] = c
    candidates[#candidates + 1] = c
  end
  c.shared = c.shared + (i < FIRST and #words + 1 or 1)
end)
table.sort(candidates, function(a, b)
  if a.shared ~= b.shared then return a.shared > b.shared end
  return a.shard < b.shard or (a.shard == b.shard and a.number < b.number)
end)

-- what is told is not decided anew
if told ~= '' then
  known, candidates = {text = told:sub(1, 8), duplicate = told:sub(9, 24), nearest = told:sub(25, 40)}, {}
  known.similarity, known.relation = struct.unpack('>I2B', told:sub(41, 43))
end

-- dedupe.cover: runs of one text are looked up in the other; a run is the number that its words' bytes make --------------
local function runs(text, n)
  local bytes, found = {}, {}
  for i = 1, #text, 128 do
    for _, byte in ipairs({text:byte(i, i + 127)}) do bytes[#bytes + 1] = byte end
  end
  for i = 1, #bytes - n + 1 do
    local run = bytes[i]
    for j = i + 1, i + n - 1 do run = run * 256 + bytes[j] end
    found[i] = run
  end
  return found
end

-- the last place of each run, and for each place the one before it with the same run
local function places_of(text)
  local last, before = {}, {}
  for i, run in ipairs(runs(text, RUN)) do
    before[i] = last[run]
    last[run] = i
  end
  return last, before
end

local function verbatim(small, large)
  local n = math.min(SHINGLE, #small)
  local known, hits = {}, 0
  for _, run in ipairs(runs(large, n)) do known[run] = true end
  local wanted = runs(small, n)
  for _, run in ipairs(wanted) do
    if known[run] then hits = hits + 1 end
  end
  return hits / #wanted
end

local own_last, own_before
local function cover(old)
  local small, large = old, words
  if #words < #old or (#words == #old and words <= old) then small, large = words, old end
  if #small == 0 then return 0, 0, {} end
  local last, before
  if large == words then
    if not own_last then own_last, own_before = places_of(words) end
    last, before = own_last, own_before
  else
    last, before = places_of(old)
  end
  local places, covered = {}, 0
  local last_i, last_j
  for i, run in ipairs(runs(small, RUN)) do
    local place = last[run]
    if place then
      local expected, j, off = last_j and last_j + i - last_i or 1, nil, nil
      while place do  -- the one next in line; of two as near the first
        local distance = math.abs(place - expected)
        if not off or distance <= off then j, off = place, distance end
        place = before[place]
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
  return verbatim(small, large), covered / #small, places
end

-- a flash leads the longer report that grew out of it; an item of a round-up stands anywhere in it
local function leads(places, size)
  table.sort(places)
  return #places > 0 and places[math.floor((#places + 3) / 4)] * 10 <= size
end

local function compare(r)
  if exact ~= '' and r.exact == exact_hash then return EXACTLY, 1, true end
  local old = redis.call('GETRANGE', base .. r.shard .. ':text', r.offset, r.offset + r.size - 1)
  local share_verbatim, share_aligned, places = cover(old)
  local least = share_verbatim < alone and least_alone or least_aligned  -- dedupe.cover.is_reprint
  if share_verbatim < least_verbatim and share_aligned < least then return nil end
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

local function rate(size)  -- dedupe.sketch.rate
  return math.max(1, size < 128 and math.floor(sample / 4) or size < 256 and math.floor(sample / 2) or sample)
end

-- nearest, and the stories that it belongs to ----------------------------------------------------------------------
local best, family, joined, compared = nil, {}, {}, 0
for n, c in ipairs(candidates) do
  if compared >= COMPARED or n > LOOKED then break end
  local r = record(c.shard, c.number)
  local expected = math.min(#words, r.size) / rate(math.max(#words, r.size))  -- hashes of the smaller in both
  if r.id ~= id and c.shared >= promising * expected and math.abs(r.day - day) <= window then
    r.story = story_of(r.text)
    if not (best and best.kin ~= CONTAINS and joined[r.story]) then
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
end

-- one story: the oldest keeps its name -----------------------------------------------------------------------------
table.sort(family, function(a, b) return a.shard < b.shard or (a.shard == b.shard and a.number < b.number) end)
local text_of = known and known.text or (family[1] and family[1].text) or id:sub(1, 8)
local waiting = 0
for _, r in ipairs(family) do  -- until they are brought together, in case nobody lives to do it
  if r.story ~= story_of(text_of) then redis.call('HSETNX', base .. 'merges', r.text .. text_of, 0) end
end
if redis.call('EXISTS', base .. 'merges') == 1 then waiting = 1 end

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
local documents, texts = base .. shard .. ':docs', base .. shard .. ':text'
local number, offset = redis.call('STRLEN', documents) / RECORD, redis.call('STRLEN', texts)
redis.call('APPEND', documents, id .. struct.pack('>I4I2', offset, #words) .. text_of .. exact_hash .. duplicate
  .. nearest .. struct.pack('>I2BB', similarity, relation, day - shard * span))
redis.call('APPEND', texts, words)
if number == 0 then
  redis.call('EXPIRE', documents, keep)
  redis.call('SADD', base .. 'shards', shard)
end
if offset == 0 and #words > 0 then redis.call('EXPIRE', texts, keep) end
for i = 1, #places do
  if i < FIRST or crowd[i] < MOST then append(i, number) end
end
return {duplicate, similarity, nearest, relation, text_of, waiting}
