import type { Redis } from 'ioredis'

/** Above this share of its memory Redis takes no new deliveries, so that what it has can still be worked off. */
const memoryShare = 0.75
const pollMs = 1000
/** Sooner while it does not answer: from its return, Meta is to wait less than a second. */
const retryMs = 100

export interface RedisFacts {
  version: string
  aofEnabled: boolean
  aofWriteOk: boolean
  policy: string
  /** Bytes. */
  usedMemory: number
  /** maxmemory, or all memory of the host when no limit is set. Bytes. */
  memoryLimit: number
  /** Redis' clock minus ours, ms. Lanes go by Redis' clock, BullMQ by the worker's. */
  clockAheadMs: number
}

export async function readRedisFacts(redis: Redis): Promise<RedisFacts> {
  const [info, [seconds, micros]] = await Promise.all([redis.info(), redis.time()])
  const now = Date.now()
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
  return {
    version: field('redis_version'),
    aofEnabled: field('aof_enabled') === '1',
    aofWriteOk: field('aof_last_write_status') !== 'err',
    policy: field('maxmemory_policy'),
    usedMemory: Number(field('used_memory')),
    memoryLimit: Number(field('maxmemory')) || Number(field('total_system_memory')),
    clockAheadMs: Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) - now,
  }
}

/** What keeps this Redis from holding the promise that a 200 makes. Empty when nothing does. */
export function durabilityFaults(facts: RedisFacts): string[] {
  const faults: string[] = []
  if (!facts.aofEnabled) faults.push('appendonly is off: set `appendonly yes`')
  if (facts.policy !== 'noeviction') {
    faults.push(`maxmemory-policy is ${facts.policy}: set \`maxmemory-policy noeviction\``)
  }
  if (Number(facts.version.split('.')[0]) < 7)
    faults.push(`version ${facts.version} is too old: use 7.2 or newer (7.0 still works)`)
  return faults
}

/**
 * `everysec` loses acknowledged deliveries when Redis dies while its disk is slow. CONFIG is forbidden on some
 * managed Redis; then nobody can tell, and null says so.
 */
export async function fsyncPolicy(redis: Redis): Promise<string | null> {
  try {
    const answer = await redis.config('GET', 'appendfsync')
    return answer[1] ?? null
  } catch {
    // NOPERM or an unknown command: not a fault of the store, only of our view of it.
    return null
  }
}

export interface RedisHealth {
  /** Looks now, and from then on by itself. */
  look(): Promise<void>
  /** Why no delivery may be taken at present, or undefined. */
  refusal(): string | undefined
  /** Why what is acknowledged might be lost, in strict durability. Undefined while nobody could ask. */
  notDurable(): string | undefined
  stop(): void
}

/** Looks at Redis every second. Strict: a Redis that stops being durable (a fail-over to a bare one) takes nothing more. */
export function watchRedis(redis: Redis, durability: 'strict' | 'relaxed'): RedisHealth {
  let fault: string | undefined = 'Redis has not answered yet'
  let durabilityFault: string | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function poll(): Promise<void> {
    clearTimeout(timer)
    let next = pollMs
    try {
      const facts = await readRedisFacts(redis)
      durabilityFault = durability === 'strict' ? notDurable(facts) : undefined
      fault = durabilityFault ?? noRoom(facts)
    } catch (error) {
      fault = `Redis does not answer (${error instanceof Error ? error.message : 'unknown error'})`
      next = retryMs
    }
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void poll(), next)
  }

  const onReady = () => void poll()
  redis.on('ready', onReady)
  return {
    look: poll,
    refusal: () => fault,
    notDurable: () => durabilityFault,
    stop: () => {
      stopped = true
      redis.off('ready', onReady)
      clearTimeout(timer)
    },
  }
}

function notDurable(facts: RedisFacts): string | undefined {
  const faults = durabilityFaults(facts)
  return faults.length > 0 ? `Redis is not durable: ${faults.join('; ')}` : undefined
}

function noRoom(facts: RedisFacts): string | undefined {
  if (facts.usedMemory > memoryShare * facts.memoryLimit) {
    return `Redis uses more than ${memoryShare * 100} % of its memory; work it off or give it more`
  }
  return facts.aofWriteOk ? undefined : 'Redis cannot write its append-only file; look at its disk'
}
