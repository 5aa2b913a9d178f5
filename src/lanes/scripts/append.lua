#!lua
-- APPEND: puts a batch of items at the tails of their lanes, each item once.
-- No allow-oom flag: a full Redis refuses the whole script before it writes anything, and the journal keeps the work.
-- KEYS: dirty, counters, one items key per lane, one seen key per item
-- ARGV: grace ms, seen ms, lanes n, items m, n lane names, then per item: number of its lane, payload
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local grace, seen_ttl = ARGV[1], ARGV[2]
local lanes, items = tonumber(ARGV[3]), tonumber(ARGV[4])
local seq = redis.call('HINCRBY', KEYS[2], 'seq', items) - items
local fresh = {}
for i = 1, items do
  local at = 4 + lanes + 2 * i - 1
  if redis.call('SET', KEYS[2 + lanes + i], 1, 'NX', 'PX', seen_ttl) then
    redis.call('RPUSH', KEYS[2 + tonumber(ARGV[at])], (seq + i) .. ':' .. now .. ':' .. ARGV[at + 1])
    fresh[i] = 1
  else
    fresh[i] = 0
  end
end
-- Every lane named becomes dirty, also when all its items were duplicates: the one who appended them may have
-- died before the alarm. NX, so that a lane that is worked on or waits is not looked at sooner.
for i = 1, lanes do
  redis.call('ZADD', KEYS[1], 'NX', now + grace, ARGV[4 + i])
end
return table.concat(fresh)
