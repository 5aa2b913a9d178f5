import { expect } from 'vitest'
import type { Committed, Task, Verdict } from '../../src/lanes/lanes.ts'
import { never } from './lane-kit.ts'
import type { LaneKit } from './lane-kit.ts'

/** What the lanes ought to be, in memory. One object per item that was ever appended or replayed. */
export interface ModelItem {
  payload: string
}

export interface ModelState {
  epoch: string
  /** Whether the one who claimed it has not given it back. It may go on after its lease, until another claims. */
  held: boolean
  leased: boolean
  waits: boolean
  attempts: number
  claims: number
  progress: string
}

export interface ModelLane {
  name: string
  items: ModelItem[]
  state: ModelState | undefined
  /** When the timer looks at it: at once, some day, or never. */
  look: 'now' | 'later' | undefined
}

export interface Holder {
  task: Task
  item: ModelItem
}

export interface Model {
  lanes: ModelLane[]
  seen: Set<string>
  /** Payload → the lane's name, of what died and lies in the dead letters. */
  dead: { payload: string; lane: string; code: string; attempts: number }[]
  committed: string[]
  holders: Holder[]
  /** By shard key: the last epoch that was given out. */
  epochs: Map<string, number>
}

export function model(names: string[]): Model {
  const lanes = names.map((name) => ({ name, items: [], state: undefined, look: undefined }))
  return { lanes, seen: new Set(), dead: [], committed: [], holders: [], epochs: new Map() }
}

export function modelAppend(m: Model, items: { lane: ModelLane; payload: string }[]): number {
  let fresh = 0
  for (const { lane, payload } of items) {
    lane.look ??= 'later'
    if (m.seen.has(payload)) continue
    m.seen.add(payload)
    lane.items.push({ payload })
    fresh++
  }
  return fresh
}

/** What a claim of this lane ought to answer: a head, or undefined when it is refused. */
export function modelClaim(lane: ModelLane): ModelItem | undefined {
  if (lane.state?.leased || lane.state?.waits) return undefined
  const [head] = lane.items
  lane.look = head && 'later'
  const { attempts = 0, claims = 0, progress = '' } = lane.state ?? {}
  lane.state = head && {
    epoch: '',
    held: true,
    leased: true,
    waits: false,
    attempts,
    claims: claims + 1,
    progress,
  }
  return head
}

/** What a commit ought to answer: a word, or the next head. */
export function modelCommit(m: Model, holder: Holder, verdict: Verdict): string | ModelItem {
  const lane = m.lanes.find((one) => one.name === holder.task.lane)!
  const { state } = lane
  if (!state?.held || state.epoch !== holder.task.epoch || lane.items[0] !== holder.item) return 'stale'
  const { payload } = holder.item
  switch (verdict.verdict) {
    case 'done':
    case 'stop':
      m.committed.push(payload)
      return modelPop(lane, state, verdict.verdict === 'stop')
    case 'dead':
      m.dead.push({ payload, lane: lane.name, code: verdict.code, attempts: state.attempts })
      return modelPop(lane, state, false)
    case 'save':
      Object.assign(state, { leased: true, progress: verdict.progress })
      lane.look = 'later'
      return 'saved'
    case 'free':
      Object.assign(state, { held: false, leased: false, claims: 0 })
      lane.look = 'now'
      return 'kept'
    default: {
      const waits = verdict.delayMs > 0
      const attempts = state.attempts + (verdict.verdict === 'retry' ? 1 : 0)
      Object.assign(state, { held: false, leased: false, claims: 0, waits, attempts })
      lane.look = waits ? 'later' : 'now'
      return 'kept'
    }
  }
}

function modelPop(lane: ModelLane, state: ModelState, stops: boolean): string | ModelItem {
  lane.items.shift()
  const [next] = lane.items
  if (!next || stops) {
    lane.state = undefined
    lane.look = next && 'now'
    return next ? 'more' : 'empty'
  }
  Object.assign(state, { leased: true, waits: false, attempts: 0, claims: 1, progress: '' })
  lane.look = 'later'
  return next
}

/** Notes that the real lanes handed out this head, and that epochs only grow. */
export function handedOut(m: Model, kit: LaneKit, task: Task, item: ModelItem): void {
  const lane = m.lanes.find((one) => one.name === task.lane)!
  const { counters } = kit.keysOf(task.lane)
  expect(Number(task.epoch)).toBeGreaterThan(m.epochs.get(counters) ?? 0)
  m.epochs.set(counters, Number(task.epoch))
  lane.state!.epoch = task.epoch
  expectHead(task, item, lane.state!)
  m.holders.push({ task, item })
}

export function committed(m: Model, holder: Holder, got: Committed, expected: string | ModelItem): void {
  if (typeof expected === 'string' || typeof got === 'string') return expect(got).toEqual(expected)
  const lane = m.lanes.find((one) => one.name === got.lane)!
  expect(got.epoch).toBe(holder.task.epoch)
  expect(Number(got.seq)).toBeGreaterThan(Number(holder.task.seq))
  expectHead(got, expected, lane.state!)
  m.holders.push({ task: got, item: expected })
}

function expectHead(task: Task, item: ModelItem, state: ModelState): void {
  const { attempts, claims, progress } = state
  expect(task).toMatchObject({ payload: item.payload, attempts, claims, progress })
  expect(task.ageMs).toBeGreaterThanOrEqual(0)
}

/** The real lanes are what the model says, and hold what must always hold. */
export async function expectSame(m: Model, kit: LaneKit): Promise<void> {
  const [{ letters }, now] = await Promise.all([kit.deadLetters.list(1000), redisNow(kit)])
  const kept: string[] = []
  for (const lane of m.lanes) {
    const keys = kit.keysOf(lane.name)
    const [items, state, look, existing] = await Promise.all([
      kit.payloads(lane.name),
      kit.state(lane.name),
      kit.redis.zscore(keys.dirty, lane.name),
      kit.redis.exists(keys.state(lane.name), keys.items(lane.name)),
    ])
    kept.push(...items)
    // Order, and nothing lost or doubled within the lane.
    expect(items).toEqual(lane.items.map((one) => one.payload))
    if (items.length > 0) expect(look, `${lane.name} holds something and is not dirty`).not.toBeNull()
    else expect(existing, `${lane.name} is empty and left keys behind`).toBe(0)
    expect(look === null ? undefined : Number(look) <= now ? 'now' : 'later').toBe(lane.look)
    expect(readState(state, now)).toEqual(withoutHeld(lane.state))
  }
  const dead = letters.map(({ payload, code, attempts }) => ({ payload, code, attempts }))
  expect(sorted(dead)).toEqual(
    sorted(m.dead.map(({ payload, code, attempts }) => ({ payload, code, attempts }))),
  )
  // Conservation: all that was ever appended is in a lane, committed or dead, and once.
  const everywhere = [...kept, ...m.committed, ...dead.map((one) => one.payload)]
  expect(everywhere.toSorted()).toEqual([...m.seen].toSorted())
}

function readState(fields: Record<string, string>, now: number): Omit<ModelState, 'held'> | undefined {
  const { epoch, until, attempts = '0', claims = '0', progress = '' } = fields
  if (epoch === undefined) return undefined
  return {
    epoch,
    leased: Number(until) > now,
    waits: Number(fields['not_before'] ?? 0) > now,
    attempts: Number(attempts),
    claims: Number(claims),
    progress,
  }
}

/** Who holds a lane shows only in what its commits are answered. */
function withoutHeld(state: ModelState | undefined): Omit<ModelState, 'held'> | undefined {
  if (!state) return undefined
  const { held: _held, ...rest } = state
  return rest
}

async function redisNow(kit: LaneKit): Promise<number> {
  const [seconds, micros] = await kit.redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}

function sorted<T>(all: T[]): string[] {
  return all.map((one) => JSON.stringify(one)).toSorted()
}

export const delays = [0, never]
