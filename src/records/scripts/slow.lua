#!lua flags=allow-oom
-- SLOW: how much of Meta's allowance a Page has used up. Forgotten when nothing more is heard.
-- KEYS: page · ARGV: percent, forget µs
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('HSET', KEYS[1], 'percent', ARGV[1], 'until', now + ARGV[2])
local keep = math.ceil(ARGV[2] / 1000)
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
