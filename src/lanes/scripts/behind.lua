#!lua flags=allow-oom
-- BEHIND: the items behind a head, for whoever holds it. Reads only; what it answers stays there until it is committed.
-- KEYS: state, items
-- ARGV: epoch, seq, how many at most
local is = redis.call('HMGET', KEYS[1], 'epoch', 'head')
if is[1] ~= ARGV[1] or is[2] ~= ARGV[2] then return {} end
return redis.call('LRANGE', KEYS[2], 1, ARGV[3])
