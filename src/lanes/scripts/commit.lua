#!lua flags=allow-oom
-- COMMIT: what became of the heads of some lanes; hands out the next heads. allow-oom: a full Redis must still drain.
-- KEYS: dirty, dead, then per lane: state, items, dead letter
-- ARGV: lease ms, grace ms, dead letter ms, then per lane: name, epoch, seq, verdict, a, b
--   done a=items    pop so many, hand out the next head
--   stop a=items    pop so many, free the lane for another turn
--   dead a=code b=message   pop into the dead letter, hand out the next head
--   retry a=delay ms b=code counts=1 | wait a=delay ms b=code counts=0   keep the head, free the lane until then
--   defer a=delay ms   keep the head, given back untried: this claim does not count, earlier ones do
--   save a=progress b=along   keep the head and what was reached, renew the lease; so many behind it are tried with it
--   free            keep the head, free the lane as if it had not been claimed
-- Answers now, then per lane: 'stale', 'empty', 'more', 'kept', 'saved' or { next head }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease, grace, dead_ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local dirty, dead = KEYS[1], KEYS[2]
local answer = { now }

local function pop(state, items, lane, count, stops)
  redis.call('LPOP', items, count)
  local head = redis.call('LINDEX', items, 0)
  if not head then
    redis.call('DEL', state)
    redis.call('ZREM', dirty, lane)
    return 'empty'
  end
  if stops then
    redis.call('DEL', state)
    redis.call('ZADD', dirty, now, lane)
    return 'more'
  end
  redis.call('HSET', state, 'until', now + lease, 'claims', 1, 'attempts', 0, 'head', string.match(head, '^%d+'))
  redis.call('HDEL', state, 'progress', 'along', 'code', 'not_before')
  redis.call('ZADD', dirty, now + lease + grace, lane)
  return { head }
end

-- What was tried with a head that dies may have taken effect, and whoever tries it next must know.
local function markTried(state, items)
  for j = 1, tonumber(redis.call('HGET', state, 'along') or 0) do
    local item = redis.call('LINDEX', items, j)
    if item then redis.call('LSET', items, j, (string.gsub(item, '^(%d+:%d+):', '%1r:', 1))) end
  end
end

for i = 1, (#ARGV - 3) / 6 do
  local at, key = 6 * i - 3, 3 * i - 1
  local lane, epoch, seq, verdict, a, b =
    ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5], ARGV[at + 6]
  local state, items, letter = KEYS[key + 1], KEYS[key + 2], KEYS[key + 3]
  local is = redis.call('HMGET', state, 'epoch', 'head', 'attempts')
  -- Order and once depend on this line: only who holds the lease now may move the head.
  if is[1] ~= epoch or is[2] ~= seq then
    answer[1 + i] = 'stale'
    -- The lane was seized, and its holder has ended: whoever erases it need not wait any longer.
    if verdict ~= 'save' and redis.call('HGET', state, 'ousted') == epoch then
      redis.call('HDEL', state, 'busy', 'ousted')
    end
  elseif verdict == 'done' or verdict == 'stop' then
    answer[1 + i] = pop(state, items, lane, a, verdict == 'stop')
  elseif verdict == 'dead' then
    redis.call('HSET', letter, 'lane', lane, 'item', redis.call('LINDEX', items, 0), 'code', a, 'message', b,
      'at', now, 'attempts', is[3] or 0)
    redis.call('PEXPIRE', letter, dead_ttl)
    redis.call('ZREMRANGEBYSCORE', dead, '-inf', now - dead_ttl)
    redis.call('ZADD', dead, now, seq)
    redis.call('PEXPIRE', dead, dead_ttl)
    markTried(state, items)
    answer[1 + i] = pop(state, items, lane, 1, false)
  elseif verdict == 'retry' or verdict == 'wait' then
    redis.call('HSET', state, 'until', 0, 'claims', 0, 'not_before', now + a, 'code', b,
      'attempts', (tonumber(is[3]) or 0) + (verdict == 'retry' and 1 or 0))
    -- Without a head nothing can be committed until the next claim: whoever gave the lane up holds it no longer.
    redis.call('HDEL', state, 'head')
    redis.call('ZADD', dirty, now + a, lane)
    answer[1 + i] = 'kept'
  elseif verdict == 'defer' then
    redis.call('HINCRBY', state, 'claims', -1)
    redis.call('HSET', state, 'until', 0, 'not_before', now + a)
    redis.call('HDEL', state, 'head')
    redis.call('ZADD', dirty, now + a, lane)
    answer[1 + i] = 'kept'
  elseif verdict == 'save' then
    redis.call('HSET', state, 'until', now + lease, 'progress', a)
    if b ~= '' then redis.call('HSET', state, 'along', b) end
    redis.call('ZADD', dirty, now + lease + grace, lane)
    answer[1 + i] = 'saved'
  else
    redis.call('HSET', state, 'until', 0, 'claims', 0)
    redis.call('HDEL', state, 'head')
    redis.call('ZADD', dirty, now, lane)
    answer[1 + i] = 'kept'
  end
end
return answer
