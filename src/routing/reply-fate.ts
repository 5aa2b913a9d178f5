import { z } from 'zod'
import { describeOutgoing } from '../domain/outgoing.ts'
import type { Reply, ReplyFailure } from '../domain/reply.ts'
import { readReply } from '../domain/reply.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { ReplyOutcome, Step, TicketHelpdesk } from '../helpdesk/adapter.ts'
import type { Death } from '../lanes/drain.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { Task } from '../lanes/lanes.ts'
import { failureMessage } from '../meta/graph-errors.ts'
import { tryOf } from './try-of.ts'
import { addressOf, noted, readProgress } from './reply-progress.ts'
import type { Address, FateDeps } from './reply-progress.ts'

/** How long a helpdesk may be told of a failure while its lane is held, ms. */
const reportMs = 4000

/** Tells the reply's fate when its lane gives it up. Idempotent. */
export function buryReply(deps: FateDeps): (task: Task, death: Death) => Promise<void> {
  return async (task, death) => {
    // What cannot be read has nobody who could be told; its dead letter is all there is.
    if (death.code === 'PAYLOAD_UNREADABLE') return
    const { done, of } = readProgress(task)
    const reply = readReply(readPayload(task))
    // It was sent; what failed was to tell so.
    if ((of > 0 && done >= of) || (await wasSent(deps, reply.id))) return
    const failure = failureOf(death)
    const mayRepeat = death.code === 'OUTCOME_UNKNOWN' ? { possibleRepeat: true } : {}
    await noted(deps, reply.id, deps.replies.update(reply.id, { status: 'failed', failure, ...mayRepeat }))
    const to = addressOf(reply, deps.pages)
    const signal = AbortSignal.timeout(reportMs)
    if (to) await reportFate(deps, { reply, to, task, signal }, { status: 'failed', failure })
  }
}

async function wasSent(deps: FateDeps, id: string): Promise<boolean> {
  const status = (await deps.replies.get(id))?.status
  return status === 'sent' || status === 'delivered' || status === 'read'
}

/**
 * Shows the agent what became of a reply, where the helpdesk can be told. A helpdesk that will never take it is not
 * asked again: the reply's own record tells its fate too, and the lane's next reply must not wait for that.
 */
export async function reportFate(
  deps: FateDeps,
  told: { reply: Reply; to: Address; task: Task; signal: AbortSignal },
  outcome: ReplyOutcome,
): Promise<void> {
  const { reply, to, task, signal } = told
  const helpdesk = deps.helpdesks.get(to.page.helpdesk)
  if (!helpdesk) return
  const step = { idempotencyKey: `${reply.id}:fate`, ...tryOf(task), signal }
  try {
    if (helpdesk.reportSent) {
      const now = await furthest(deps, reply.id, outcome)
      await helpdesk.reportSent(to.conversation, reply, now, step)
    } else if (helpdesk.style === 'tickets') await noteFailure(deps, helpdesk, { reply, to, step }, outcome)
  } catch (error) {
    const { code, verdict } = stepFacts(error)
    if (verdict === 'retry') throw error
    deps.log.warn({ code, reply: reply.id }, 'the helpdesk does not take the fate of this reply')
  }
}

/** Receipts are quick: the person may have it, or have read it, by the time that we tell that it was sent. */
async function furthest(deps: FateDeps, id: string, outcome: ReplyOutcome): Promise<ReplyOutcome> {
  if (outcome.status !== 'sent') return outcome
  const status = (await deps.replies.get(id))?.status
  return status === 'delivered' || status === 'read' ? { status } : outcome
}

/** A helpdesk that knows no delivery states gets a note in the ticket, when there is something to tell. */
async function noteFailure(
  deps: FateDeps,
  helpdesk: TicketHelpdesk,
  { reply, to, step }: { reply: Reply; to: Address; step: Step },
  outcome: ReplyOutcome,
): Promise<void> {
  if (outcome.failure === undefined) return
  const ticket = await deps.conversations.ticket(to.conversation.id, to.page.helpdesk)
  if (ticket === undefined) return
  const text = `Not sent: "${describeOutgoing(reply.message)}". ${outcome.failure.message}`
  await helpdesk.addNote(ticket, { at: reply.at, text }, step)
}

const graphError = z.object({ code: z.number(), subcode: z.number().nullable() })

/** A death as what the agent is told. */
function failureOf(death: Death): ReplyFailure {
  const known = [
    'WINDOW_CLOSED',
    'CONSENT_MISSING',
    'PERSON_UNAVAILABLE',
    'MESSAGE_REFUSED',
    'PAGE_STOPPED',
    'THREAD_NOT_OURS',
  ] as const
  const code = known.find((one) => one === death.code) ?? 'GAVE_UP'
  const graph = graphError.safeParse(death.detail).data
  return { code, message: failureMessage(code), ...(graph ? { graph } : {}) }
}
