"""The outbox's moves as Lua: each is atomic, so that no crash leaves half a move. `P` is the key prefix, times are ms.

Row (hash `P:alert:<id>`): body (JSON of the Alert), rule, kind (`alert`; `gathered`: held alerts of a rule that go as
one message; `follow`: what joined a story later), channels (space-separated), at, taken (a sender has claimed it),
acked, and by channel s:<c> (state: waiting, sending, sent, dead), n:<c> (attempts), w:<c> (why the last one failed),
t:<c> (when it was settled). `P:members:<id>`: JSON of the alerts in a gathered or follow row.
`P:fired:<rule>:<article>`: this article has met this rule, and is told by that alert. A row with `same` is told by the
alert of that id: a loss of Redis gave its story another name. Sorted sets: `P:alerts:due` and `P:alerts:dead` of "<id>
<channel>", `P:alerts:history` of ids, `P:alerts:dirty` of what the index has not seen yet (`store.outbox_mirror`): ids
of rows, whose `v` grows with every change, and marks as "M <id> <told> <rule> <article>", all by time.
"""

_TOUCH = """
local function touch(base, id, now)
  redis.call('HINCRBY', base .. ':alert:' .. id, 'v', 1)
  redis.call('ZADD', base .. ':alerts:dirty', now, id)
end
"""

_PUT = (
    _TOUCH
    + """
local function put(row, id, body, rule, kind, channels, at, due, keep)
  redis.call('HSET', row, 'body', body, 'rule', rule, 'kind', kind, 'channels', channels, 'at', at)
  redis.call('PEXPIRE', row, keep)
  redis.call('HINCRBY', row, 'v', 1)
  for channel in string.gmatch(channels, '%S+') do
    redis.call('HSET', row, 's:' .. channel, 'waiting')
    redis.call('ZADD', KEYS[3], due, id .. ' ' .. channel)
  end
end
local function join(base, id, body, rule, kind, channels, due, keep)
  local row, members = base .. ':alert:' .. id, base .. ':members:' .. id
  if redis.call('HEXISTS', row, 'taken') == 1 then return false end
  if redis.call('EXISTS', row) == 0 then put(row, id, '', rule, kind, channels, due, due, keep) end
  redis.call('RPUSH', members, body)
  redis.call('PEXPIRE', members, keep)
  return true
end
"""
)

RECORD = (
    _PUT
    + """
-- KEYS: row, fired mark or '', due, history, throttle, snooze
-- ARGV: now, id, body, rule, channels, release, throttle, keep, base, follow delay, id of the mark, article
local now, id, body, rule, channels = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local release, throttle, keep, base, follow = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], ARGV[9], tonumber(ARGV[10])
local told = redis.call('HGET', KEYS[1], 'same') or id
local unmarked = KEYS[2] == '' or redis.call('SET', KEYS[2], told, 'PX', keep, 'NX')
if unmarked and KEYS[2] ~= '' then
  local mark = table.concat({'M', ARGV[11], told, rule, ARGV[12]}, ' ')
  redis.call('ZADD', base .. ':alerts:dirty', now, mark)
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  local snoozed = redis.call('HEXISTS', KEYS[1], 'snoozed') == 1
  if unmarked and follow > 0 and channels ~= '' and not snoozed then
    local due = math.max(tonumber(redis.call('HGET', KEYS[1], 'at')) + follow, release)
    join(base, string.sub(redis.sha1hex(told .. ' follow'), 1, 32), body, rule, 'follow', channels, due, keep)
  end
  return 0
end
if not unmarked then return 0 end
redis.call('ZADD', KEYS[4], now, id)
redis.call('ZADD', base .. ':alerts:dirty', now, id)
if redis.call('EXISTS', KEYS[6]) == 1 then
  put(KEYS[1], id, body, rule, 'alert', '', now, 0, keep)
  redis.call('HSET', KEYS[1], 'snoozed', now)
  return 1
end
local free, used = 0, 0
if throttle > 0 then
  local stored = redis.call('GET', KEYS[5])
  if stored then
    local at, held = string.match(stored, '(%d+) (%d)')
    free, used = tonumber(at), tonumber(held)
    if now >= free and used == 1 then free, used = free + throttle, 0 end
  end
  release = math.max(release, free)
  if release <= now then free, used = now + throttle, 0 else free, used = release, 1 end
  redis.call('SET', KEYS[5], string.format('%.0f %d', free, used), 'PX', math.floor(free - now + 2 * throttle))
end
if release > now then
  local gathered = string.sub(redis.sha1hex(rule .. ' ' .. string.format('%.0f', release)), 1, 32)
  if join(base, gathered, body, rule, 'gathered', channels, release, keep) then
    put(KEYS[1], id, body, rule, 'alert', '', now, 0, keep)
    redis.call('HSET', KEYS[1], 'held', gathered)
    return 1
  end
end
put(KEYS[1], id, body, rule, 'alert', channels, now, now, keep)
return 1
"""
)
"""`P:throttle:<rule>` is "<when the rule may send again> <whether alerts are held for that moment>": a second alert is
held to it, and the message that goes then throttles the next one."""

CLAIM = (
    _TOUCH
    + """
-- KEYS: due   ARGV: now, limit, lease end, base, then the channels that are not to be asked now
local asked, closed = {}, {}
for i = 5, #ARGV do closed[ARGV[i]] = true end
local seen, limit, from = 0, tonumber(ARGV[2]), 0
while #asked < limit do
  local members = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', from, limit)
  if #members == 0 then break end
  for _, member in ipairs(members) do
    local id, channel = string.match(member, '^(%S+) (%S+)$')
    local row = ARGV[4] .. ':alert:' .. id
    if closed[channel] then
      from = from + 1
    elseif redis.call('EXISTS', row) == 0 then
      redis.call('ZREM', KEYS[1], member)
    elseif #asked < limit then
      local before = redis.call('HGET', row, 's:' .. channel)
      redis.call('ZADD', KEYS[1], ARGV[3], member)
      redis.call('HSET', row, 's:' .. channel, 'sending', 'taken', 1)
      touch(ARGV[4], id, ARGV[1])
      local attempts = redis.call('HINCRBY', row, 'n:' .. channel, 1)
      local kind, body, rule, at, again = unpack(redis.call('HMGET', row, 'kind', 'body', 'rule', 'at', 'again'))
      local parts = redis.call('LRANGE', ARGV[4] .. ':members:' .. id, 0, -1)
      asked[#asked + 1] = {id, channel, kind, body, rule, at, attempts, before, again or '', parts}
    end
  end
end
return asked
"""
)

SETTLE = (
    _TOUCH
    + """
-- KEYS: row, due, dead   ARGV: id, channel, state, now, reason, next time (0: none), attempts given back, base
local member, channel = ARGV[1] .. ' ' .. ARGV[2], ARGV[2]
local before = redis.call('HGET', KEYS[1], 's:' .. channel)
if not before or before == 'sent' then return 0 end
redis.call('HSET', KEYS[1], 's:' .. channel, ARGV[3], 't:' .. channel, ARGV[4], 'w:' .. channel, ARGV[5])
if tonumber(ARGV[7]) > 0 then redis.call('HINCRBY', KEYS[1], 'n:' .. channel, -tonumber(ARGV[7])) end
if tonumber(ARGV[6]) > 0 then
  redis.call('ZADD', KEYS[2], ARGV[6], member)
else
  redis.call('ZREM', KEYS[2], member)
end
if ARGV[3] == 'dead' then redis.call('ZADD', KEYS[3], ARGV[4], member) else redis.call('ZREM', KEYS[3], member) end
touch(ARGV[8], ARGV[1], ARGV[4])
return 1
"""
)

RESEND = (
    _TOUCH
    + """
-- KEYS: row, due, dead   ARGV: id, channel, now, base
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local member = ARGV[1] .. ' ' .. ARGV[2]
redis.call('HSET', KEYS[1], 's:' .. ARGV[2], 'waiting', 'n:' .. ARGV[2], 0)
redis.call('HINCRBY', KEYS[1], 'again', 1)
redis.call('ZREM', KEYS[3], member)
redis.call('ZADD', KEYS[2], ARGV[3], member)
touch(ARGV[4], ARGV[1], ARGV[3])
return 1
"""
)

ACK = (
    _TOUCH
    + """
-- KEYS: row   ARGV: id, text, now, base
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'acked', ARGV[2])
touch(ARGV[4], ARGV[1], ARGV[3])
return 1
"""
)

RESTORE = """
-- KEYS: row, due, dead, history
-- ARGV: id, body, rule, channels, at, keep, version, again, acked, snoozed, then channel, state, reason by channel
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'body', ARGV[2], 'rule', ARGV[3], 'kind', 'alert', 'channels', ARGV[4], 'at', ARGV[5],
  'v', ARGV[7], 'taken', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
if ARGV[8] ~= '0' then redis.call('HSET', KEYS[1], 'again', ARGV[8]) end
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'acked', ARGV[9]) end
if ARGV[10] == '1' then redis.call('HSET', KEYS[1], 'snoozed', ARGV[5]) end
for i = 11, #ARGV, 3 do
  local channel, state, member = ARGV[i], ARGV[i + 1], ARGV[1] .. ' ' .. ARGV[i]
  redis.call('HSET', KEYS[1], 's:' .. channel, state, 'w:' .. channel, ARGV[i + 2], 't:' .. channel, ARGV[5])
  if state == 'dead' then redis.call('ZADD', KEYS[3], ARGV[5], member) end
  if state == 'waiting' or state == 'sending' then redis.call('ZADD', KEYS[2], ARGV[5], member) end
end
return 1
"""
"""A row as the index kept it; what was not sent yet is due again, under the same delivery id."""

HOLD = (
    _PUT
    + """
-- KEYS: row, history, due, throttle
-- ARGV: id, body, rule, channels to send to, at, keep, version, acked, release, base, throttle in ms (0: none), now,
--       then channel, state by channel
local id, rule, release, throttle = ARGV[1], ARGV[3], tonumber(ARGV[9]), tonumber(ARGV[11])
if redis.call('EXISTS', KEYS[1]) == 1 then return 1 end
local gathered = string.sub(redis.sha1hex(rule .. ' ' .. string.format('%.0f', release)), 1, 32)
if not join(ARGV[10], gathered, ARGV[2], rule, 'gathered', ARGV[4], release, ARGV[6]) then return 0 end
put(KEYS[1], id, ARGV[2], rule, 'alert', '', ARGV[5], 0, ARGV[6])
redis.call('HSET', KEYS[1], 'held', gathered, 'v', ARGV[7])
for i = 13, #ARGV, 2 do redis.call('HSET', ARGV[10] .. ':alert:' .. gathered, 's:' .. ARGV[i], ARGV[i + 1]) end
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'acked', ARGV[8]) end
redis.call('ZADD', KEYS[2], ARGV[5], id)
local left = release - tonumber(ARGV[12])
if throttle > 0 and left > 0 then
  redis.call('SET', KEYS[4], string.format('%.0f 1', release), 'PX', math.floor(left + 2 * throttle), 'NX')
end
return 1
"""
)
"""A row that was held, as the index kept it: held again with the others of its rule, for the message of the same id.
0: that message is on its way."""

SEEN = """
-- KEYS: row, dirty   ARGV: member, version that the index has now
local version = redis.call('HGET', KEYS[1], 'v')
if not version or tonumber(version) <= tonumber(ARGV[2]) then return redis.call('ZREM', KEYS[2], ARGV[1]) end
return 0
"""

FAILED = """
-- KEYS: breaker   ARGV: now, failures that open it, first pause, longest pause, keep
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if failures < tonumber(ARGV[2]) then return 0 end
local pause = math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ (failures - tonumber(ARGV[2])))
redis.call('HSET', KEYS[1], 'open_until', string.format('%.0f', ARGV[1] + pause))
return pause
"""
