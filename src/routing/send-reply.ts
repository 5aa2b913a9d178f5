import { maskConversation } from '../domain/conversation.ts'
import type { Reply } from '../domain/reply.ts'
import type { Trace } from '../domain/stage.ts'
import { StepError } from '../domain/step-error.ts'
import type { Work } from '../lanes/drain.ts'
import type { Hold } from '../lanes/hold.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { Task, Verdict } from '../lanes/lanes.ts'
import type { GraphAnswer, GraphClient } from '../meta/graph-client.ts'
import { classifyGraphError } from '../meta/graph-errors.ts'
import type { Replies } from '../records/replies.ts'
import { reportFate } from './reply-fate.ts'
import { addressOf, readProgress, record } from './reply-progress.ts'
import type { Address, FateDeps, Progress } from './reply-progress.ts'

export interface SendDeps extends FateDeps {
  replies: Pick<Replies, 'update' | 'echoed' | 'mayHaveBeenSent'>
  graph: Pick<GraphClient, 'sendText'>
  trace: Trace
  now: () => number
  /** Age at which a reply that may not be sent is given up, ms. */
  giveUpMs: number
}

/** How long the echo of a first send whose fate is unknown is waited for, ms. Doubles with each further send. */
const echoWaitMs = 15_000
/** A person gets the same reply at most this often, however long Graph leaves us in the dark: about 15 minutes. */
const maxSends = 6
/** A Page that cannot send is tried again this often, so that its replies leave soon after it is mended, ms. */
const pageRetryMs = 30_000

/** The work of an outbound lane: one reply to the person, through the Send API. */
export function sendReply(deps: SendDeps): Work {
  return async (task, hold) => {
    const reply = readPayload(task) as Reply
    const to = addressOf(reply, deps.pages)
    if (!to) {
      return { verdict: 'dead', code: 'PAGE_UNKNOWN', message: 'the Page of this reply is not in the config' }
    }
    let progress = readProgress(task)
    if (progress.state !== 'sent') {
      const sent = await sendOnce(deps, { reply, task, hold, progress, ...to })
      if ('verdict' in sent) return sent
      // Kept before it is told, so that a helpdesk that cannot be told now never makes us send twice.
      if (!(await hold.save(JSON.stringify(sent)))) return { verdict: 'free' }
      progress = sent
    }
    await record(deps, reply.id, {
      status: 'sent',
      mid: progress.mid,
      possibleRepeat: progress.sends > 1,
    })
    await reportFate(deps, { reply, to, task, signal: hold.signal }, { status: 'sent' })
    return { verdict: 'done' }
  }
}

interface Sending extends Address {
  reply: Reply
  task: Task
  hold: Hold
  progress: Exclude<Progress, { state: 'sent' }>
}

/** Sends, or finds that it was sent; else answers what becomes of the head now. */
async function sendOnce(
  deps: SendDeps,
  sending: Sending,
): Promise<Extract<Progress, { state: 'sent' }> | Verdict> {
  const { reply, hold, progress, page, conversation } = sending
  const [echo, sends] = await Promise.all([deps.replies.echoed(reply.id), sendsBefore(deps, sending)])
  // A send before may have died or got no answer. Graph has no idempotency key; the echo is what tells.
  if (echo !== undefined) return { state: 'sent', mid: echo, sends }
  if (progress.state === 'sending') {
    const waited = deps.now() - progress.since
    if (waited < echoWaitMs * 2 ** (progress.sends - 1)) {
      return {
        verdict: 'wait',
        code: 'WAITING_FOR_ECHO',
        delayMs: Math.min(Math.max(waited / 3, 1000), 10_000),
      }
    }
    if (progress.sends >= maxSends) {
      const message = `sent ${maxSends} times, and Graph never said what became of it`
      return { verdict: 'dead', code: 'OUTCOME_UNKNOWN', message }
    }
  }
  const marked: Progress = { state: 'sending', since: deps.now(), sends: sends + 1 }
  if (!(await hold.save(JSON.stringify(marked)))) return { verdict: 'free' }
  await record(deps, reply.id, { status: 'sending', possibleRepeat: sends > 0 })
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
  if (answer.outcome === 'sent') return { state: 'sent', mid: answer.mid, sends: marked.sends }
  return judge(deps, sending, answer, sends)
}

/** A dead letter that is replayed has lost its progress; its record knows whether it may have been sent. */
async function sendsBefore(deps: SendDeps, { reply, progress }: Sending): Promise<number> {
  if (progress.sends > 0) return progress.sends
  return (await deps.replies.mayHaveBeenSent(reply.id)) ? 1 : 0
}

async function judge(
  deps: SendDeps,
  { reply, task, hold }: Sending,
  answer: Exclude<GraphAnswer, { outcome: 'sent' }>,
  sends: number,
): Promise<Verdict> {
  const { kind, code, message } = judgeAnswer(answer)
  const detail = answer.outcome === 'error' ? { code: answer.code, subcode: answer.subcode } : undefined
  const destinationDown = answer.outcome === 'none' || answer.status >= 500
  const later = { code, verdict: 'retry', destinationDown } as const
  if (kind === 'unsure') throw new StepError(message, { ...later, arrived: 'unknown' })
  // Certainly not sent: the next try neither waits for an echo nor is a repeat of this one.
  const idle: Progress = { state: 'idle', sends }
  if (!(await hold.save(JSON.stringify(idle)))) return { verdict: 'free' }
  const isTooOld = kind === 'parked' && task.ageMs > deps.giveUpMs
  if (kind === 'refused' || isTooOld) return { verdict: 'dead', code, message, detail }
  await record(deps, reply.id, { status: 'queued' })
  if (kind === 'parked') return { verdict: 'wait', code, delayMs: pageRetryMs }
  throw new StepError(message, { ...later, arrived: 'no' })
}

/** `parked`: nothing that this reply can help; it waits, with all behind it, until the Page or the thread is ours again. */
function judgeAnswer(answer: Exclude<GraphAnswer, { outcome: 'sent' }>) {
  if (answer.outcome === 'none') {
    const kind = answer.arrived === 'no' ? ('retry' as const) : ('unsure' as const)
    return { kind, code: `GRAPH_${answer.code}`, message: 'Graph gave no answer' }
  }
  const { verdict, failure } = classifyGraphError(answer.code, answer.subcode, answer.isTransient)
  const message = `Graph error ${answer.code}/${answer.subcode ?? '-'}`
  if (verdict === 'page' || verdict === 'thread') return { kind: 'parked' as const, code: failure, message }
  // A server that failed may have failed after the message was sent.
  if (verdict === 'retry' && answer.status >= 500)
    return { kind: 'unsure' as const, code: 'GRAPH_FAILED', message }
  return { kind: verdict, code: verdict === 'refused' ? failure : 'GRAPH_BUSY', message }
}
