#!lua flags=allow-oom
-- SEIZE: takes lanes from whoever holds them, and empties them. The holder's commits are stale from here on, and what is
-- appended waits until RELEASE, or until the lease ends. allow-oom: a full Redis must let people be erased.
-- KEYS: dirty, counters, then per lane: state, items
-- ARGV: lease ms, grace ms, lane names
-- Answers per lane: { epoch, how many items it held, for how long its holder may still be at work ms }
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease, grace = tonumber(ARGV[1]), tonumber(ARGV[2])
local answer = {}
for i = 1, #ARGV - 2 do
  local lane, state, items = ARGV[2 + i], KEYS[1 + 2 * i], KEYS[2 + 2 * i]
  local was = redis.call('HMGET', state, 'until', 'head', 'epoch', 'busy', 'ousted')
  -- Only who has a head is at work. Whoever seized the lane before us may still wait for the one from whom it took it.
  local busy, ousted = tonumber(was[4]) or 0, was[5]
  if was[2] then busy, ousted = tonumber(was[1]), was[3] end
  local dropped = redis.call('LLEN', items)
  redis.call('DEL', state, items)
  -- From the shard's counter, as every epoch: no holder of an earlier life of this lane ever meets its number again.
  local epoch = redis.call('HINCRBY', KEYS[2], 'epoch', 1)
  -- Without a head nothing can be committed. COMMIT takes `busy` away when the one who is ousted has ended.
  redis.call('HSET', state, 'epoch', epoch, 'until', now + lease)
  if busy > now then redis.call('HSET', state, 'busy', busy, 'ousted', ousted) end
  redis.call('ZADD', KEYS[1], now + lease + grace, lane)
  answer[i] = { epoch, dropped, math.max(0, busy - now) }
end
return answer
