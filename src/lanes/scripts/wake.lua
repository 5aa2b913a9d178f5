#!lua flags=allow-oom
-- WAKE: lets lanes be tried now, whatever their heads wait for. A lane that is worked on at present, or has become
-- empty, is left as it is.
-- KEYS: dirty, then per lane: state, items · ARGV: lane names
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local woken = 0
for i, lane in ipairs(ARGV) do
  local state, items = KEYS[2 * i], KEYS[2 * i + 1]
  local held = tonumber(redis.call('HGET', state, 'until') or '0') > now
  if not held and redis.call('EXISTS', items) == 1 then
    redis.call('HDEL', state, 'not_before')
    redis.call('ZADD', KEYS[1], now, lane)
    woken = woken + 1
  end
end
return woken
