import fc from 'fast-check'
import { expect } from 'vitest'
import type { Verdict } from '../../src/lanes/lanes.ts'
import type { LaneKit } from './lane-kit.ts'
import {
  committed,
  delays,
  expectSame,
  handedOut,
  modelAppend,
  modelClaim,
  modelCommit,
} from './lane-model.ts'
import type { Model, ModelItem, ModelLane } from './lane-model.ts'

type Command = fc.AsyncCommand<Model, LaneKit>

/** A step of both worlds. After each of them they are compared. */
function command(label: string, run: (m: Model, kit: LaneKit) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (m, kit) => {
      await run(m, kit)
      await expectSame(m, kit)
    },
    toString: () => label,
  }
}

/** The members that exist only while the test runs are named by a number that is taken modulo. */
function pick<T>(all: T[], at: number): T | undefined {
  return all[at % all.length]
}

const lane = fc.nat({ max: 3 })
const payload = fc.nat({ max: 9 })

const append = fc.array(fc.tuple(lane, payload), { minLength: 1, maxLength: 6 }).map((batch) =>
  command(`append ${batch.map(([at, n]) => `${at}/${n}`).join(' ')}`, async (m, kit) => {
    const items = batch.map(([at, n]) => ({ lane: m.lanes[at]!, payload: `${at}/${n}` }))
    const fresh = await kit.lanes.append(
      items.map(({ lane, payload }) => ({ lane: lane.name, id: payload, payload })),
    )
    expect(fresh).toBe(modelAppend(m, items))
  }),
)

async function claim(m: Model, kit: LaneKit, wanted: ModelLane[]): Promise<void> {
  const tasks = await kit.lanes.claim(wanted.map((one) => one.name))
  const expected = new Map<string, ModelItem>()
  for (const one of wanted) {
    const head = modelClaim(one)
    if (head) expected.set(one.name, head)
  }
  // The shards answer one after the other, so only the order within one is promised.
  expect(tasks.map((task) => task.lane).toSorted()).toEqual([...expected.keys()].toSorted())
  for (const task of tasks) handedOut(m, kit, task, expected.get(task.lane)!)
}

const claims = fc.array(lane, { minLength: 1, maxLength: 4 }).map((wanted) =>
  command(`claim ${wanted.join(' ')}`, (m, kit) =>
    claim(
      m,
      kit,
      wanted.map((at) => m.lanes[at]!),
    ),
  ),
)

const delay = fc.constantFrom(...delays)
const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Verdict>({ verdict: 'done' }) },
  { weight: 1, arbitrary: fc.constant<Verdict>({ verdict: 'stop' }) },
  { weight: 1, arbitrary: fc.constant<Verdict>({ verdict: 'free' }) },
  { weight: 2, arbitrary: fc.constant<Verdict>({ verdict: 'dead', code: 'NO', message: 'it cannot be' }) },
  { weight: 2, arbitrary: delay.map((delayMs): Verdict => ({ verdict: 'retry', delayMs, code: 'BUSY' })) },
  { weight: 1, arbitrary: delay.map((delayMs): Verdict => ({ verdict: 'wait', delayMs, code: 'OPEN' })) },
  { weight: 2, arbitrary: fc.nat({ max: 9 }).map((n): Verdict => ({ verdict: 'save', progress: `p${n}` })) },
)

/** Holders keep their tasks after they answered, so many of these come from somebody who lost the lane long ago. */
const commit = fc.array(fc.tuple(fc.nat(), verdict), { minLength: 1, maxLength: 3 }).map((batch) =>
  command(`commit ${batch.map(([at, one]) => `${at}:${one.verdict}`).join(' ')}`, async (m, kit) => {
    const commits = batch.flatMap(([at, one]) => {
      const holder = pick(m.holders.toReversed(), at)
      return holder ? [{ holder, verdict: one }] : []
    })
    const got = await kit.lanes.commit(
      commits.map(({ holder, verdict }) => ({ task: holder.task, ...verdict })),
    )
    commits.forEach(({ holder, verdict }, at) => {
      const expected = modelCommit(m, holder, verdict)
      committed(m, holder, got[at]!, expected)
    })
  }),
)

const crash = fc.nat().map((at) =>
  command(`crash ${at}`, (m) => {
    const gone = pick(m.holders, at)
    m.holders = m.holders.filter((one) => one !== gone)
    return Promise.resolve()
  }),
)

const leaseEnds = lane.map((at) =>
  command(`lease ends ${at}`, async (m, kit) => {
    const one = m.lanes[at]!
    await kit.leaseEnds(one.name)
    if (one.state) one.state.leased = false
    one.look &&= 'now'
  }),
)

const waitEnds = lane.map((at) =>
  command(`wait ends ${at}`, async (m, kit) => {
    const one = m.lanes[at]!
    await kit.waitEnds(one.name)
    if (one.state) one.state.waits = false
    one.look &&= 'now'
  }),
)

/** A tick of the timer, and with it the alarm that claims what it found. */
const timer = fc.boolean().map((rings) =>
  command(rings ? 'timer' : 'timer, its alarm lost', async (m, kit) => {
    const due = m.lanes.filter((one) => one.look === 'now')
    expect((await kit.lanes.due()).toSorted()).toEqual(due.map((one) => one.name).toSorted())
    for (const one of due) one.look = 'later'
    if (rings && due.length > 0) await claim(m, kit, due)
  }),
)

const replay = fc.nat().map((at) =>
  command(`replay ${at}`, async (m, kit) => {
    const { letters } = await kit.deadLetters.list(1000)
    const letter = pick(letters, at)
    if (!letter) return
    expect(await kit.deadLetters.replay(letter)).toBe(true)
    expect(await kit.deadLetters.replay(letter), 'a second replay of the same letter').toBe(false)
    const dead = m.dead.find((one) => one.payload === letter.payload)!
    m.dead = m.dead.filter((one) => one !== dead)
    const one = m.lanes.find((lane) => lane.name === dead.lane)!
    one.items.push({ payload: dead.payload })
    one.look ??= 'now'
  }),
)

export const laneCommands = fc.commands(
  [append, append, claims, claims, commit, commit, commit, crash, leaseEnds, waitEnds, timer, replay],
  { maxCommands: 60, size: 'max' },
)
