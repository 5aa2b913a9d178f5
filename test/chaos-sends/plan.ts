import { seeded } from '../chaos/random.ts'
import type { Random } from '../chaos/random.ts'
import { messageKinds } from './messages.ts'
import type { MessageKind } from './messages.ts'
import { steps } from './scenario.ts'
import type { Scenario, Step } from './scenario.ts'

/** A kill that is to come, and what is sent for it. Pure data: the same seed gives the same plan. */
export interface PlannedKill {
  step: Step
  /** Whether its Page gets no echoes. */
  deaf: boolean
  kind: MessageKind
  /** How many parts the reply has, and at which of them the worker dies. */
  parts: number
  part: number
  /** The step at which it dies once more when this part is sent again. */
  again: Step | null
  /** How late its echoes come, ms. */
  lateMs: number
  /** How long there is no worker, ms. */
  downMs: number
  /** Whether its worker may split what waits before it gets it to send. */
  calm: boolean
  /** Replies that wait behind it in its conversation. */
  followers: number
  /** Replies to others, which are somewhere on their way at the kill. */
  companions: number
}

export function planKills(scenario: Scenario): PlannedKill[] {
  const random = seeded(scenario.seed, 'kills')
  const weighted = inTurns(scenario.weights)
  // Each gets its share, whatever the seed; only the order is chance.
  const chosen = Array.from({ length: scenario.kills }, (_, at) => weighted[at % weighted.length]!)
  const plan = random.shuffle(chosen).map((step) => planKill(step, scenario, random))
  for (let outage = 1; outage <= scenario.outages; outage++) {
    // An echo came while nobody was there to hear it: only these steps have one that decides.
    const from = Math.floor(((outage - 0.5) * plan.length) / scenario.outages)
    const hit = plan.slice(from).find((one) => !one.deaf && one.downMs === 0 && hasEcho(one.step))
    if (hit) Object.assign(hit, { downMs: scenario.echoWaitMs + random.int(1000, 3000), lateMs: 0 })
  }
  return plan
}

/** Each step as often as it weighs, in turns, so that a short run has all of them. */
function inTurns(weights: Scenario['weights']): Step[] {
  const most = Math.max(...Object.values(weights))
  return Array.from({ length: most }, (_, turn) => steps.filter((step) => (weights[step] ?? 0) > turn)).flat()
}

function planKill(step: Step, scenario: Scenario, random: Random): PlannedKill {
  const deaf = random.chance(scenario.deaf)
  const kind = random.pick(messageKinds)
  const parts = kind === 'long text' ? random.int(2, 4) : 1
  const part = step === 'before commit' ? parts - 1 : random.int(0, parts - 1)
  const isSentAgain = step === 'marked' || step === 'written' || (deaf && hasEcho(step))
  const mayDieAgain = random.chance(scenario.again)
  const again = random.pick(['marked', 'written', 'answer lost'] as const)
  const isLate = random.chance(scenario.late)
  const lateMs = random.int(500, scenario.lateMs)
  return {
    step,
    deaf,
    kind,
    parts,
    part,
    again: isSentAgain && mayDieAgain ? again : null,
    lateMs: isLate && !deaf ? lateMs : 0,
    downMs: 0,
    calm: random.chance(scenario.calm),
    followers: random.chance(0.5) ? random.int(1, 2) : 0,
    companions: random.int(0, scenario.companions),
  }
}

/** Meta has the message, and the worker died before it could say so. */
function hasEcho(step: Step): boolean {
  return step === 'answer lost' || step === 'answered'
}
