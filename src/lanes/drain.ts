import { stepFacts } from '../domain/step-error.ts'
import type { Log } from '../domain/log.ts'
import type { Trace } from '../domain/stage.ts'
import { maskLane } from './keys.ts'
import { backOff } from './back-off.ts'
import type { Breaker } from './breaker.ts'
import { openHold } from './hold.ts'
import type { Hold } from './hold.ts'
import type { Commit, Committed, Lanes, Task, Verdict } from './lanes.ts'
import { slots } from './slots.ts'
import { wakeLater } from './wake-later.ts'

/** Does the work for one head. Throws StepError; its verdict becomes a retry or a dead letter. */
export type Work = (task: Task, hold: Hold) => Promise<Verdict>

export interface DrainDeps {
  lanes: Pick<Lanes, 'claim' | 'behind'>
  /** Shared by all destinations, so that one script commits what is ready at that moment. */
  commit: (commit: Commit) => Promise<Committed>
  work: Work
  breaker: Breaker
  /** Told before a head becomes a dead letter, so that whoever waits for it learns its fate. Idempotent. */
  onDead: (task: Task, death: Death) => Promise<void>
  /** Rings again for a lane that has more to do than one turn allows. */
  ring: (lanes: string[]) => Promise<void>
  /** Heads worked on at once for this destination, so that a slow one cannot take the whole worker. */
  concurrency: number
  /** The lane that is tried alone at present, if any. One set for all drains of a process. */
  suspects: Set<string>
  leaseMs: number
  giveUpMs: number
  /** Lanes that wait for less than this are offered again by this process itself, ms; 0: only the timer finds them. */
  wakeWithinMs?: number
  log: Log
  trace: Trace
  count: (verdict: Verdict['verdict'] | 'stale', code: string) => void
  random: () => number
}

export type Death = Extract<Verdict, { verdict: 'dead' }>

const claimBatch = 50
const turnItems = 50
const turnMs = 5000
/** How many waiting lanes a drain remembers, at a few hundred bytes each. */
const maxRemembered = 20_000
/** Handed out more often than this without any answer: the item is what kills the worker. */
const maxClaims = 3
const crashes: Death = {
  verdict: 'dead',
  code: 'CRASHES_WORKER',
  message: `no answer in ${maxClaims} tries; it may be what crashes the worker`,
}

export interface Drain {
  /** Resolves when each lane is claimed or refused, not when it is worked off. Waits while all slots are taken. */
  offer(lanes: string[]): Promise<void>
  /** Takes no more work, lets what is under way finish, and resolves when it has. */
  stop(): Promise<void>
}

export function drain(deps: DrainDeps): Drain {
  const room = slots(deps.concurrency)
  const later = wakeLater({
    offer,
    onError: (error) =>
      deps.log.warn({ err: stepFacts(error) }, 'waiting lanes not offered; the timer finds them'),
    withinMs: deps.wakeWithinMs ?? 0,
    maxLanes: maxRemembered,
  })
  let stopping = false

  async function offer(names: string[]): Promise<void> {
    let rest = names
    while (rest.length > 0) {
      if (stopping) return
      if (room.free() === 0) {
        await room.released()
        // One commit frees many slots in one turn of the event loop; claiming after it takes them together.
        await new Promise((resolve) => setImmediate(resolve))
        continue
      }
      const some = rest.slice(0, Math.min(room.free(), claimBatch))
      rest = rest.slice(some.length)
      room.take(some.length)
      await claimSome(some)
    }
  }

  async function claimSome(names: string[]): Promise<void> {
    let running = 0
    try {
      const asked = performance.now()
      const tasks = await deps.lanes.claim(names)
      running = tasks.length
      for (const task of tasks) {
        void turn(task, asked)
          .catch((error: unknown) =>
            deps.log.error({ lane: maskLane(task.lane), err: stepFacts(error) }, 'turn failed'),
          )
          .finally(() => room.release(1))
      }
    } finally {
      room.release(names.length - running)
    }
  }

  /** Works on one lane for a while. Ends by itself when the lane is empty, waits, or is somebody else's. */
  async function turn(first: Task, asked: number): Promise<void> {
    const began = asked
    let task = first
    for (let worked = 1; ; worked++) {
      if (performance.now() - asked > deps.leaseMs / 2) {
        // Frozen for so long that the lease may be over: whoever holds it now does this head. Given back, so that it
        // does not count as a try; refused when somebody else has it.
        deps.count('stale', 'LEASE_OVER')
        await settle(task, { verdict: 'free' })
        return
      }
      const verdict = await attempt(task)
      if (verdict === 'lost') return deps.count('stale', 'LEASE_LOST')
      deps.count(verdict.verdict, 'code' in verdict ? verdict.code : '')
      const enough = stopping || worked >= turnItems || performance.now() - began > turnMs
      asked = performance.now()
      const next = await settle(
        task,
        verdict.verdict === 'done' && enough ? { ...verdict, verdict: 'stop' } : verdict,
      )
      if (next === 'kept' && 'delayMs' in verdict) later.remember(task.lane, verdict.delayMs)
      if (typeof next === 'string') return next === 'more' ? ringAgain(task.lane) : undefined
      task = next
      if (enough) {
        // A dead head handed out the next one, and this turn is over.
        await settle(task, { verdict: 'free' })
        return ringAgain(task.lane)
      }
    }
  }

  async function ringAgain(lane: string): Promise<void> {
    if (stopping) return
    await deps.ring([lane]).catch((error: unknown) => {
      deps.log.warn(
        { lane: maskLane(lane), err: stepFacts(error) },
        'alarm not sent; the timer finds the lane',
      )
    })
  }

  async function settle(task: Task, verdict: Verdict): Promise<Committed> {
    try {
      const next = await deps.commit({ task, ...remembered(task, verdict) })
      if (next === 'stale') deps.count('stale', 'COMMIT_REFUSED')
      return next
    } catch (error) {
      // The lease runs out by itself and the timer gives the head to the next holder, under the same idempotency key.
      deps.log.warn(
        { code: 'COMMIT_FAILED', lane: maskLane(task.lane), err: stepFacts(error) },
        'commit failed',
      )
      return 'stale'
    }
  }

  async function attempt(task: Task): Promise<Verdict | 'lost'> {
    if (stopping) return { verdict: 'free' }
    const verdict = task.claims > maxClaims ? crashes : await tryApart(task)
    if (verdict === 'lost' || verdict.verdict !== 'dead') return verdict
    deps.log.error({ code: verdict.code, ...factsOf(task) }, `dead letter: ${verdict.message}`)
    try {
      await deps.onDead(task, verdict)
      return verdict
    } catch (error) {
      const facts = stepFacts(error)
      // A fault of ours in the telling would be the same next time, and the lane must not wait for it.
      if (facts.code === 'UNEXPECTED' && error instanceof TypeError) return verdict
      return { verdict: 'retry', code: facts.code, delayMs: backOff(task.attempts, deps.random) }
    }
  }

  /**
   * What is in flight beside an item that kills the worker is claimed again together with it. So the last try before
   * the blame is taken alone: an innocent head succeeds then, and only the guilty one dies again.
   */
  async function tryApart(task: Task): Promise<Verdict | 'lost'> {
    if (task.claims < maxClaims) return tryOnce(task)
    if (deps.suspects.size > 0)
      return { verdict: 'defer', code: 'SUSPECT', delayMs: 100 + 300 * deps.random() }
    deps.suspects.add(task.lane)
    try {
      return await tryOnce(task)
    } finally {
      deps.suspects.delete(task.lane)
    }
  }

  async function tryOnce(task: Task): Promise<Verdict | 'lost'> {
    const hold = openHold(task, deps)
    try {
      deps.trace('drain', factsOf(task))
      const verdict = await deps.breaker.run(() => deps.work(task, hold))
      if (hold.lost()) return 'lost'
      if (verdict !== 'open') return verdict
      return { verdict: 'wait', code: 'BREAKER_OPEN', delayMs: 1000 + 2000 * deps.random() }
    } catch (error) {
      return hold.lost() ? 'lost' : judge(task, error)
    } finally {
      hold.end()
    }
  }

  function judge(task: Task, error: unknown): Verdict {
    const { code, verdict, message, retryAfterMs, untried } = stepFacts(error)
    if (verdict === 'permanent' || task.ageMs > deps.giveUpMs) return { verdict: 'dead', code, message }
    // Those that wait for the same budget come back one after the other.
    if (untried) return { verdict: 'wait', code, delayMs: (retryAfterMs ?? 1000) * (1 + deps.random() / 4) }
    deps.log.warn({ code, ...factsOf(task) }, `will be tried again: ${message}`)
    const delayMs = Math.max(retryAfterMs ?? 0, backOff(task.attempts, deps.random))
    return { verdict: 'retry', code, delayMs: Math.min(delayMs, 3_600_000) }
  }

  async function stop(): Promise<void> {
    stopping = true
    later.stop()
    while (room.free() < deps.concurrency) await room.released()
  }

  return { offer, stop }
}

/**
 * Freeing a lane, or letting it wait, forgets how often its head was handed out. One that was handed out before may have
 * taken effect then, and whoever tries it next must know: so it counts as a try.
 */
function remembered(task: Task, verdict: Verdict): Verdict {
  if (task.claims < 2 || (verdict.verdict !== 'free' && verdict.verdict !== 'wait')) return verdict
  return { code: 'HANDED_OUT_BEFORE', delayMs: 0, ...verdict, verdict: 'retry' }
}

function factsOf(task: Task) {
  return { lane: maskLane(task.lane), attempt: task.attempts + 1, ageMs: task.ageMs }
}
