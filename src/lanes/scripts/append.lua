#!lua
-- APPEND: puts a batch of items at the tails of their lanes, each item once. One that belongs into several lanes is put
-- into all of them here and now: whoever repeats the append, with other lanes even, adds it to none.
-- No allow-oom flag: a full Redis refuses the whole script before it writes anything, and the journal keeps the work.
-- KEYS: dirty, counters, one items key per lane, one seen key per item
-- ARGV: grace ms, seen ms, lanes n, items m, n lane names, then per item: numbers of its lanes, payload; and last, how
-- many numbers there are
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local grace, seen_ttl = ARGV[1], ARGV[2]
local lanes, items = tonumber(ARGV[3]), tonumber(ARGV[4])
local places = tonumber(ARGV[#ARGV])
local seq = redis.call('HINCRBY', KEYS[2], 'seq', places) - places
local fresh = {}
for i = 1, items do
  local at = 4 + lanes + 2 * i - 1
  if redis.call('SET', KEYS[2 + lanes + i], 1, 'NX', 'PX', seen_ttl) then
    for lane in string.gmatch(ARGV[at], '%d+') do
      seq = seq + 1
      redis.call('RPUSH', KEYS[2 + tonumber(lane)], seq .. ':' .. now .. ':' .. ARGV[at + 1])
    end
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
