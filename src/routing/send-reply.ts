import type { Conversation } from '../domain/conversation.ts'
import { maskConversation, parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import type { Reply, ReplyFailure } from '../domain/reply.ts'
import type { Trace } from '../domain/stage.ts'
import { StepError } from '../domain/step-error.ts'
import type { HelpdeskAdapter, ReplyOutcome } from '../helpdesk/adapter.ts'
import { backOff } from '../lanes/back-off.ts'
import type { Death, Hold, Work } from '../lanes/drain.ts'
import type { Task, Verdict } from '../lanes/lanes.ts'
import type { GraphAnswer, GraphClient } from '../meta/graph-client.ts'
import { classifyGraphError, failureMessage } from '../meta/graph-errors.ts'
import type { Replies } from '../records/replies.ts'

export interface SendDeps {
  pages: ReadonlyMap<string, Page>
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  replies: Pick<Replies, 'update' | 'echoed'>
  graph: Pick<GraphClient, 'sendText'>
  trace: Trace
  now: () => number
  random: () => number
}

/** How long the echo of a message whose fate is unknown is waited for before it is sent again, ms. */
const echoWaitMs = 15_000
const echoLookMs = 1000
/** A Page that cannot send is tried again this often, so that its replies leave soon after it is mended, ms. */
const pageRetryMs = 30_000

/** What the lane remembers of a send between two tries. */
type Progress =
  { state: 'sending'; since: number; tries: number } | { state: 'sent'; mid: string; tries: number }

/** The work of an outbound lane: one reply to the person, through the Send API. */
export function sendReply(deps: SendDeps): Work {
  return async (task, hold) => {
    const reply = JSON.parse(task.payload) as Reply
    const to = addressOf(reply, deps.pages)
    if (!to) {
      return { verdict: 'dead', code: 'PAGE_UNKNOWN', message: 'the Page of this reply is not in the config' }
    }
    let progress = task.progress === '' ? undefined : (JSON.parse(task.progress) as Progress)
    if (progress?.state !== 'sent') {
      const mid = await sendOnce(deps, { reply, task, hold, progress, ...to })
      if (typeof mid !== 'string') return mid
      progress = { state: 'sent', mid, tries: (progress?.tries ?? 0) + 1 }
      await deps.replies.update(reply.id, { status: 'sent', mid, possibleRepeat: progress.tries > 1 })
      if (deps.helpdesks.get(to.page.helpdesk)?.style === 'tickets') {
        // Kept before it is told, so that a helpdesk that cannot be told now never makes us send twice.
        if (!(await hold.save(JSON.stringify(progress)))) return { verdict: 'free' }
      }
    }
    await report(deps, reply, to, { status: 'sent' }, task, hold)
    return { verdict: 'done' }
  }
}

/** Tells the reply's fate when its lane gives it up. Idempotent. */
export function buryReply(deps: SendDeps): (task: Task, death: Death) => Promise<void> {
  return async (task, death) => {
    const reply = JSON.parse(task.payload) as Reply
    const failure = failureOf(death)
    await deps.replies.update(reply.id, { status: 'failed', failure })
    const to = addressOf(reply, deps.pages)
    const hold: Pick<Hold, 'signal'> = { signal: AbortSignal.timeout(4000) }
    if (to) await report(deps, reply, to, { status: 'failed', failure }, task, hold)
  }
}

interface Sending {
  reply: Reply
  task: Task
  hold: Hold
  progress: Progress | undefined
  page: Page
  conversation: Conversation & { psid: string }
}

/** Answers the mid once it is sent; else what becomes of the head now. */
async function sendOnce(deps: SendDeps, sending: Sending): Promise<string | Verdict> {
  const { reply, hold, progress, page, conversation } = sending
  if (progress?.state === 'sending') {
    // The try before died or got no answer. Graph has no idempotency key; the echo is what tells.
    const mid = await deps.replies.echoed(reply.id)
    if (mid !== undefined) return mid
    if (deps.now() - progress.since < echoWaitMs) {
      return { verdict: 'wait', code: 'WAITING_FOR_ECHO', delayMs: echoLookMs }
    }
  }
  const tries = progress?.tries ?? 0
  const marked: Progress = { state: 'sending', since: deps.now(), tries: tries + 1 }
  await deps.replies.update(reply.id, { status: 'sending', possibleRepeat: tries > 0 })
  if (!(await hold.save(JSON.stringify(marked)))) return { verdict: 'free' }
  const began = performance.now()
  const answer = await deps.graph.sendText(
    {
      pageId: page.id,
      accessToken: page.accessToken,
      psid: conversation.psid,
      text: reply.text,
      metadata: reply.id,
    },
    hold.signal,
  )
  const where = maskConversation(conversation.id)
  deps.trace('send', {
    conversation: where,
    outcome: answer.outcome,
    ms: Math.round(performance.now() - began),
  })
  if (answer.outcome === 'sent') return answer.mid
  return judge(deps, sending, answer, tries)
}

async function judge(
  deps: SendDeps,
  { reply, task, hold }: Sending,
  answer: Exclude<GraphAnswer, { outcome: 'sent' }>,
  triesBefore: number,
): Promise<Verdict> {
  const verdict = judgeAnswer(answer)
  if (verdict.kind === 'unsure') return { verdict: 'wait', code: verdict.code, delayMs: echoLookMs }
  // Certainly not sent: forget the try, so that the next one neither waits for an echo nor counts as a repeat.
  const progress = triesBefore === 0 ? '' : JSON.stringify({ state: 'sending', since: 0, tries: triesBefore })
  await hold.save(progress)
  if (verdict.kind === 'refused') {
    return { verdict: 'dead', code: verdict.code, message: verdict.message }
  }
  await deps.replies.update(reply.id, { status: 'queued' })
  if (verdict.kind === 'page') return { verdict: 'wait', code: verdict.code, delayMs: pageRetryMs }
  throw new StepError(verdict.message, {
    code: verdict.code,
    verdict: 'retry',
    arrived: 'no',
    retryAfterMs: backOff(task.attempts, deps.random),
    destinationDown: answer.outcome === 'none',
  })
}

function judgeAnswer(answer: Exclude<GraphAnswer, { outcome: 'sent' }>) {
  if (answer.outcome === 'none') {
    const kind = answer.arrived === 'no' ? ('retry' as const) : ('unsure' as const)
    return { kind, code: `GRAPH_${answer.code}`, message: 'Graph gave no answer' }
  }
  const { verdict, failure } = classifyGraphError(answer.code, answer.subcode, answer.isTransient)
  const number = `${answer.code}/${answer.subcode ?? '-'}`
  const kind = verdict === 'thread' ? ('page' as const) : verdict
  return { kind, code: kind === 'retry' ? 'GRAPH_BUSY' : failure, message: `Graph error ${number}` }
}

/** A dead letter's code and message as what the agent is told. */
function failureOf(death: Death): ReplyFailure {
  const known = ['WINDOW_CLOSED', 'CONSENT_MISSING', 'PERSON_UNAVAILABLE', 'MESSAGE_REFUSED'] as const
  const code = known.find((one) => one === death.code) ?? 'GAVE_UP'
  const [, graphCode, subcode] = /^Graph error (\d+)\/(\d+|-)$/.exec(death.message) ?? []
  const graph = graphCode && { code: Number(graphCode), subcode: subcode === '-' ? null : Number(subcode) }
  return { code, message: failureMessage(code), ...(graph ? { graph } : {}) }
}

async function report(
  deps: SendDeps,
  reply: Reply,
  to: { page: Page; conversation: Conversation },
  outcome: ReplyOutcome,
  task: Task,
  hold: Pick<Hold, 'signal'>,
): Promise<void> {
  const helpdesk = deps.helpdesks.get(to.page.helpdesk)
  if (helpdesk?.style !== 'tickets' || !helpdesk.reportSent) return
  const step = { idempotencyKey: `${reply.id}:fate`, attempt: task.attempts + 1, signal: hold.signal }
  await helpdesk.reportSent(to.conversation, reply, outcome, step)
}

function addressOf(reply: Reply, pages: ReadonlyMap<string, Page>) {
  const { pageId, psid } = parseConversationId(reply.conversationId) ?? {}
  const page = pages.get(pageId ?? '')
  if (!page || psid == null) return undefined
  const conversation = { id: reply.conversationId, pageId: page.id, psid, channel: page.channel }
  return { page, conversation }
}
