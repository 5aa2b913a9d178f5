import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { wellFormedJson } from '../domain/well-formed-json.ts'
import { conversationKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'

/** What routes made of a conversation so far. It stands in the conversation's record, and ends with it. */
export interface RouteMemory {
  /** What a route by words, languages or tags chose last; undefined when none did. */
  chosen?: RouteChoice
  /** Helpdesks that such a route added. */
  added: string[]
  /** Helpdesks that got anything of it. */
  been: string[]
  /** The tags that it has. */
  tags: string[]
}

export interface RouteChoice {
  /** Names of helpdesks. */
  to: string[]
  /** By what it was chosen: language and tags as they were then. */
  basis: string
  /** When what chose it happened, ms by Meta's clock. */
  at: number
}

/** What is new, beside what is remembered already. */
export interface RouteChange {
  chosen?: RouteChoice
  added: string[]
  been: string[]
  tags: TagChange[]
}

export interface TagChange {
  tag: string
  isOn: boolean
  /** ms by Meta's clock */
  at: number
}

export interface RouteMemories {
  /** In the order in which they are asked for. One round trip. */
  of(conversationIds: readonly string[]): Promise<RouteMemory[]>
  /** One round trip. Idempotent; what is older than what is remembered changes nothing. */
  keep(changes: ReadonlyMap<string, RouteChange>): Promise<void>
}

/** Only what is new is written, so that nobody who was erased meanwhile comes back with what was read before. */
const keepChange = `
local key, ttl, most = KEYS[1], ARGV[1], tonumber(ARGV[2])
local change = cjson.decode(ARGV[3])
local chosen = change.chosen
if chosen and chosen.at >= (tonumber(redis.call('HGET', key, 'routeAt')) or 0) then
  redis.call('HSET', key, 'routeAt', chosen.at, 'routeTo', table.concat(chosen.to, ' '), 'routeBasis', chosen.basis)
end
for _, name in ipairs(change.added) do redis.call('HSET', key, 'routeAdded:' .. name, 1) end
for _, name in ipairs(change.been) do redis.call('HSET', key, 'routeBeen:' .. name, 1) end
for _, one in ipairs(change.tags) do
  local field = 'tag:' .. one.tag
  local was = math.abs(tonumber(redis.call('HGET', key, field)) or 0)
  if one.at >= was then redis.call('HSET', key, field, (one.isOn and '' or '-') .. string.format('%.0f', one.at)) end
end
if #change.tags > 0 then
  local tags, fields = {}, redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 4) == 'tag:' then
      table.insert(tags, { field = fields[i], at = math.abs(tonumber(fields[i + 1])) })
    end
  end
  table.sort(tags, function(one, other) return one.at > other.at end)
  for i = most + 1, #tags do redis.call('HDEL', key, tags[i].field) end
end
redis.call('PEXPIRE', key, ttl)`

/** So many tags of a conversation are remembered, the newest, those that were taken off included. */
const mostTags = 50

export function routeMemories(
  redis: Redis,
  { prefix, conversationMs }: Pick<RecordSettings, 'prefix' | 'conversationMs'>,
): RouteMemories {
  return {
    async of(ids) {
      const reads = redis.pipeline()
      for (const id of ids) reads.hgetall(conversationKey(prefix, id))
      return (pipelineResults(await reads.exec()) as Record<string, string>[]).map(read)
    },
    async keep(changes) {
      if (changes.size === 0) return
      const writes = redis.pipeline()
      for (const [id, change] of changes) {
        const key = conversationKey(prefix, id)
        writes.eval(keepChange, 1, key, conversationMs, mostTags, wellFormedJson(change))
      }
      pipelineResults(await writes.exec())
    },
  }
}

function read(fields: Record<string, string>): RouteMemory {
  const named = (prefix: string) =>
    Object.keys(fields).flatMap((field) => (field.startsWith(prefix) ? [field.slice(prefix.length)] : []))
  const { routeTo, routeBasis = '', routeAt } = fields
  const chosen = routeTo === undefined ? undefined : { to: routeTo.split(' '), basis: routeBasis }
  return {
    ...(chosen ? { chosen: { ...chosen, at: Number(routeAt) } } : {}),
    added: named('routeAdded:'),
    // Who has a ticket was there before there were routes.
    been: [...new Set([...named('routeBeen:'), ...named('ticket:')])],
    tags: named('tag:').filter((tag) => !fields[`tag:${tag}`]!.startsWith('-')),
  }
}
