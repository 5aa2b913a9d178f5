import type { FailureCode } from '../domain/reply.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { failureMessage } from '../meta/graph-errors.ts'
import type { OutgoingPart } from '../meta/outgoing/compose.ts'
import { decideSend } from '../meta/policy/decide-send.ts'
import { policyMessage } from '../meta/policy/policy-message.ts'
import type { PolicyMessage } from '../meta/policy/policy.ts'
import type { Budgets, RateKind } from '../records/budgets.ts'
import type { ParkedPages } from './park-page.ts'
import { reportFate } from './reply-fate.ts'
import { isHeldForHuman } from './human-elsewhere.ts'
import { noted } from './reply-progress.ts'
import type { FateDeps } from './reply-progress.ts'
import type { Permit, Sending } from './sending.ts'

export interface PermitDeps extends FateDeps {
  budgets: Pick<Budgets, 'take' | 'noteUsage' | 'hold'>
  stops: ParkedPages
  /** Told of what our own rules refused. */
  onRefused: (code: FailureCode) => void
  now: () => number
  /** Age at which a reply that may not be sent is given up, ms. */
  giveUpMs: number
}

/** Typing that comes later than this would tell a lie, ms. */
const typingMs = 30_000

/** May it leave now, and under which name: or what becomes of the head. No attempt is counted for what waits here. */
export async function permitSend(
  deps: PermitDeps,
  sending: Sending,
  part: OutgoingPart,
  privateReply: PolicyMessage['privateReply'] = null,
): Promise<Permit | Verdict> {
  const { page, reply, record, consent, task } = sending
  const parked = await deps.stops.park(page, task.lane)
  if (parked) return tooOld(deps, sending, 'PAGE_STOPPED') ?? parked
  if (reply.message.typing !== undefined && task.ageMs > typingMs) return refuse(deps, sending, 'GAVE_UP')
  if (isHeldForHuman(page, record?.humanElsewhereAt ?? null, reply, deps.now())) {
    return refuse(deps, sending, 'THREAD_NOT_OURS')
  }
  const decision = decideSend(
    {
      channel: page.channel,
      lastCustomerAt: record?.lastCustomerAt ?? null,
      adMessageAt: record?.adMessageAt ?? null,
      consent,
    },
    policyMessage(reply, privateReply),
    { window: page.window, humanAgent: page.humanAgent },
    deps.now(),
  )
  if (!decision.allowed) return refuse(deps, sending, decision.code)
  if (part.kind === 'action') return { as: null, rule: decision.rule }
  const room = await takeBudget(deps, sending, privateReply ? 'privateReply' : part.rate)
  return 'verdict' in room ? room : { as: decision.as, rule: decision.rule, ...room }
}

/** When its turn was asked for, once it has it; or what becomes of the head while there is no room for it. */
export async function takeBudget(
  deps: PermitDeps,
  sending: Sending,
  kind: RateKind,
): Promise<Pick<Permit, 'budget'> | Verdict> {
  const { page, reply, task } = sending
  const ask = { kind, urgent: reply.agent !== null, caller: task.lane }
  const taken = await deps.budgets.take({ pageId: page.id, ...ask })
  if (taken.granted) return { budget: kind }
  const code = taken.why === 'RATE' ? 'RATE_LIMITED' : 'META_RATE_LIMIT'
  return tooOld(deps, sending, 'GAVE_UP') ?? { verdict: 'wait', code, delayMs: taken.waitMs }
}

/**
 * What our own rules refuse is told to whoever asked, and that is all: there is nothing for an operator to mend, so it
 * is no dead letter.
 */
export async function refuse(deps: PermitDeps, sending: Sending, code: FailureCode): Promise<Verdict> {
  const { reply, task, hold, page, conversation } = sending
  const failure = { code, message: failureMessage(code) }
  deps.onRefused(code)
  await noted(deps, reply.id, deps.replies.update(reply.id, { status: 'failed', failure }))
  const told = { reply, to: { page, conversation }, task, signal: hold.signal }
  await reportFate(deps, told, { status: 'failed', failure })
  return { verdict: 'done' }
}

export function tooOld(
  deps: Pick<PermitDeps, 'giveUpMs'>,
  { task }: Sending,
  code: FailureCode,
): Verdict | undefined {
  return task.ageMs > deps.giveUpMs ? { verdict: 'dead', code, message: 'it waited too long' } : undefined
}
