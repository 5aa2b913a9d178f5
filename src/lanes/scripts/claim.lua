#!lua flags=allow-oom
-- CLAIM: leases lanes, each to one holder, and hands out their heads. allow-oom: a full Redis must still drain.
-- KEYS: dirty, counters, then per lane: state, items
-- ARGV: lease ms, grace ms, lane names
-- Answers now, then per lane: 0 when refused, else { epoch, head, attempts, claims, progress }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease, grace = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = { now }
for i = 1, #ARGV - 2 do
  local lane, state, items = ARGV[2 + i], KEYS[1 + 2 * i], KEYS[2 + 2 * i]
  local was = redis.call('HMGET', state, 'until', 'not_before', 'attempts', 'claims', 'progress')
  local leased = was[1] and tonumber(was[1]) > now
  local waits = was[2] and tonumber(was[2]) > now
  answer[1 + i] = 0
  if not leased and not waits then
    local head = redis.call('LINDEX', items, 0)
    if head then
      -- The epoch comes from a counter of the shard, not of the lane: an emptied lane is deleted, and a stale
      -- holder of its earlier life must never meet its own number again.
      local epoch = redis.call('HINCRBY', KEYS[2], 'epoch', 1)
      local claims = (tonumber(was[4]) or 0) + 1
      redis.call('HSET', state, 'epoch', epoch, 'until', now + lease, 'claims', claims,
        'head', string.match(head, '^%d+'))
      redis.call('ZADD', KEYS[1], now + lease + grace, lane)
      answer[1 + i] = { epoch, head, tonumber(was[3]) or 0, claims, was[5] or '' }
    else
      redis.call('DEL', state)
      redis.call('ZREM', KEYS[1], lane)
    end
  end
end
return answer
