#!lua
-- REPLAY: puts a dead letter back at the tail of its lane, once, with the idempotency key it had. The `r` behind its time
-- says that it was tried in an earlier life.
-- KEYS: dirty, counters, dead, dead letter, items · ARGV: dead letter's id, lane
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local item = redis.call('HGET', KEYS[4], 'item')
if not item then return 0 end
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)
redis.call('RPUSH', KEYS[5], seq .. ':' .. now .. 'r:' .. string.gsub(item, '^%d+:%d+r?:', '', 1))
redis.call('DEL', KEYS[4])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[1], 'NX', now, ARGV[2])
return 1
