import { randomUUID } from 'node:crypto'
import type { Send } from './check-send.ts'
import { echoEvent } from './delivery.ts'
import type { MessageStore, StoredMessage } from './message-store.ts'
import { deliveryEvent } from './other-events.ts'
import type { Notice, Outbox } from './outbox.ts'
import type { Page, Pages } from './pages.ts'
import { noteMessage, type Person } from './people.ts'
import type { WebhookAnswer, WebhookClient } from './webhook-client.ts'

/** The Page's side of everybody's Messenger: what it sends is shown to the person, and told to the webhook. */

export type Taken = {
  mid: string
  /** Meta's copy to the webhook, and the news that it was delivered. */
  tell: () => void
}

export type Messenger = {
  take(page: Page, person: Person, send: Send): Taken
  /** Somebody else wrote in the name of the Page, such as a human in Meta's inbox. */
  answerElsewhere(page: Page, person: Person, message: { appId: number; text: string }): string
  /** Meta's duplicate: the same bytes once more. Undefined when nothing has this mid. */
  redeliver(mid: string): Promise<WebhookAnswer> | undefined
}

export function createMessenger(deps: {
  pages: Pages
  store: MessageStore
  outbox: Outbox
  webhook: Pick<WebhookClient, 'post'>
  appId: number
  echoes: boolean
  deliveries: boolean
  now: () => number
}): Messenger {
  const { pages, store, outbox, webhook, appId, echoes, deliveries, now } = deps

  function notice(page: Page, psid: string, event: unknown): Notice {
    return { object: objectOf(page), pageId: page.id, about: psid, kind: 'messaging', event }
  }

  function tellEcho(
    page: Page,
    message: StoredMessage,
    from: { appId: number; metadata: string | undefined },
  ): void {
    const { psid, mid, at } = message
    if (echoes && pages.isSubscribed(page, page.channel === 'instagram' ? 'messages' : 'message_echoes')) {
      outbox.put({
        ...notice(page, psid, echoEvent({ ...message, timestamp: at, ...from })),
        onBytes: (bytes) => void (message.bytes = bytes),
      })
    }
    if (deliveries && page.channel === 'messenger' && pages.isSubscribed(page, 'message_deliveries')) {
      outbox.put(notice(page, psid, deliveryEvent({ pageId: page.id, psid, timestamp: at, mids: [mid] })))
    }
  }

  function add(page: Page, person: Person, content: Content): StoredMessage {
    const at = now()
    const stored: StoredMessage = {
      mid: newMid(),
      pageId: page.id,
      psid: person.psid,
      from: 'page',
      at,
      ...content,
      reaction: undefined,
      bytes: undefined,
    }
    store.add(stored)
    noteMessage(person, stored.mid, at)
    person.lastPageMid = stored.mid
    return stored
  }

  return {
    take(page, person, send) {
      const stored = add(page, person, contentOf(send))
      store.addSent({ mid: stored.mid, pageId: page.id, psid: person.psid, body: send, at: stored.at })
      const metadata = send.message?.metadata
      return {
        mid: stored.mid,
        tell() {
          // Sends to a checkbox reference give neither echoes nor deliveries.
          if (send.recipient.user_ref === undefined) tellEcho(page, stored, { appId, metadata })
        },
      }
    },

    answerElsewhere(page, person, { appId, text }) {
      const content = { text, attachments: undefined, replyTo: undefined }
      const stored = add(page, person, content)
      tellEcho(page, stored, { appId, metadata: undefined })
      return stored.mid
    },

    redeliver(mid) {
      const bytes = store.get(mid)?.bytes
      return bytes && webhook.post(bytes)
    },
  }
}

type Content = Pick<StoredMessage, 'text' | 'attachments' | 'replyTo'>

/** What of it the person sees, in the shape in which Meta tells of it. */
function contentOf({ message = {}, reply_to }: Send): Content {
  const { text, attachment, attachments = attachment && [attachment], sticker_id, template } = message
  const shown =
    attachments?.map(({ type, payload }) => ({ type, payload: shownPayload(type, payload) })) ??
    (sticker_id === undefined ? undefined : [{ type: 'sticker', payload: { sticker_id } }]) ??
    (template && [{ type: 'template', payload: template }])
  return { text, attachments: shown, replyTo: reply_to?.mid }
}

function shownPayload(type: string, payload: Readonly<Record<string, unknown>>): unknown {
  if (type === 'template') return payload
  const { url, attachment_id } = payload
  const known = typeof attachment_id === 'string' ? attachment_id : 'upload'
  return { url: url ?? `https://cdn.example/attachments/${known}` }
}

export function objectOf({ channel }: Page): 'page' | 'instagram' {
  return channel === 'instagram' ? 'instagram' : 'page'
}

/** Long, as Meta's are. UUIDs come out of a pool of randomness; other random bytes cost a call of the system each. */
export function newMid(): string {
  return `m_${randomUUID()}_${randomUUID()}`
}
