import { StepError } from '../domain/step-error.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphAnswer, GraphClient } from '../meta/graph-client.ts'
import { classifyGraphError } from '../meta/graph-errors.ts'
import type { GraphErrorClass } from '../meta/graph-errors.ts'
import type { Conversations } from '../records/conversations.ts'
import type { Replies } from '../records/replies.ts'
import { tooOld } from './permit-send.ts'
import type { PermitDeps } from './permit-send.ts'
import { noted } from './reply-progress.ts'
import type { Progress } from './reply-progress.ts'
import type { Sending } from './sending.ts'

export interface JudgeDeps extends PermitDeps {
  replies: Pick<Replies, 'update' | 'get'>
  graph: Pick<GraphClient, 'call'>
  conversations: Pick<Conversations, 'ticket' | 'tickets' | 'forgetAd'>
  /** Told of every error of Graph's, so that unknown ones are seen. */
  onGraphError: (code: number, subcode: number | null, known: boolean) => void
}

interface Refused {
  answer: Exclude<GraphAnswer, { outcome: 'ok' }>
  /** What was reached before this send. */
  before: Progress
  personaId: string | undefined
  /** The rule of ours that had let it leave. */
  rule: string
}

/** A thread that another app holds is asked for again this often, and when Meta tells that it changed hands, ms. */
const threadRetryMs = 60_000
/** After a limit of Meta's the budget knows how long the Page has to wait; it is asked soon, ms. */
const askAgainMs = 1000

/** What becomes of the head after a send that Graph did not take, or not surely. */
export async function judgeAnswer(
  deps: JudgeDeps,
  sending: Sending,
  refused: Refused,
): Promise<Progress | Verdict> {
  const { answer, before } = refused
  if (answer.outcome === 'none') {
    const code = `GRAPH_${answer.code}`
    if (answer.arrived === 'unknown') throw later(code, 'Graph gave no answer', 'unknown', true)
    return (await back(deps, sending, before)) ?? fail(later(code, 'Graph was not reached', 'no', true))
  }
  const known = classifyGraphError(answer.code, answer.subcode, answer.isTransient)
  deps.onGraphError(answer.code, answer.subcode, known.known)
  const message = `Graph error ${answer.code}/${answer.subcode ?? '-'}`
  const isServerFault = answer.status >= 500
  // A server that failed may have failed after the message was sent.
  if (known.verdict === 'unsure' || (known.verdict === 'retry' && isServerFault)) {
    throw later('GRAPH_FAILED', message, 'unknown', isServerFault)
  }
  // Certainly not sent: the next try neither waits for an echo nor is a repeat of this one.
  const lost = await back(deps, sending, before)
  if (lost) return lost
  const dead = { verdict: 'dead', message, detail: { code: answer.code, subcode: answer.subcode } } as const
  switch (known.verdict) {
    case 'page':
      // To write below posts takes a permission of its own: without it, messages can still be sent.
      if (!sending.way.provesPage && known.stop === 'permission') return { ...dead, code: 'PAGE_STOPPED' }
      await deps.stops.stop(
        sending.page,
        known.stop ?? 'permission',
        `${answer.code}/${answer.subcode ?? '-'}`,
      )
      return tooOld(deps, sending, 'PAGE_STOPPED') ?? (await parked(deps, sending))
    case 'thread':
      if (await takeThread(deps, sending)) return before
      return (
        tooOld(deps, sending, 'THREAD_NOT_OURS') ?? {
          verdict: 'wait',
          code: 'THREAD_NOT_OURS',
          delayMs: threadRetryMs,
        }
      )
    case 'refused':
      if (known.failure === 'WINDOW_CLOSED' && (await forgetAd(deps, sending, refused.rule))) return before
      if (mayBePersona(sending, refused)) return before
      return { ...dead, code: known.failure }
    case 'retry':
      return retryLater(deps, sending, { known, message, dead, answer })
  }
}

async function retryLater(
  deps: JudgeDeps,
  { page, task }: Sending,
  failed: {
    known: GraphErrorClass
    message: string
    dead: Omit<Extract<Verdict, { verdict: 'dead' }>, 'code'>
    answer: Extract<GraphAnswer, { outcome: 'error' }>
  },
): Promise<Verdict> {
  const { known, message, dead, answer } = failed
  if (known.retryOnce && task.attempts > 0) return { ...dead, code: 'MESSAGE_REFUSED' }
  if (!known.throttle) throw later('GRAPH_BUSY', message, 'no', answer.status >= 500)
  // The whole Page is over a limit: its lanes wait for the budget, and nobody makes it worse by asking.
  await deps.budgets.hold(page.id, answer.usage?.regainMs ?? 0)
  return { verdict: 'wait', code: 'META_RATE_LIMIT', delayMs: askAgainMs }
}

/** Back to where it was before this send. A verdict when the lease was lost meanwhile. */
async function back(deps: JudgeDeps, sending: Sending, before: Progress): Promise<Verdict | undefined> {
  const idle: Progress = { ...before, state: 'idle' }
  if (!(await sending.hold.save(JSON.stringify(idle)))) return { verdict: 'free' }
  const possibleRepeat = before.repeated || before.sends > 1 || sending.mayHaveBeenSent
  await noted(
    deps,
    sending.reply.id,
    deps.replies.update(sending.reply.id, { status: 'queued', possibleRepeat }),
  )
  return undefined
}

async function parked(deps: JudgeDeps, { page, task }: Sending): Promise<Verdict> {
  return (await deps.stops.park(page, task.lane)) ?? { verdict: 'wait', code: 'PAGE_STOPPED', delayMs: 1000 }
}

/** Takes the thread from the other app, where the Page's settings say so. */
async function takeThread(deps: JudgeDeps, sending: Sending): Promise<boolean> {
  const { page, conversation, hold, tried } = sending
  if (page.threadControl !== 'take' || tried.thread || conversation.psid === null) return false
  tried.thread = true
  const path = pathOf(page.id, 'take_thread_control')
  const body = { recipient: { id: conversation.psid } }
  const answer = await deps.graph.call(
    { method: 'POST', path, accessToken: page.accessToken, body },
    hold.signal,
  )
  return answer.outcome === 'ok'
}

/** Meta opened no longer window for this ad: it is forgotten, and our rules are asked again, who may know another way. */
async function forgetAd(deps: JudgeDeps, sending: Sending, rule: string): Promise<boolean> {
  if (rule !== 'window-ad' || !sending.record) return false
  await deps.conversations.forgetAd(sending.conversation.id)
  sending.record = { ...sending.record, adMessageAt: null }
  return true
}

/** Somebody may have deleted the persona at Meta: the message is worth more than the picture beside it. */
function mayBePersona({ tried }: Sending, { answer, personaId }: Refused): boolean {
  if (personaId === undefined || answer.outcome !== 'error' || answer.code !== 100) return false
  tried.withoutPersona = true
  return true
}

function later(
  code: string,
  message: string,
  arrived: 'no' | 'unknown',
  destinationDown: boolean,
): StepError {
  return new StepError(message, { code, verdict: 'retry', arrived, destinationDown })
}

function fail(error: Error): never {
  throw error
}
