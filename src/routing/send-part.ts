import { maskConversation } from '../domain/conversation.ts'
import { replyMetadata } from '../domain/reply-metadata.ts'
import type { Trace } from '../domain/stage.ts'
import type { Verdict } from '../lanes/lanes.ts'
import type { GraphAnswer, GraphClient } from '../meta/graph-client.ts'
import type { OutgoingPart } from '../meta/outgoing/compose.ts'
import type { SendAs } from '../meta/policy/decide-send.ts'
import type { CallPace } from '../records/call-pace.ts'
import type { Replies } from '../records/replies.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { JudgeDeps } from './judge-answer.ts'
import { forgetPersona, personaOf } from './persona.ts'
import type { PersonaDeps } from './persona.ts'
import { noted, partDone } from './reply-progress.ts'
import type { Progress } from './reply-progress.ts'
import type { Sending, Taken } from './sending.ts'

export interface SendPartDeps extends JudgeDeps, PersonaDeps {
  pace: CallPace
  replies: Pick<Replies, 'update' | 'get' | 'sent' | 'noteSent'>
  graph: Pick<GraphClient, 'call'>
  /** Until when all that Meta told us is split, ms: an echo that came before that is noted. */
  splitUntil: () => Promise<number>
  trace: Trace
}

/** How long the echo of a first send whose fate is unknown is waited for, ms. Doubles with each further send. */
const echoWaitMs = 15_000
/** An echo in the journal is looked for again after this long, ms. */
const splitWaitMs = 1000
/** A person gets the same message at most this often, however long Graph leaves us in the dark: about 15 minutes. */
const maxSends = 6

/** Sends one part, once the rules and the rates let it: what was reached, or what becomes of the head now. */
export async function sendPart(
  deps: SendPartDeps,
  sending: Sending,
  part: OutgoingPart,
  progress: Progress,
): Promise<Progress | Verdict> {
  const { reply, hold, conversation } = sending
  // Typing or a reaction twice is the same as once, so only messages wait for their echo.
  if (progress.state === 'sending' && part.kind === 'message') {
    const told = await waitForEcho(deps, reply.id, progress)
    if (told) return told
  }
  const permit = await sending.way.permit(sending, part)
  if ('verdict' in permit) return permit
  const showsAgent = part.kind === 'message' && sending.way.showsAgent
  const personaId = showsAgent ? await personaOf(deps, sending) : undefined
  // A replayed dead letter has lost its progress; its record knows whether it may have been sent.
  const sends = progress.sends > 0 ? progress.sends : Number(sending.mayHaveBeenSent)
  const marked: Progress = { ...progress, state: 'sending', since: deps.now(), sends: sends + 1 }
  const repeats = sends > 0 && part.kind === 'message'
  const [held] = await Promise.all([
    hold.save(JSON.stringify(marked)),
    noted(
      deps,
      reply.id,
      deps.replies.update(reply.id, { status: 'sending', ...(repeats ? { possibleRepeat: true } : {}) }),
    ),
  ])
  if (!held) return { verdict: 'free' }
  const answered = permit.budget && (await deps.pace.turn(sending.page.id, permit.budget))
  const began = performance.now()
  const answer = await callGraph(deps, sending, part, { as: permit.as, personaId, done: progress.done })
  const ms = performance.now() - began
  answered?.()
  deps.trace('send', {
    conversation: maskConversation(conversation.id),
    outcome: answer.outcome,
    ms: Math.round(ms),
  })
  if (answer.outcome === 'ok') {
    if (answer.usage) await deps.budgets.noteUsage(sending.page.id, answer.usage)
    if (sending.way.provesPage) await deps.stops.sentWell(sending.page)
    // It went without its persona what did not go with it.
    if (sending.tried.withoutPersona) await forgetPersona(deps, sending)
    const taken = sending.way.read(answer.body)
    await sending.way.taken?.(taken.id, !repeats)
    return keepDone(deps, sending, marked, taken)
  }
  return judgeAnswer(deps, sending, { answer, before: { ...progress, sends }, personaId, rule: permit.rule })
}

/** Undefined when it may be sent again: whatever Meta told in time is known by then. */
async function waitForEcho(
  deps: SendPartDeps,
  replyId: string,
  progress: Progress,
): Promise<Progress | Verdict | undefined> {
  const code = 'WAITING_FOR_ECHO'
  const patienceMs = echoWaitMs * 2 ** (progress.sends - 1)
  const waited = deps.now() - progress.since
  if (waited < patienceMs) {
    return { verdict: 'wait', code, delayMs: Math.min(Math.max(waited / 3, 1000), 10_000) }
  }
  // Whoever was to split its echo may have been down for as long as we were.
  if ((await deps.splitUntil()) < progress.since + patienceMs) {
    return { verdict: 'wait', code, delayMs: splitWaitMs }
  }
  // Asked once more, since it may have been noted after this try had begun.
  const sent = await deps.replies.sent(replyId)
  if (sent.parts.has(progress.done)) return partDone(progress)
  if (progress.sends < maxSends) return undefined
  const message = `sent ${maxSends} times, and Graph never said what became of it`
  return { verdict: 'dead', code: 'OUTCOME_UNKNOWN', message }
}

async function callGraph(
  deps: SendPartDeps,
  { reply, hold, page, way }: Sending,
  part: OutgoingPart,
  how: { as: SendAs | null; personaId: string | undefined; done: number },
): Promise<GraphAnswer> {
  const { path, body } = way.request(part, how.as, replyMetadata(reply.id, how.done))
  const persona = how.personaId === undefined ? {} : { persona_id: how.personaId }
  const call = { method: 'POST', path, accessToken: page.accessToken, body: { ...body, ...persona } } as const
  const answer = await deps.graph.call(call, hold.signal)
  // An answer without the id that it must have says nothing of what became of the message.
  if (answer.outcome === 'ok' && part.kind === 'message' && way.read(answer.body).id === null) {
    return { outcome: 'none', code: 'NO_MESSAGE_ID', arrived: 'unknown' }
  }
  return answer
}

/** The record is the memory of what was sent; the lane's own is used while there are more parts, and when the record fails. */
async function keepDone(
  deps: SendPartDeps,
  { reply, hold }: Sending,
  progress: Progress,
  { id, conversationId }: Taken,
): Promise<Progress | Verdict> {
  const sent = { replyId: reply.id, part: progress.done, mid: id, conversationId, at: deps.now() }
  const isNoted = await noted(deps, reply.id, deps.replies.noteSent([sent], 'answer'))
  const after = partDone(progress)
  const isKept = (isNoted && after.done === after.of) || (await hold.save(JSON.stringify(after)))
  return isKept ? after : { verdict: 'free' }
}
