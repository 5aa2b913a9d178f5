#!lua flags=allow-oom
-- TAKE: grants calls of one kind to a Page, or says when to come back. allow-oom: a full Redis must still drain.
-- KEYS: grants, a list of the times of the last `most` grants; queue, what was promised; page, what Meta said of it
-- ARGV: most, window µs, how far promises may lie ahead µs, percent from which Meta's usage slows us down, then how
--   many ask: urgent and told to come back before, urgent for the first time, others told to come back before, others
--   for the first time
-- Times are µs by Redis' clock.
-- Answers now, percent in force, whether Meta wants no calls, then per ask in this order: 0 if granted, or its promise
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local arg = {}
for i = 1, 8 do arg[i] = tonumber(ARGV[i]) end
local most, window, ahead, slow_from = arg[1], arg[2], arg[3], arg[4]
local grants, queue = KEYS[1], KEYS[2]

local told = redis.call('HMGET', KEYS[3], 'hold', 'percent', 'until')
local hold = tonumber(told[1]) or 0
local percent = (tonumber(told[3]) or 0) > now and tonumber(told[2]) or 0

-- From slow_from to 100 percent the limit goes down in a straight line, to a tenth. Where that is less than one call,
-- the window grows instead.
local limit = most
if percent > slow_from then
  local wanted = most * (100 - 90 * math.min(1, (percent - slow_from) / (100 - slow_from))) / 100
  limit = math.max(1, math.floor(wanted))
  window = window * math.max(1, limit / wanted)
end
local step = window / limit

-- A clock that went back, as after a failover, must not close the budget until it has caught up: all that is known of
-- is then taken to be of this moment.
local newest = redis.call('LINDEX', grants, -1)
if newest and newest - now > window then
  local count = redis.call('LLEN', grants)
  redis.call('DEL', grants, queue)
  for _ = 1, count do redis.call('RPUSH', grants, now) end
end

-- Of either sort of callers: the last promise to one who asked for the first time, and to one who came back as told
-- and was refused again; when one came back the last time; when one got the last grant; how many wait.
local function read(sort)
  local was = redis.call('HMGET', queue, sort .. '_first', sort .. '_again', sort .. '_seen', sort .. '_last',
    sort .. '_waiting')
  for i = 1, 5 do was[i] = tonumber(was[i]) or 0 end
  return { sort = sort, first = was[1], again = was[2], seen = was[3], last = was[4], waiting = was[5] }
end
local urgent, other = read('urgent'), read('other')

-- A promise that is older was not claimed: whoever had it crashed, or is found by the timer later.
local grace = 100000
local late = math.ceil(grace / step)
local function furthest(it) return math.max(it.first, it.again) end
local function some_wait(it) return furthest(it) + grace > now end
for _, it in ipairs({ urgent, other }) do
  it.waiting = math.max(0, math.min(it.waiting, math.ceil((furthest(it) + grace - now) / step)))
end

-- When a grant leaves `kept` free for others. The limit-th grant before this one must be a window ago: this line is
-- what keeps the limit, and everything else only says who comes when.
local function opens(kept)
  if kept >= limit then return math.max(now, opens(0)) + step end
  local old = redis.call('LINDEX', grants, kept - limit)
  return math.max(hold, old and old + window or 0)
end

-- The urgent go first, but one in ten is for the others, however many urgent callers there are.
local function kept_from(it)
  local others_starve = now - other.last >= 9 * step
  if it == urgent then return others_starve and some_wait(other) and 1 or 0 end
  return others_starve and 0 or urgent.waiting
end

local answer = { now, math.floor(percent), hold > now and 1 or 0 }
local granted = 0
local function take(it, at)
  if at > now then return false end
  redis.call('RPUSH', grants, now)
  granted = granted + 1
  it.last = now
  it.waiting = math.max(0, it.waiting - 1)
  answer[#answer + 1] = 0
  return true
end

-- Evenly spaced, so that callers come back one by one. A hint: capacity decides when they come, so a promise that
-- nobody claims costs nothing.
local function promise(before, opening)
  local at = math.ceil(math.min(math.max(before + step, opening), opening + ahead))
  answer[#answer + 1] = at
  return at
end

local function serve(it, back, new)
  if back > 0 then it.seen = now end
  for _ = 1, back do
    local at = opens(kept_from(it))
    -- Came as told and found no room: not behind all who were promised a later time, and at once if it was just early.
    if not take(it, at) then
      local again = promise(at - now < step / 2 and 0 or it.again, at)
      it.again = math.max(it.again, again)
    end
  end
  -- While others of their sort wait, and do come back, newcomers get what these leave over, at the same pace.
  local queued = some_wait(it) and now - it.seen < grace + step
  for _ = 1, new do
    local at = opens(kept_from(it) + (queued and late or 0))
    if queued then at = math.max(at, it.last + step) end
    if not take(it, at) then
      it.first = promise(furthest(it), at)
      it.waiting = it.waiting + 1
    end
  end
end

serve(urgent, arg[5], arg[6])
serve(other, arg[7], arg[8])

-- Longer than they count: expiry is exact to a millisecond only.
local keep = math.ceil(window / 1000) + 1000
if granted > 0 then
  redis.call('LTRIM', grants, -most, -1)
  redis.call('PEXPIRE', grants, keep)
end
for _, it in ipairs({ urgent, other }) do
  redis.call('HSET', queue, it.sort .. '_first', it.first, it.sort .. '_again', it.again, it.sort .. '_seen', it.seen,
    it.sort .. '_last', it.last, it.sort .. '_waiting', it.waiting)
end
redis.call('PEXPIRE', queue, keep + math.ceil((math.max(furthest(urgent), furthest(other), now) - now) / 1000))
return answer
