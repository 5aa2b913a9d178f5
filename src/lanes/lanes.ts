import type { RunScript } from './lane-scripts.ts'
import { laneKeys, shardOf } from './keys.ts'
import type { LaneKeys } from './keys.ts'

export interface LaneSettings {
  prefix: string
  shards: number
  /** How long a holder may work on a head before others may take the lane, ms. */
  leaseMs: number
  /** How long after an append or a lost lease the timer looks at a lane by itself, ms. */
  graceMs: number
  /** How long an item's id is remembered, ms. Longer than Meta retries anything (36 h). */
  seenMs: number
  deadLetterMs: number
}

export interface Item {
  lane: string
  /** More lanes of the same conversation that get it: all of them at once, or none. */
  also?: readonly string[]
  /** Dedupe id and idempotency key; the same on every try. */
  id: string
  payload: string
}

/** The head of a lane, leased to whoever holds this object. */
export interface Task {
  lane: string
  epoch: string
  seq: string
  /** When it was appended, ms by Redis' clock. */
  since: number
  payload: string
  attempts: number
  /** How often it was handed out without an answer, this time included. */
  claims: number
  progress: string
  /** How old the item was when it was handed out, ms by Redis' clock. */
  ageMs: number
  /** It was tried before it became the head: as a dead letter that is replayed, or with a head that died. */
  replayed?: true
}

export type Verdict =
  /** `items`: how many of the lane are done with it, the head included. Without it the head alone. */
  | { verdict: 'done' | 'stop'; items?: number }
  | { verdict: 'free' }
  /** `detail` goes to whoever is told of the death; it is not kept. */
  | { verdict: 'dead'; code: string; message: string; detail?: unknown }
  | { verdict: 'retry' | 'wait' | 'defer'; delayMs: number; code: string }
  /** `along`: how many behind the head are tried with it from now on. Without it as many as before. */
  | { verdict: 'save'; progress: string; along?: number }

export type Commit = Verdict & { task: Task }
export type Committed = Task | 'stale' | 'empty' | 'more' | 'kept' | 'saved'

/** A script works on at most this many items, so that it never holds Redis for more than a few milliseconds. */
const maxBatch = 500

/** The lanes in Redis: ordered, durable, leased work per conversation. Stateless; every call is one script per shard. */
export interface Lanes {
  /** Appends each item once, in order. Answers how many were new. Safe to repeat: that is how it is retried. */
  append(items: Item[]): Promise<number>
  /** Leases those of the lanes that are free and hands out their heads; the refused are simply missing. */
  claim(lanes: string[]): Promise<Task[]>
  /** Answers in the order of the commits. */
  commit(commits: Commit[]): Promise<Committed[]>
  /** Payloads of what stands behind a head untried, in order, for its holder; none once the lease is lost. */
  behind(task: Task, most: number): Promise<string[]>
  /** Lets lanes be tried now, whatever their heads wait for. Answers how many had something to try. Idempotent. */
  wake(lanes: string[]): Promise<number>
  /** Lanes that someone should look at now, at most 500 per shard. */
  due(): Promise<string[]>
}

export function lanes(run: RunScript, settings: LaneSettings): Lanes {
  const shards = Array.from({ length: settings.shards }, (_, shard) => laneKeys(settings.prefix, shard))
  const keysOf = (lane: string): LaneKeys => shards[shardOf(lane, settings.shards)]!

  async function append(items: Item[]): Promise<number> {
    let fresh = 0
    for (const [keys, group] of byShard(items, (item) => keysOf(item.lane))) {
      for (let from = 0; from < group.length; from += maxBatch) {
        const flags = String(
          await run('append', ...appendCall(keys, group.slice(from, from + maxBatch), settings)),
        )
        for (const flag of flags) fresh += Number(flag)
      }
    }
    return fresh
  }

  async function claim(names: string[]): Promise<Task[]> {
    const tasks: Task[] = []
    for (const [keys, group] of byShard(names, keysOf)) {
      const answer = (await run(
        'claim',
        [keys.dirty, keys.counters, ...group.flatMap((lane) => [keys.state(lane), keys.items(lane)])],
        [settings.leaseMs, settings.graceMs, ...group],
      )) as [number, ...(0 | [number, string, number, number, string])[]]
      const [now, ...claimed] = answer
      group.forEach((lane, at) => {
        const got = claimed[at]
        if (!got) return
        const [epoch, head, attempts, claims, progress] = got
        tasks.push({ ...readHead(head, now), lane, epoch: String(epoch), attempts, claims, progress })
      })
    }
    return tasks
  }

  async function commit(commits: Commit[]): Promise<Committed[]> {
    const results = new Map<Commit, Committed>()
    for (const [keys, group] of byShard(commits, (one) => keysOf(one.task.lane))) {
      const answer = (await run('commit', ...commitCall(keys, group, settings))) as [
        number,
        ...(Exclude<Committed, Task> | [string])[],
      ]
      const [now, ...committed] = answer
      group.forEach((one, at) => {
        const got = committed[at]!
        const next = { lane: one.task.lane, epoch: one.task.epoch, attempts: 0, claims: 1, progress: '' }
        results.set(one, typeof got === 'string' ? got : { ...next, ...readHead(got[0], now) })
      })
    }
    return commits.map((one) => results.get(one)!)
  }

  async function behind({ lane, epoch, seq }: Task, most: number): Promise<string[]> {
    const keys = keysOf(lane)
    const items = await run('behind', [keys.state(lane), keys.items(lane)], [epoch, seq, most])
    const heads = (items as string[]).map((item) => readHead(item, 0))
    const end = heads.findIndex(({ replayed }) => replayed)
    return (end === -1 ? heads : heads.slice(0, end)).map(({ payload }) => payload)
  }

  async function wake(names: string[]): Promise<number> {
    let woken = 0
    for (const [keys, group] of byShard(names, keysOf)) {
      for (let from = 0; from < group.length; from += maxBatch) {
        const some = group.slice(from, from + maxBatch)
        const touched = some.flatMap((lane) => [keys.state(lane), keys.items(lane)])
        woken += Number(await run('wake', [keys.dirty, ...touched], some))
      }
    }
    return woken
  }

  async function due(): Promise<string[]> {
    const answers = await Promise.all(
      shards.map((keys) => run('due', [keys.dirty], [settings.graceMs, maxBatch])),
    )
    return (answers as string[][]).flat()
  }

  return { append, claim, commit, behind, wake, due }
}

function appendCall(keys: LaneKeys, items: Item[], settings: LaneSettings): [string[], (string | number)[]] {
  const numbers = new Map<string, number>()
  const pairs: (string | number)[] = []
  let places = 0
  function numberOf(lane: string): number {
    const number = numbers.get(lane) ?? numbers.size + 1
    numbers.set(lane, number)
    places++
    return number
  }
  for (const { lane, also = [], payload } of items) {
    pairs.push([lane, ...also].map(numberOf).join(' '), payload)
  }
  const names = [...numbers.keys()]
  return [
    [keys.dirty, keys.counters, ...names.map(keys.items), ...items.map((item) => keys.seen(item.id))],
    [settings.graceMs, settings.seenMs, names.length, items.length, ...names, ...pairs, places],
  ]
}

function commitCall(
  keys: LaneKeys,
  commits: Commit[],
  settings: LaneSettings,
): [string[], (string | number)[]] {
  const touched = [keys.dirty, keys.dead]
  const args: (string | number)[] = [settings.leaseMs, settings.graceMs, settings.deadLetterMs]
  for (const one of commits) {
    const { lane, epoch, seq } = one.task
    touched.push(keys.state(lane), keys.items(lane), keys.deadLetter(seq))
    args.push(lane, epoch, seq, one.verdict, ...verdictArgs(one))
  }
  return [touched, args]
}

function verdictArgs(verdict: Verdict): [string | number, string | number] {
  switch (verdict.verdict) {
    case 'dead':
      return [verdict.code, verdict.message]
    case 'retry':
    case 'wait':
    case 'defer':
      return [Math.ceil(verdict.delayMs), verdict.code]
    case 'save':
      return [verdict.progress, verdict.along ?? '']
    case 'done':
    case 'stop':
      return [verdict.items ?? 1, '']
    default:
      return ['', '']
  }
}

/** An item in Redis is `<seq>:<since>:<payload>`, with an `r` behind the time when it was tried before it became a head. */
function readHead(head: string, now: number): Pick<Task, 'seq' | 'since' | 'payload' | 'ageMs' | 'replayed'> {
  const first = head.indexOf(':')
  const second = head.indexOf(':', first + 1)
  const replayed = head[second - 1] === 'r' ? { replayed: true as const } : {}
  const since = parseInt(head.slice(first + 1, second), 10)
  return {
    seq: head.slice(0, first),
    since,
    payload: head.slice(second + 1),
    ageMs: now - since,
    ...replayed,
  }
}

function byShard<T>(all: T[], keysOf: (one: T) => LaneKeys): Map<LaneKeys, T[]> {
  const groups = new Map<LaneKeys, T[]>()
  for (const one of all) {
    const keys = keysOf(one)
    const group = groups.get(keys)
    if (group) group.push(one)
    else groups.set(keys, [one])
  }
  return groups
}
