import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { PlannedFault, Target } from './plan.ts'
import { prefix, shutdownGraceMs } from './world.ts'
import type { World } from './world.ts'

/** What was done to whom, and when; ms since the epoch. */
export interface Fault {
  kind: PlannedFault['kind']
  target: Target
  startedAt: number
  /** When it ran again: thawed, or started. */
  endedAt: number
  /** For `term`: it let what was under way finish, so that nothing may be repeated. */
  graceful: boolean
}

export interface Injection {
  readonly faults: Fault[]
  /** Resolves when every fault is over and everything was started again. */
  done: Promise<void>
  stop(): void
}

export function inject(plan: PlannedFault[], world: World): Injection {
  const faults: Fault[] = []
  const stopping = new AbortController()
  // One fault at a time per target; a late one waits for the one before.
  const last = new Map<Target, Promise<void>>()

  async function run(planned: PlannedFault): Promise<void> {
    const before = last.get(planned.target)
    try {
      await wait(planned.at, undefined, { signal: stopping.signal })
    } catch {
      return
    }
    await before
    const fault: Fault = {
      kind: planned.kind,
      target: planned.target,
      graceful: false,
      startedAt: Date.now(),
      endedAt: Infinity,
    }
    faults.push(fault)
    fault.graceful = await commit(planned, world)
    fault.endedAt = Date.now()
  }

  const all = plan.map((planned) => {
    const running = run(planned)
    last.set(planned.target, running)
    return running
  })
  return { faults, done: Promise.all(all).then(() => undefined), stop: () => stopping.abort() }
}

async function commit({ kind, target, downMs }: PlannedFault, world: World): Promise<boolean> {
  if (kind === 'wipe') return wipeAlarms(world)
  const program = target === 'redis' ? redisProgram(world) : world.programs.find((one) => one.name === target)
  if (!program) throw new Error(`there is no ${target}`)
  if (kind === 'freeze') {
    program.freeze()
    await wait(downMs)
    program.thaw()
    return false
  }
  const began = Date.now()
  // At the end of its grace it leaves what is under way to others, and that is no clean stop.
  const graceful =
    kind === 'term' &&
    (await program.term(shutdownGraceMs + 2000)) &&
    Date.now() - began < shutdownGraceMs - 700
  if (kind === 'kill') await program.kill()
  await wait(downMs)
  await program.start()
  return graceful
}

function redisProgram({ redis }: World) {
  return {
    freeze: redis.freeze,
    thaw: redis.thaw,
    kill: () => redis.kill9(),
    start: () => redis.restart(),
    term: () => Promise.reject(new Error('Redis is killed or frozen, never asked to stop')),
  }
}

/** All alarms and all that BullMQ knows of their queues: they may be lost at any time, and cost time only. */
async function wipeAlarms(world: World): Promise<boolean> {
  const redis = new Redis(world.redis.url, { commandTimeout: 3000, retryStrategy: null, lazyConnect: true })
  redis.on('error', () => {})
  try {
    await redis.connect()
    const keys = await redis.keys(`${prefix}:{queue}:lanes-*`)
    if (keys.length > 0) await redis.unlink(keys)
    return true
  } catch {
    // Redis is down or frozen itself just now: nothing was wiped.
    return false
  } finally {
    redis.disconnect()
  }
}
