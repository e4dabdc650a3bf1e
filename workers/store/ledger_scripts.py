"""The ledger's moves as Lua: each is atomic, so that no crash leaves half a move.

Row fields (hash `P:art:<id>`): stage (what is to be done next, '' when nothing), status and reason (the final outcome),
attempts, next_at and lease_until (ms; 0: none), token (counts claims: a settle with an older one changes nothing),
first_seen (ms), feeds (space-separated), entry (zlib JSON), stuck_at (of a quarantined entry), v:<feed> (what the feed
said of the entry last), f:<name> (facts). The hash `P:outcomes` counts final outcomes (`indexed`) and what stages did,
by outlet (`stage|status|outlet`). `P:pend:<stage>`: the entries of a stage by when the sweeper asks for them.
A final outcome is also appended to the stream `P:events` (`store.events`), where events are kept at all.
"""

OFFER = """
-- KEYS: row, pend:fetch, trail, counts   ARGV: now, id, feed, saying, entry
local row, now = KEYS[1], ARGV[1]
if redis.call('EXISTS', row) == 0 then
  redis.call('HSET', row, 'stage', 'fetch', 'status', '', 'reason', '', 'attempts', 0, 'next_at', 0, 'lease_until', 0,
    'token', 0, 'first_seen', now, 'feeds', ARGV[3], 'entry', ARGV[5], 'v:' .. ARGV[3], ARGV[4])
  redis.call('ZADD', KEYS[2], now, ARGV[2])
  return 1
end
local feeds = redis.call('HGET', row, 'feeds')
if not string.find(' ' .. feeds .. ' ', ' ' .. ARGV[3] .. ' ', 1, true) then
  redis.call('HSET', row, 'feeds', feeds .. ' ' .. ARGV[3])
end
local said = redis.call('HGET', row, 'v:' .. ARGV[3])
redis.call('HSET', row, 'v:' .. ARGV[3], ARGV[4])
local stage, status = unpack(redis.call('HMGET', row, 'stage', 'status'))
if stage ~= '' or status == 'quarantined' then return 0 end
if redis.call('PTTL', row) > 0 then
  redis.call('PEXPIRE', row, ARGV[6])
  redis.call('PEXPIRE', KEYS[3], ARGV[6])
end
if not said or said == ARGV[4] then return 0 end
redis.call('HSET', row, 'stage', 'fetch', 'attempts', 0, 'next_at', 0, 'lease_until', 0, 'entry', ARGV[5])
redis.call('PERSIST', row)
redis.call('PERSIST', KEYS[3])
redis.call('ZADD', KEYS[2], now, ARGV[2])
return 2
"""

CLAIM = """
-- KEYS: row, pend:<stage>   ARGV: now, id, stage, lease end
local row, now = KEYS[1], tonumber(ARGV[1])
local stage, lease, next_at = unpack(redis.call('HMGET', row, 'stage', 'lease_until', 'next_at'))
if stage ~= ARGV[3] then
  redis.call('ZREM', KEYS[2], ARGV[2])
  return false
end
if tonumber(lease) > now or tonumber(next_at) > now then return false end
redis.call('HSET', row, 'lease_until', ARGV[4])
redis.call('HINCRBY', row, 'attempts', 1)
redis.call('HINCRBY', row, 'token', 1)
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
return redis.call('HGETALL', row)
"""

_HELD = """
local row = KEYS[1]
local stage, token = unpack(redis.call('HMGET', row, 'stage', 'token'))
if stage ~= ARGV[3] or token ~= ARGV[4] then return 0 end
"""

_CONCLUDE = """
local function conclude(status, reason, events, most, event)
  local before = redis.call('HGET', row, 'status')
  if before ~= '' then redis.call('HINCRBY', KEYS[4], before, -1) end
  redis.call('HINCRBY', KEYS[4], status, 1)
  redis.call('HSET', row, 'status', status, 'reason', reason)
  if event ~= '' then
    redis.call('XADD', events, 'MAXLEN', '~', most, '*', 'kind', 'outcomes', 'id', ARGV[2], 'doc', event)
  end
end
local function say(line, what)
  redis.call('HINCRBY', KEYS[4], what, 1)
  redis.call('RPUSH', KEYS[3], line)
  redis.call('LTRIM', KEYS[3], -50, -1)
end
"""

ADVANCE = (
    _HELD
    + _CONCLUDE
    + """
-- KEYS: row, pend:<from>, trail, counts, pend:<to> or '', events, payload keys...
-- ARGV: now, id, from, token, to, outcome, final status, reason, hint at, keep ms, tally, most events, event,
--       payload count, payloads..., facts...
redis.call('ZREM', KEYS[2], ARGV[2])
say(ARGV[6], ARGV[11])
local payloads = tonumber(ARGV[14])
for i = 1, payloads do
  local value = ARGV[14 + i]
  if value == '' then redis.call('DEL', KEYS[6 + i]) else redis.call('SET', KEYS[6 + i], value) end
end
for i = 15 + payloads, #ARGV, 2 do redis.call('HSET', row, 'f:' .. ARGV[i], ARGV[i + 1]) end
if ARGV[7] ~= '' then conclude(ARGV[7], ARGV[8], KEYS[6], ARGV[12], ARGV[13]) end
redis.call('HSET', row, 'stage', ARGV[5], 'attempts', 0, 'lease_until', 0, 'next_at', 0)
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[5], ARGV[9], ARGV[2])
else
  redis.call('PEXPIRE', row, ARGV[10])
  redis.call('PEXPIRE', KEYS[3], ARGV[10])
end
return 1
"""
)

POSTPONE = (
    _HELD
    + _CONCLUDE
    + """
-- KEYS: row, pend:<stage>, trail, counts   ARGV: now, id, stage, token, until, outcome, burn, tally
redis.call('HSET', row, 'lease_until', 0, 'next_at', ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[2])
if ARGV[7] == '0' then redis.call('HINCRBY', row, 'attempts', -1) else say(ARGV[6], ARGV[8]) end
return 1
"""
)

QUARANTINE = (
    _HELD
    + _CONCLUDE
    + """
-- KEYS: row, pend:<stage>, trail, counts, quarantine, events, evidence keys...
-- ARGV: now, id, stage, token, outcome, reason, tally, most events, event, evidence...
redis.call('ZREM', KEYS[2], ARGV[2])
say(ARGV[5], ARGV[7])
conclude('quarantined', ARGV[6], KEYS[6], ARGV[8], ARGV[9])
redis.call('HSET', row, 'stage', '', 'stuck_at', ARGV[3], 'lease_until', 0, 'next_at', 0)
redis.call('ZADD', KEYS[5], ARGV[1], ARGV[2])
for i = 7, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 3]) end
return 1
"""
)

RELEASE = """
-- KEYS: row, quarantine, counts, pend:<stage>, evidence keys...   ARGV: now, id, stage
local row = KEYS[1]
if redis.call('ZREM', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[3], 'quarantined', -1)
redis.call('HSET', row, 'stage', ARGV[3], 'status', '', 'reason', '', 'attempts', 0, 'next_at', 0)
redis.call('ZADD', KEYS[4], ARGV[1], ARGV[2])
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
"""

DUE = """
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
return ids
"""
