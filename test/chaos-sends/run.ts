import type { ReplyRecord } from '../../src/domain/reply.ts'
import { seeded } from '../chaos/random.ts'
import { audit, faultNames } from './audit.ts'
import type { Evidence, Fault, FaultName } from './audit.ts'
import { castPages } from './cast.ts'
import { killAll } from './kills.ts'
import type { Kills } from './kills.ts'
import { load } from './load.ts'
import type { Load } from './load.ts'
import { figuresOf } from './report.ts'
import type { Figures } from './report.ts'
import type { Scenario } from './scenario.ts'
import { settle, whatWaits } from './settle.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'

export interface Report extends Figures {
  seed: number
  seconds: number
  faults: Record<FaultName, number>
  /** Kills that were planned and never came about: the run proves less than it says. */
  unhit: string[]
  missed: string[]
  /** What is still in Redis. */
  left: string[]
  /** Dead letters that should not be. */
  deadLetters: string[]
  ok: boolean
  details: string[]
}

interface Options {
  say: (line: string) => void
  signal: AbortSignal
}

/** Runs a scenario in a world of its own, and leaves nothing behind, also when it is aborted. */
export async function runScenario(scenario: Scenario, options: Options): Promise<Report> {
  const world = await openWorld(scenario)
  try {
    const signal = AbortSignal.any([options.signal, world.broken])
    signal.throwIfAborted()
    return await observe(scenario, world, { ...options, signal })
  } catch (error) {
    if (options.signal.aborted) throw error
    const why = String(world.broken.aborted ? world.broken.reason : error)
    throw new Error(`the run was not finished: ${why}\n${await world.logs()}`, { cause: error })
  } finally {
    await world.close()
  }
}

async function observe(scenario: Scenario, world: World, { say, signal }: Options): Promise<Report> {
  const began = Date.now()
  const said = load(scenario, world)
  const partial = () => audit(evidenceOf(world, said))
  await meetPeople(world, said)
  say(`${said.conversations.length} people have written, to ${castPages.length} Pages`)
  const enough = () => scenario.stopWhenRed && partial().length > 0
  const kills = await killAll({ scenario, world, load: said, signal, say, enough })
  if (!enough()) {
    say(`${kills.count} kills made, waiting for the rest to leave`)
    await settle(world, { ...scenario, signal, enough })
  }
  return conclude(scenario, world, { said, kills, began, signal, isCutShort: enough() })
}

/** Everybody writes first, as the rules of Meta want it. */
async function meetPeople({ simulator }: World, { conversations }: Load): Promise<void> {
  for (const { page, psid, blocked } of conversations) {
    await simulator.write({ pageId: page.id, psid, text: 'Hello?' })
    simulator.person({ pageId: page.id, psid, blocked })
  }
}

async function conclude(
  scenario: Scenario,
  world: World,
  done: { said: Load; kills: Kills; began: number; signal: AbortSignal; isCutShort: boolean },
): Promise<Report> {
  const { said, kills, isCutShort } = done
  const left = isCutShort ? [] : await whatWaits(world)
  const read = isCutShort ? new Set<string>() : await readSome(scenario, world, said, done.signal)
  const records = isCutShort ? undefined : await fetchRecords(world, said)
  const evidence = { ...evidenceOf(world, said), read, ...(records && { records }) }
  const found = audit(evidence)
  const deadLetters = isCutShort ? [] : await wrongDeadLetters(world, said)
  const unhit = kills.unhit.map(({ step }) => step)
  return {
    seed: scenario.seed,
    seconds: Math.round((Date.now() - done.began) / 1000),
    ...figuresOf(evidence, kills),
    faults: countFaults(found),
    unhit,
    missed: kills.missed,
    left,
    deadLetters,
    ok: found.length + unhit.length + left.length + deadLetters.length === 0,
    details: [
      ...found.map(({ name, detail }) => `${name}: ${detail}`),
      ...unhit.map(
        (step) => `unhit: no worker was killed at "${step}", though it was planned again and again`,
      ),
      ...left.map((key) => `left in Redis: ${key}`),
      ...deadLetters.map((letter) => `dead letter: ${letter}`),
    ],
  }
}

function evidenceOf({ simulator, wire, echoedAt }: World, { accepted }: Load): Evidence {
  return { accepted, sent: simulator.sent, wire, echoedAt, read: new Set() }
}

/** Half of the people read what they got. Answers their conversations. */
async function readSome(
  { seed, idleMs }: Scenario,
  world: World,
  { conversations }: Load,
  signal: AbortSignal,
): Promise<Set<string>> {
  const random = seeded(seed, 'read')
  const readers = conversations.filter((one) => !one.blocked && random.chance(0.5))
  for (const { page, psid } of readers) await world.simulator.read({ pageId: page.id, psid })
  await settle(world, { idleMs, signal, enough: () => false })
  return new Set(readers.map((one) => one.id))
}

async function fetchRecords({ service }: World, { accepted }: Load): Promise<Map<string, ReplyRecord>> {
  const records = new Map<string, ReplyRecord>()
  for (const { id } of accepted) records.set(id, await service.record(id))
  return records
}

/** Whoever was blocked has dead letters, one for each reply, and nobody else has one. */
async function wrongDeadLetters({ service }: World, { accepted }: Load): Promise<string[]> {
  const letters = await service.deadLetters()
  const refused = accepted.filter((one) => one.conversation.blocked)
  const isRefusal = ({ code, conversationId }: (typeof letters)[number]) =>
    code === 'PERSON_UNAVAILABLE' && refused.some((one) => one.conversation.id === conversationId)
  const wrong = letters.filter((one) => !isRefusal(one)).map((one) => `${one.code} of a ${one.kind}`)
  const right = letters.length - wrong.length
  return right === refused.length
    ? wrong
    : [...wrong, `${right} of replies to people who blocked the Page, who got ${refused.length}`]
}

function countFaults(found: readonly Fault[]): Record<FaultName, number> {
  const counts = faultNames.map((name) => [name, found.filter((one) => one.name === name).length])
  return Object.fromEntries(counts) as Record<FaultName, number>
}
