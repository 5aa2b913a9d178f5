#!lua flags=allow-oom
-- RELEASE: gives seized lanes back. What was appended meanwhile is due at once; an empty lane leaves no trace.
-- KEYS: dirty, then per lane: state, items · ARGV: per lane: name, epoch
-- Answers per lane: 1 when it has something to do
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answer = {}
for i = 1, #ARGV / 2 do
  local lane, epoch, state, items = ARGV[2 * i - 1], ARGV[2 * i], KEYS[2 * i], KEYS[2 * i + 1]
  answer[i] = 0
  -- Somebody else has it now, if it took so long that the lease ended.
  if redis.call('HGET', state, 'epoch') == epoch then
    redis.call('DEL', state)
    if redis.call('EXISTS', items) == 1 then
      redis.call('ZADD', KEYS[1], now, lane)
      answer[i] = 1
    else
      redis.call('ZREM', KEYS[1], lane)
    end
  end
end
return answer
