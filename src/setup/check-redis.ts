import { fault, ok, warning } from './report.ts'
import type { Finding } from './report.ts'

/** What one look at Redis told. */
export interface RedisView {
  version: string
  /** What keeps it from holding what a 200 promises, each with its mending. */
  durabilityFaults: string[]
  /** `always`, `everysec` or `no`; null where CONFIG is forbidden. */
  fsync: string | null
  aofWriteOk: boolean
  /** Share of its memory that is in use, 0 to 1. */
  usedShare: number
  /** Redis' clock minus ours, ms. */
  clockAheadMs: number
}

const clockToleranceMs = 500
/** The service takes no deliveries above this share. */
const fullShare = 0.75

export async function checkRedis(
  look: () => Promise<RedisView>,
  durability: 'strict' | 'relaxed',
): Promise<Finding[]> {
  let view: RedisView
  try {
    view = await look()
  } catch {
    // The error's own words may hold the URL, and with it the password.
    return [
      fault('redis.reachable', 'Redis cannot be reached.', {
        remedy:
          'Is it up? Are redis.url (or REDIS_URL), user and password right, and rediss:// used where it wants TLS?',
      }),
    ]
  }
  return [
    ok('redis.reachable', `Redis ${view.version} answers.`),
    ...durable(view, durability),
    ...room(view),
    clock(view),
  ]
}

function durable(view: RedisView, durability: 'strict' | 'relaxed'): Finding[] {
  const faults = view.durabilityFaults.map((one) =>
    durability === 'strict'
      ? fault('redis.durable', `The service will not start: ${one}.`)
      : warning('redis.durable', `What was acknowledged may be lost (durability is relaxed): ${one}.`),
  )
  if (faults.length > 0) return faults
  if (view.fsync === null) {
    return [
      ok('redis.durable', 'It keeps what it is told, as far as can be seen (CONFIG is forbidden here).'),
    ]
  }
  if (view.fsync === 'always') return [ok('redis.durable', 'It keeps what it is told: appendfsync always.')]
  const message = `appendfsync is ${view.fsync}: what was acknowledged may be lost when Redis dies.`
  return [
    warning('redis.durable', message, {
      remedy: 'Set it in redis.conf too, or the next restart undoes it.',
      commands: ['redis-cli CONFIG SET appendfsync always'],
    }),
  ]
}

function room(view: RedisView): Finding[] {
  const findings: Finding[] = []
  if (!view.aofWriteOk) {
    findings.push(
      fault('redis.disk', 'Redis cannot write its append-only file; no delivery is taken.', {
        remedy: 'Look at its disk: is it full, or gone?',
      }),
    )
  }
  if (view.usedShare > fullShare) {
    findings.push(
      fault(
        'redis.memory',
        `Redis uses ${Math.round(view.usedShare * 100)} % of its memory; no delivery is taken.`,
        {
          remedy: 'Give it more memory (maxmemory), or let the workers catch up.',
        },
      ),
    )
  }
  return findings
}

function clock({ clockAheadMs }: RedisView): Finding {
  if (Math.abs(clockAheadMs) <= clockToleranceMs)
    return ok('redis.clock', 'Its clock agrees with this machine.')
  const message = `Its clock and this machine's differ by ${Math.abs(clockAheadMs)} ms.`
  return warning('redis.clock', message, { remedy: 'Use NTP on both.' })
}
