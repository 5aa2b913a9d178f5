#!lua flags=allow-oom
-- HOLD: Meta refused, so no calls of this Page for a while. A hold is never shortened.
-- KEYS: page · ARGV: for how long µs, 0 when Meta gave no time; then first µs, most µs, forget µs
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local span, first, most, forget = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local was = redis.call('HMGET', KEYS[1], 'hold', 'refusals')
local hold, refusals = tonumber(was[1]) or 0, tonumber(was[2]) or 0
if span == 0 then
  -- Calls that were under way when the hold began are refused as well, and say nothing new.
  if hold > now then return end
  if now - hold > forget then refusals = 0 end
  span = math.min(first * 2 ^ refusals, most)
  refusals = refusals + 1
end
hold = math.max(hold, now + span)
redis.call('HSET', KEYS[1], 'hold', hold, 'refusals', refusals)
local keep = math.ceil((hold - now + forget) / 1000)
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
