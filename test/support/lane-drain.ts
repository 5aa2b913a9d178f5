import { breaker } from '../../src/lanes/breaker.ts'
import { drain } from '../../src/lanes/drain.ts'
import type { Death, DrainDeps } from '../../src/lanes/drain.ts'
import { gather } from '../../src/lanes/gather.ts'
import type { Commit, Committed, Task } from '../../src/lanes/lanes.ts'
import { memoryLog, noTrace } from './lane-kit.ts'
import type { LaneKit } from './lane-kit.ts'

export interface Settled {
  lane: string
  payload: string
  verdict: Commit['verdict']
  result: Exclude<Committed, Task> | 'next'
}

/** A drain over real lanes whose every step can be waited for. */
export function drainKit(kit: LaneKit, given: Pick<DrainDeps, 'work'> & Partial<DrainDeps>) {
  const counted: string[] = []
  const rings: string[][] = []
  const settled: Settled[] = []
  const deaths: { task: Task; death: Death }[] = []
  const log = memoryLog()
  let watchers: (() => void)[] = []

  function changed(): void {
    const woken = watchers
    watchers = []
    for (const one of woken) one()
  }

  const commitAll = gather<Commit, Committed>((commits) => kit.lanes.commit(commits), { maxItems: 256 })
  const deps: DrainDeps = {
    lanes: kit.lanes,
    commit: commitAll,
    breaker: breaker(() => {}),
    onDead: (task, death) => {
      deaths.push({ task, death })
      return Promise.resolve()
    },
    ring: (lanes) => {
      rings.push(lanes)
      changed()
      return Promise.resolve()
    },
    concurrency: 4,
    suspects: new Set(),
    leaseMs: kit.settings.leaseMs,
    giveUpMs: 86_400_000,
    log,
    trace: noTrace,
    count: (verdict, code) => {
      counted.push(code ? `${verdict} ${code}` : verdict)
      changed()
    },
    random: () => 0.5,
    ...given,
  }
  const opened = drain({
    ...deps,
    async commit(commit) {
      const result = await deps.commit(commit)
      const { task, verdict } = commit
      const { lane, payload } = task
      settled.push({ lane, payload, verdict, result: typeof result === 'string' ? result : 'next' })
      changed()
      return result
    },
  })

  return {
    drain: opened,
    counted,
    rings,
    settled,
    deaths,
    log,
    changed,
    /** Resolves when the condition holds; it is asked again after every step of the drain. */
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await new Promise<void>((resolve) => watchers.push(resolve))
    },
  }
}

/** A door that opens once, and tells when somebody stands before it. */
export function gate() {
  const opened = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  return {
    open: () => opened.resolve(),
    reached: reached.promise,
    pass() {
      reached.resolve()
      return opened.promise
    },
  }
}
