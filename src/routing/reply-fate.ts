import { z } from 'zod'
import { describeOutgoing } from '../domain/outgoing.ts'
import type { Reply, ReplyFailure, ReplySource } from '../domain/reply.ts'
import { readReply } from '../domain/reply.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { HelpdeskAdapter, ReplyOutcome, Step, TicketHelpdesk, TicketRef } from '../helpdesk/adapter.ts'
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

interface Told {
  reply: Reply
  to: Address
  task: Task
  signal: AbortSignal
}

/**
 * Shows what became of a reply: where it was written, and in the helpdesks that have the conversation. A helpdesk that
 * will never take it is not asked again: the reply's own record tells its fate too, and the lane's next reply must not
 * wait for that. Nor may any but the one that it came from make its lane wait. That a file of an internal note was not
 * sent is told to nobody.
 */
export async function reportFate(deps: FateDeps, told: Told, outcome: ReplyOutcome): Promise<void> {
  const { reply, to } = told
  const { id } = to.conversation
  if (outcome.failure && (await deps.isWithheld?.(reply, told.signal))) return
  const [kept, places = [to.page.helpdesk]] = await Promise.all([
    deps.conversations.tickets(id),
    deps.placesOf?.(id),
  ])
  const home = reply.source?.helpdesk ?? places[0]!
  const others = [...places, ...kept.map(({ helpdesk }) => helpdesk)]
  await Promise.all(
    [...new Set([home, ...others])].map(async (name) => {
      try {
        await reportTo(deps, name, told, outcome)
      } catch (error) {
        const { code, verdict } = stepFacts(error)
        if (verdict === 'retry' && name === home) throw error
        const text = 'the helpdesk does not take the fate of this reply'
        deps.log.warn({ code, helpdesk: name, reply: reply.id }, text)
      }
    }),
  )
}

/** Whether a helpdesk has a reply as its own, whose states it can show. Those that are told events are told all. */
export function showsReply(
  helpdesk: HelpdeskAdapter,
  name: string,
  source: ReplySource | undefined,
): boolean {
  return helpdesk.style === 'events' || helpdesk.showsReplies === true || source?.helpdesk === name
}

async function reportTo(deps: FateDeps, name: string, told: Told, outcome: ReplyOutcome): Promise<void> {
  const { reply, to, task, signal } = told
  const helpdesk = deps.helpdesks.get(name)
  if (!helpdesk) return
  const step = { idempotencyKey: `${reply.id}:fate`, ...tryOf(task), signal }
  const shows = showsReply(helpdesk, name, reply.source)
  if (shows && helpdesk.reportSent) {
    await helpdesk.reportSent(to.conversation, reply, await furthest(deps, reply.id, outcome), step)
  } else if (helpdesk.style === 'tickets') {
    const ticket = await deps.conversations.ticket(to.conversation.id, name)
    if (ticket === undefined) return
    if (outcome.failure) await noteFailure(helpdesk, ticket, reply, outcome.failure, step)
    else if (!shows)
      await appendReply(helpdesk, ticket, reply, { ...step, idempotencyKey: `${reply.id}:said` })
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
  helpdesk: TicketHelpdesk,
  ticket: TicketRef,
  { at, message }: Reply,
  failure: ReplyFailure,
  step: Step,
): Promise<void> {
  // Nobody waits for these to arrive.
  if (message.typing !== undefined || message.seen) return
  const text = `Not sent: "${describeOutgoing(message)}". ${failure.message}`
  await helpdesk.addNote(ticket, { at, text }, step)
}

/** What a bot said, or an agent elsewhere, as it stands in a helpdesk that has no other way to show it. */
async function appendReply(
  helpdesk: TicketHelpdesk,
  ticket: TicketRef,
  { id, at, message, agent, comment }: Reply,
  step: Step,
): Promise<void> {
  // A note tells of it in both of its tickets.
  if (comment?.do === 'private') return
  const { attachment } = message
  const attachments = attachment?.url === undefined ? [] : [{ type: attachment.type, url: attachment.url }]
  const text = attachments.length > 0 ? null : describeOutgoing(message)
  const said = { eventId: id, from: 'agent', at, text, attachments, payload: null } as const
  await helpdesk.appendMessage(ticket, { ...said, attachments, agentName: agent?.name ?? 'Bot' }, step)
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
