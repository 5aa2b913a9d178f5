import { z } from 'zod'
import { messageEvent, postbackEvent } from './delivery.ts'
import type { MessageStore, StoredMessage } from './message-store.ts'
import { newMid, objectOf } from './messenger.ts'
import { optinEvent, reactionEvent, readEvent, referralEvent } from './other-events.ts'
import type { Outbox } from './outbox.ts'
import type { Page, Pages } from './pages.ts'
import { noteMessage, type People, type Person } from './people.ts'
import type { Threads } from './threads.ts'
import { NOT_SUBSCRIBED, type WebhookAnswer } from './webhook-client.ts'

/** A person's side of Messenger: what they write, tap and read, and what the webhook is told of it. */

export const writtenSchema = z
  .strictObject({
    pageId: z.string().min(1),
    psid: z.string().min(1),
    text: z.string().min(1).optional(),
    attachments: z
      .array(z.looseObject({ type: z.string() }))
      .min(1)
      .optional(),
    quickReplyPayload: z.string().optional(),
    postback: z.strictObject({ title: z.string(), payload: z.string().optional() }).optional(),
    /** Without an emoji it is taken back. */
    reaction: z.strictObject({ mid: z.string(), emoji: z.string().optional() }).optional(),
    /** Opens the existing thread through a link. */
    referral: z.strictObject({ ref: z.string() }).optional(),
    /** The mid that is answered. */
    replyTo: z.string().optional(),
    /** Made up when absent. */
    mid: z.string().optional(),
  })
  .refine(
    ({ text, attachments, postback, reaction, referral }) =>
      [text ?? attachments, postback, reaction, referral].filter((one) => one !== undefined).length === 1,
    'give text, attachments or both; or a postback, a reaction or a referral of its own',
  )

export type Written = z.input<typeof writtenSchema>

export type Customer = {
  /** The person writes or taps; resolves with what the webhook answered. */
  write(page: Page, written: z.output<typeof writtenSchema>): Promise<{ mid: string; webhook: WebhookAnswer }>
  read(page: Page, psid: string): Promise<WebhookAnswer>
  /** Ticks the checkbox. */
  optIn(page: Page, optin: { userRef: string; ref: string }): Promise<WebhookAnswer>
}

export function createCustomer(deps: {
  pages: Pages
  people: People
  store: MessageStore
  outbox: Outbox
  threads: Threads
  /** false: everybody counts as having just written, so that there is nothing to note. */
  windows: boolean
  now: () => number
}): Customer {
  const { pages, people, store, outbox, threads, windows, now } = deps

  async function tell(
    page: Page,
    about: { psid: string; field: string; event: unknown; standby?: boolean; stored?: StoredMessage },
  ): Promise<WebhookAnswer> {
    const { psid, field, event, standby = false, stored } = about
    if (!pages.isSubscribed(page, standby ? 'standby' : field)) return NOT_SUBSCRIBED
    return outbox.tell({
      object: objectOf(page),
      pageId: page.id,
      about: psid,
      kind: standby ? 'standby' : 'messaging',
      event,
      onBytes: (bytes) => void (stored && (stored.bytes = bytes)),
    })
  }

  function noteWriting(person: Person, at: number): void {
    person.lastWroteAt = windows ? at : undefined
  }

  return {
    async write(page, written) {
      const { psid, mid = newMid(), text, attachments, quickReplyPayload, postback, replyTo } = written
      const at = now()
      const person = people.meet(page, psid)
      noteWriting(person, at)
      threads.wake(person)
      const standby = !threads.isOurs(person)
      const parties = { pageId: page.id, psid, mid, timestamp: at }
      const { reaction, referral } = written
      if (reaction) {
        const event = reactionEvent({ ...parties, ...reaction })
        return { mid, webhook: await tell(page, { psid, field: 'message_reactions', event, standby }) }
      }
      if (referral) {
        const field = page.channel === 'instagram' ? 'messaging_referral' : 'messaging_referrals'
        return {
          mid,
          webhook: await tell(page, { psid, field, event: referralEvent({ ...parties, ...referral }) }),
        }
      }
      const stored: StoredMessage = {
        mid,
        pageId: page.id,
        psid,
        from: 'person',
        at,
        text: postback?.title ?? text,
        attachments,
        replyTo,
        reaction: undefined,
        bytes: undefined,
      }
      store.add(stored)
      noteMessage(person, mid, at)
      // An app on standby is not told what its neighbour's button says.
      const event = postback
        ? postbackEvent({ ...parties, title: postback.title, ...(!standby && { payload: postback.payload }) })
        : messageEvent({ ...parties, text, attachments, quickReplyPayload, replyTo })
      const field = postback ? 'messaging_postbacks' : 'messages'
      return { mid, webhook: await tell(page, { psid, field, event, standby, stored }) }
    },

    async read(page, psid) {
      const person = people.meet(page, psid)
      const isInstagram = page.channel === 'instagram'
      const parties = { pageId: page.id, psid, timestamp: now() }
      const event = readEvent({ ...parties, ...(isInstagram && { mid: person.lastPageMid ?? '' }) })
      const field = isInstagram ? 'messaging_seen' : 'message_reads'
      return tell(page, { psid, field, event, standby: !threads.isOurs(person) })
    },

    async optIn(page, { userRef, ref }) {
      const psid = `user_ref:${userRef}`
      const at = now()
      noteWriting(people.meet(page, psid), at)
      const event = optinEvent({ pageId: page.id, userRef, timestamp: at, ref })
      return tell(page, { psid, field: 'messaging_optins', event })
    },
  }
}
