import { z } from 'zod'
import { pathOf } from '../meta/graph-client.ts'
import { withMetadata } from '../meta/outgoing/compose.ts'
import type { OutgoingPart } from '../meta/outgoing/compose.ts'
import type { SendAs } from '../meta/policy/decide-send.ts'
import { permitSend } from './permit-send.ts'
import type { PermitDeps } from './permit-send.ts'
import type { Way } from './sending.ts'

/** The Send API, to the person of a conversation. */
export function messageWay(
  deps: PermitDeps,
  to: { pageId: string; psid: string; conversationId: string },
): Way {
  const { pageId, psid, conversationId } = to
  const recipient = psid.startsWith('user_ref:') ? { user_ref: psid.slice('user_ref:'.length) } : { id: psid }
  return {
    permit: (sending, part) => permitSend(deps, sending, part),
    showsAgent: true,
    request: (part, as, metadata) => ({
      path: pathOf(pageId, 'messages'),
      body: messageBody(recipient, part, as, metadata),
    }),
    read: (answer) => ({ id: readMid(answer), conversationId }),
    provesPage: true,
  }
}

/** What a raw body says of its own type and tag does not count: our rules decide. */
export function messageBody(
  recipient: object,
  part: OutgoingPart,
  as: SendAs | null,
  metadata: string,
): object {
  const { messaging_type: _type, tag: _tag, ...content } = withMetadata(part, metadata).body
  return { recipient, ...content, ...as }
}

const sentBody = z.object({ message_id: z.string().min(1) })

export function readMid(answer: unknown): string | null {
  return sentBody.safeParse(answer).data?.message_id ?? null
}
