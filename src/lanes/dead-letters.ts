import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import type { RunScript } from './lane-scripts.ts'
import { laneKeys, laneName, parseLane } from './keys.ts'

/** Something given up on, with its reason. It stays until it is replayed, erased or too old. */
export interface DeadLetter {
  /** `<shard>-<seq>`. */
  id: string
  kind: 'event' | 'reply' | 'delivery'
  conversationId: string | null
  /** Of an event, the helpdesk that a route chose for it; null when it was on its way to the Page's own. */
  helpdesk: string | null
  code: string
  message: string
  /** ms since the epoch. */
  at: number
  attempts: number
  /** What was to be done: an event, a reply, or a delivery's bytes. */
  payload: string
  encoding: 'utf8' | 'base64'
}

export interface KeptDelivery {
  body: string
  encoding: 'utf8' | 'base64'
  /** ms since the epoch. */
  receivedAt: number
}

export interface DeadLetters {
  list(limit: number): Promise<{ letters: DeadLetter[]; total: number }>
  get(id: string): Promise<DeadLetter | undefined>
  /** Puts it back at the tail of its lane under the idempotency key it had. False when there is none (any more). */
  replay(letter: DeadLetter): Promise<boolean>
  erase(id: string): Promise<boolean>
  /** Looks at all of them and erases those that fit; answers these, in no order. */
  eraseWhere(fits: (letter: DeadLetter) => boolean): Promise<DeadLetter[]>
  /** Keeps a delivery that could not be read. Idempotent: the same bytes are one dead letter. */
  keepDelivery(delivery: KeptDelivery, code: string, message: string): Promise<void>
  count(): Promise<number>
}

/** Lane name under which deliveries are kept: they never reached a lane. */
const deliveryLane = 'delivery'
/** A delivery may have megabytes. */
const lookedAtOnce = 20

export function deadLetters(
  redis: Redis,
  run: RunScript,
  settings: { prefix: string; shards: number; deadLetterMs: number },
): DeadLetters {
  const shards = Array.from({ length: settings.shards }, (_, shard) => laneKeys(settings.prefix, shard))

  function place(id: string) {
    const [, shard, seq] = /^(\d{1,4})-([\w-]{1,40})$/.exec(id) ?? []
    const keys = shards[Number(shard)]
    return keys && seq ? { keys, seq, key: keys.deadLetter(seq) } : undefined
  }

  async function get(id: string): Promise<DeadLetter | undefined> {
    const at = place(id)
    if (!at) return undefined
    const fields = await redis.hgetall(at.key)
    return fields['item'] === undefined ? undefined : read(id, fields)
  }

  async function list(limit: number) {
    const newest = await Promise.all(
      shards.map(async (keys, shard) => {
        const ids = await redis.zrevrange(keys.dead, 0, limit - 1)
        return Promise.all(ids.map((seq) => get(`${shard}-${seq}`)))
      }),
    )
    const letters = newest.flat().filter((letter) => letter !== undefined)
    letters.sort((a, b) => b.at - a.at)
    return { letters: letters.slice(0, limit), total: await count() }
  }

  async function replay(letter: DeadLetter): Promise<boolean> {
    const at = place(letter.id)
    const lane = laneOfLetter(letter)
    if (!at || lane === undefined) return false
    const { keys } = at
    const touched = [keys.dirty, keys.counters, keys.dead, at.key, keys.items(lane)]
    return (await run('replay', touched, [at.seq, lane])) === 1
  }

  async function erase(id: string): Promise<boolean> {
    const at = place(id)
    if (!at) return false
    const [erased] = await Promise.all([redis.del(at.key), redis.zrem(at.keys.dead, at.seq)])
    return erased === 1
  }

  async function eraseWhere(fits: (letter: DeadLetter) => boolean): Promise<DeadLetter[]> {
    const erased: DeadLetter[] = []
    for (const [shard, keys] of shards.entries()) {
      const ids = (await redis.zrange(keys.dead, '0', '-1')).map((seq) => `${shard}-${seq}`)
      for (let from = 0; from < ids.length; from += lookedAtOnce) {
        const letters = await Promise.all(ids.slice(from, from + lookedAtOnce).map(get))
        for (const letter of letters) {
          if (letter && fits(letter) && (await erase(letter.id))) erased.push(letter)
        }
      }
    }
    return erased
  }

  async function keepDelivery(delivery: KeptDelivery, code: string, message: string): Promise<void> {
    const { body, encoding, receivedAt: at } = delivery
    const seq = `d${hash('sha256', body, 'base64url').slice(0, 16)}`
    const keys = shards[0]!
    const fields = { lane: deliveryLane, item: `0:${at}:${body}`, code, message, at, attempts: 1, encoding }
    const kept = redis
      .multi()
      .hset(keys.deadLetter(seq), fields)
      .pexpire(keys.deadLetter(seq), settings.deadLetterMs)
      .zremrangebyscore(keys.dead, '-inf', at - settings.deadLetterMs)
      .zadd(keys.dead, at, seq)
      .pexpire(keys.dead, settings.deadLetterMs)
    pipelineResults(await kept.exec())
  }

  async function count(): Promise<number> {
    const oldest = Date.now() - settings.deadLetterMs
    const counts = await Promise.all(shards.map((keys) => redis.zcount(keys.dead, oldest, '+inf')))
    return counts.reduce((sum, one) => sum + one, 0)
  }

  return { list, get, replay, erase, eraseWhere, keepDelivery, count }
}

/** The lane in which it died, and to which it goes back. Undefined for a delivery, which never reached one. */
export function laneOfLetter(
  letter: Pick<DeadLetter, 'kind' | 'conversationId' | 'helpdesk'>,
): string | undefined {
  if (letter.conversationId === null) return undefined
  return laneName(letter.kind === 'reply' ? 'out' : 'in', letter.conversationId, letter.helpdesk)
}

function read(id: string, fields: Record<string, string>): DeadLetter {
  const lane = fields['lane'] ?? deliveryLane
  const parsed = lane === deliveryLane ? undefined : parseLane(lane)
  return {
    id,
    kind: parsed === undefined ? 'delivery' : parsed.direction === 'out' ? 'reply' : 'event',
    conversationId: parsed?.conversationId ?? null,
    helpdesk: parsed?.helpdesk ?? null,
    code: fields['code'] ?? 'UNKNOWN',
    message: fields['message'] ?? '',
    at: Number(fields['at']),
    attempts: Number(fields['attempts']),
    payload: (fields['item'] ?? '').replace(/^\d+:\d+r?:/, ''),
    encoding: fields['encoding'] === 'base64' ? 'base64' : 'utf8',
  }
}
