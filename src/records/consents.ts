import type { Redis } from 'ioredis'
import { consentList, statusOf } from './consent-log.ts'
import type { ConsentEntry, ConsentList, ConsentLog, ConsentStatus, EntryStatus } from './consent-log.ts'
import { consentKey, suppressionKey } from './record-keys.ts'

export interface ConsentSettings {
  prefix: string
  /** How long a person's consents are kept after their last change, ms: long, since they are proof. */
  consentMs: number
}

/** One entry for the log of one person. */
export interface ConsentNote {
  conversationId: string
  /** `aliased`: the conversation named by `topic` is the same person's. */
  status: EntryStatus | 'aliased'
  /** Null for what is about everything. */
  topic: string | null
  /** ms since the epoch; null for now, by Redis' clock. */
  at: number | null
  source: string
  by: string
  /** Of a stop: asks whether it is to be confirmed. */
  asksToConfirm?: boolean
}

export interface Noted {
  log: ConsentLog
  /** Ids of the stops (their `by`) that are to be confirmed. A repeated stop gets the answer that it got before. */
  confirm: Set<string>
}

export interface Consents {
  /**
   * Adds to the logs, and answers those of all conversations named, in one round trip. Idempotent for entries with a
   * time: what is there already is not added again.
   */
  note(notes: ConsentNote[]): Promise<Map<string, Noted>>
  /** Everything is withdrawn as of that time; a topic given after it counts again. */
  stopAll(id: string, at: number, source: string, by: string): Promise<void>
  of(id: string, topic: string): Promise<ConsentStatus | 'unknown'>
  list(id: string): Promise<ConsentList>
}

const maxHistory = 50
const hourMs = 3_600_000

// A person is a hash: `topic:<topic>`, `all`, `alias:<id>`, and what decides whether a stop is confirmed. A log is
// lines of `<at> <JSON>`, oldest first; the JSON begins with the status. Lines are compared whole, so that an event
// that comes again adds none.
const addToLogs = `
local ttl, maxHistory, hour = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local micros = string.format('%06d', time[2])
local now = time[1] .. micros:sub(1, 3) .. '.' .. micros:sub(4)

local function statusOf(line)
  return line:match('^%S+ {"status":"(%a+)"')
end

-- What stands between two that say the same is dropped first: the oldest proof and the newest word stay.
local function shorten(lines)
  for i = 2, #lines - 1 do
    local status = statusOf(lines[i])
    if status == statusOf(lines[i - 1]) and status == statusOf(lines[i + 1]) then return table.remove(lines, i) end
  end
  table.remove(lines, 1)
end

local function add(key, field, at, line)
  local lines, place = {}, 1
  for one in (redis.call('HGET', key, field) or ''):gmatch('[^\\n]+') do
    if one == line then return end
    lines[#lines + 1] = one
    if tonumber(one:match('^%S+')) <= at then place = #lines + 1 end
  end
  table.insert(lines, place, line)
  if #lines > maxHistory then shorten(lines) end
  redis.call('HSET', key, field, table.concat(lines, '\\n'))
end

local function newest(key, field, at)
  local was = tonumber(redis.call('HGET', key, field) or '-inf')
  if at > was then redis.call('HSET', key, field, at) end
  return was
end

-- Once an hour at most, and once a day for somebody who was stopped already. The stop that was confirmed is so again.
local function confirms(key, at, by, wasStopped)
  local lastAt, lastBy = (redis.call('HGET', key, 'confirmed') or ''):match('^(%S+) (.+)$')
  if lastBy == by then return '1' end
  local since = lastAt and at - tonumber(lastAt) or math.huge
  if since < hour or (wasStopped and since < 24 * hour) then return '0' end
  redis.call('HSET', key, 'confirmed', string.format('%.0f', at) .. ' ' .. by)
  return '1'
end

-- Somebody who was erased is heard of again: that they had said stop goes back to where it was.
for i = 2, #KEYS, 2 do
  local at = redis.call('GET', KEYS[i])
  if at then
    newest(KEYS[i - 1], 'stoppedAt', tonumber(at))
    add(KEYS[i - 1], 'all', tonumber(at), at .. ' {"status":"stopped","source":"before an erasure","by":"erasure"}')
    redis.call('DEL', KEYS[i])
  end
end

local flags = {}
for i = 4, #ARGV, 6 do
  local key, field, status, body, by = KEYS[2 * tonumber(ARGV[i]) - 1], ARGV[i + 1], ARGV[i + 2], ARGV[i + 4], ARGV[i + 5]
  local text = ARGV[i + 3] == '' and now or ARGV[i + 3]
  local at, flag = tonumber(text), '0'
  if status == 'stopped' then
    local wasStopped = newest(key, 'stoppedAt', at) > tonumber(redis.call('HGET', key, 'givenAt') or '-inf')
    if by ~= '' then flag = confirms(key, at, by, wasStopped) end
  end
  if status == 'aliased' then redis.call('HSET', key, field, text)
  -- A start takes a stop back. Where there is none it is an ordinary word, and nothing to remember.
  elseif status ~= 'resumed' or redis.call('HEXISTS', key, 'stoppedAt') == 1 then
    if status == 'given' or status == 'resumed' then newest(key, 'givenAt', at) end
    add(key, field, at, text .. ' ' .. body)
  end
  flags[#flags + 1] = flag
end
local answer = { table.concat(flags) }
for i = 1, #KEYS, 2 do
  redis.call('PEXPIRE', KEYS[i], ttl)
  answer[#answer + 1] = redis.call('HGETALL', KEYS[i])
end
return answer`

export function consents(redis: Redis, settings: ConsentSettings): Consents {
  const keyOf = (id: string) => consentKey(settings.prefix, id)

  async function note(notes: ConsentNote[]): Promise<Map<string, Noted>> {
    if (notes.length === 0) return new Map()
    const ids = [...new Set(notes.map(({ conversationId }) => conversationId))]
    const numbers = new Map(ids.map((id, at) => [id, at + 1]))
    const args = notes.flatMap(({ conversationId, status, topic, at, source, by, asksToConfirm }) => [
      numbers.get(conversationId)!,
      fieldOf(status, topic),
      status,
      at ?? '',
      JSON.stringify({ status, source, by }),
      asksToConfirm ? by : '',
    ])
    const keys = ids.flatMap((id) => [keyOf(id), suppressionKey(settings.prefix, id)])
    const [flags, ...hashes] = (await redis.eval(
      addToLogs,
      keys.length,
      ...keys,
      settings.consentMs,
      maxHistory,
      hourMs,
      ...args,
    )) as [string, ...string[][]]
    const noted = new Map(
      ids.map((id, at): [string, Noted] => [id, { log: readLog(hashes[at] ?? []), confirm: new Set() }]),
    )
    notes.forEach(({ conversationId, by }, at) => {
      if (flags[at] === '1') noted.get(conversationId)?.confirm.add(by)
    })
    return noted
  }

  async function of(id: string, topic: string): Promise<ConsentStatus | 'unknown'> {
    const field = fieldOf('given', topic)
    const [own, all] = await redis.hmget(keyOf(id), field, fieldOf('stopped', null))
    return statusOf(readLog([field, own ?? '', 'all', all ?? '']), topic)
  }

  async function list(id: string): Promise<ConsentList> {
    const [fields, suppressedAt] = await Promise.all([
      redis.hgetall(keyOf(id)),
      redis.get(suppressionKey(settings.prefix, id)),
    ])
    const known = consentList(readLog(Object.entries(fields).flat()))
    return suppressedAt === null ? known : { ...known, stoppedAt: Number(suppressedAt) }
  }

  return {
    note,
    of,
    list,
    stopAll: async (conversationId, at, source, by) =>
      void (await note([{ conversationId, status: 'stopped', topic: null, at, source, by }])),
  }
}

function fieldOf(status: ConsentNote['status'], topic: string | null): string {
  if (status === 'aliased') return `alias:${topic}`
  return topic === null ? 'all' : `topic:${topic}`
}

/** The fields of a hash and their values in turn, as Redis answers HGETALL to a script. */
function readLog(fields: string[]): ConsentLog {
  const log: ConsentLog = { topics: new Map(), all: [], aliases: [] }
  for (let at = 0; at < fields.length; at += 2) {
    const [field = '', value = ''] = fields.slice(at, at + 2)
    const [kind, name] = [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)]
    if (field === 'all') log.all = readLines(value)
    else if (kind === 'topic' && value !== '') log.topics.set(name, readLines(value))
    else if (kind === 'alias') log.aliases.push(name)
  }
  return log
}

function readLines(text: string): ConsentEntry[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const blank = line.indexOf(' ')
      return {
        at: Number(line.slice(0, blank)),
        ...(JSON.parse(line.slice(blank + 1)) as Omit<ConsentEntry, 'at'>),
      }
    })
}
