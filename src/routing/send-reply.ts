import type { Reply } from '../domain/reply.ts'
import { readReply } from '../domain/reply.ts'
import type { Work } from '../lanes/drain.ts'
import { readPayload } from '../lanes/read-payload.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { composeParts } from '../meta/outgoing/compose.ts'
import type { OutgoingPart } from '../meta/outgoing/compose.ts'
import type { Consents } from '../records/consents.ts'
import type { Conversations } from '../records/conversations.ts'
import type { Uploads } from '../records/uploads.ts'
import { reportFate } from './reply-fate.ts'
import { knownUpload } from './known-upload.ts'
import { messageWay } from './message-way.ts'
import { addressOf } from './reply-progress.ts'
import type { Address } from './reply-progress.ts'
import type { SendPartDeps } from './send-part.ts'
import { sendParts } from './send-parts.ts'
import type { Sending } from './sending.ts'

export interface SendDeps extends SendPartDeps {
  conversations: Pick<Conversations, 'ticket' | 'tickets' | 'get' | 'forgetAd'>
  consents: Pick<Consents, 'of'>
  uploads: Pick<Uploads, 'get'>
}

/** The work of an outbound lane: one reply to the person, through the Send API, part by part. */
export function sendReply(deps: SendDeps): Work {
  return async (task, hold) => {
    const reply = readReply(readPayload(task))
    const to = addressOf(reply, deps.pages)
    const psid = to?.conversation.psid
    if (!to || psid == null) {
      return { verdict: 'dead', code: 'PAGE_UNKNOWN', message: 'the Page of this reply is not in the config' }
    }
    const [sent, record, consent, parts] = await Promise.all([
      deps.replies.sent(reply.id),
      deps.conversations.get(reply.conversationId),
      reply.topic === null ? ('unknown' as const) : deps.consents.of(reply.conversationId, reply.topic),
      compose(deps, reply, to),
    ])
    if ('verdict' in parts) return parts
    const tried = { thread: false, withoutPersona: false }
    const { mayHaveBeenSent } = sent
    const way = messageWay(deps, { pageId: to.page.id, psid, conversationId: reply.conversationId })
    const sending: Sending = { reply, task, hold, way, record, consent, mayHaveBeenSent, tried, ...to }
    const unsent = await sendParts(deps, sending, parts, sent.parts)
    if (unsent) return unsent
    // Typing, seen and reactions are no messages that an agent would look for.
    if (parts.some((part) => part.kind === 'message')) {
      await reportFate(deps, { reply, to, task, signal: hold.signal }, { status: 'sent' })
    }
    return { verdict: 'done' }
  }
}

async function compose(deps: SendDeps, reply: Reply, { page }: Address): Promise<OutgoingPart[] | Verdict> {
  const upload = await knownUpload(deps, reply, page)
  return 'verdict' in upload ? upload : composeParts(reply.message, { channel: page.channel, ...upload })
}
