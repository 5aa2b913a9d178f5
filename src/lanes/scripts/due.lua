#!lua flags=allow-oom
-- TIMER: hands out the lanes that someone should look at now, and puts each off by the grace, so that the next
-- tick does not name it again. The scheduler of retries and the sweep that repairs every lost alarm.
-- KEYS: dirty · ARGV: grace ms, limit
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lanes = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
for _, lane in ipairs(lanes) do
  redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], lane)
end
return lanes
