import { parseConversationId } from '../domain/conversation.ts'
import type { FailureCode, Reply } from '../domain/reply.ts'
import { readReply } from '../domain/reply.ts'
import type { Work } from '../lanes/drain.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { OwnWrites } from '../records/own-writes.ts'
import { reportFate } from './reply-fate.ts'
import { noted } from './reply-progress.ts'
import type { Address, FateDeps } from './reply-progress.ts'

export interface RefuseDeps extends FateDeps {
  ownWrites: Pick<OwnWrites, 'isOurs'>
  /** Told of what our own rules refused. */
  onRefused: (code: FailureCode) => void
}

/**
 * The work of an outbound lane, but for replies that were known to be impossible when they came: they are told to
 * whoever wrote them, in their turn, and are no dead letters. Nor is anything sent that we wrote into a helpdesk: it may
 * have called us about that before it answered us, and so before we could know that it was ours.
 */
export function refusing(deps: RefuseDeps, work: Work): Work {
  return async (task, hold) => {
    const reply = readReply(readPayload(task))
    if (await isOurs(deps, reply)) return { verdict: 'done' }
    const to = reply.refusal === undefined ? undefined : placeOf(reply, deps.pages)
    if (reply.refusal === undefined || !to)
      return orWithheld(deps, reply, await work(task, hold), hold.signal)
    const failure = { code: 'MESSAGE_REFUSED', message: reply.refusal } as const
    deps.onRefused(failure.code)
    await noted(deps, reply.id, deps.replies.update(reply.id, { status: 'failed', failure }))
    await reportFate(deps, { reply, to, task, signal: hold.signal }, { status: 'failed', failure })
    return { verdict: 'done' }
  }
}

/** A file of an internal note is no dead letter: it ends here, and nobody is told. */
async function orWithheld(
  deps: RefuseDeps,
  reply: Reply,
  verdict: Verdict,
  signal: AbortSignal,
): Promise<Verdict> {
  if (verdict.verdict !== 'dead' || !(await deps.isWithheld?.(reply, signal))) return verdict
  const message = 'The helpdesk gives this file to nobody outside, such as one of an internal note.'
  const failure = { code: 'MESSAGE_REFUSED', message } as const
  await noted(deps, reply.id, deps.replies.update(reply.id, { status: 'failed', failure }))
  return { verdict: 'done' }
}

async function isOurs({ ownWrites }: RefuseDeps, { source }: Reply): Promise<boolean> {
  return source !== undefined && ownWrites.isOurs(source.helpdesk, source.message)
}

/** Of any conversation, also of those in which nobody can be answered. */
function placeOf({ conversationId: id }: Reply, pages: FateDeps['pages']): Address | undefined {
  const { pageId, psid = null } = parseConversationId(id) ?? {}
  const page = pages.get(pageId ?? '')
  return page && { page, conversation: { id, pageId: page.id, psid, channel: page.channel } }
}
