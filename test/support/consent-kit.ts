import type { Redis } from 'ioredis'
import type { DomainEvent, MessageEvent, PostbackEvent } from '../../src/domain/event.ts'
import type { OptinEvent } from '../../src/domain/messaging-events.ts'
import type { Page } from '../../src/domain/page.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { consents } from '../../src/records/consents.ts'
import type { ConsentNote } from '../../src/records/consents.ts'
import { replies } from '../../src/records/replies.ts'
import { acceptReply } from '../../src/routing/accept-reply.ts'
import { noticeConsents } from '../../src/routing/notice-consents.ts'
import type { NoticeDeps, StopSettings } from '../../src/routing/notice-consents.ts'
import { laneKit, noTrace } from './lane-kit.ts'

export const anna = '1:anna'
export const now = 1_790_000_000_000
export const hour = 3_600_000

/** One Page with its consents, records and lanes, and a clock that the test moves. */
export function consentKit(redis: Redis, more: StopSettings & Partial<Page> = {}) {
  const kit = laneKit(redis)
  const settings = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000, consentMs: 60_000 }
  const store = consents(kit.redis, settings)
  const records = replies(kit.redis, settings)
  const rung: string[] = []
  const asked: ConsentNote[][] = []
  const clock = { now }
  const page: Page & StopSettings = {
    id: '1',
    name: 'Acme',
    channel: 'messenger',
    accessToken: 'token-of-the-page',
    helpdesk: 'main',
    window: 'refuse',
    humanAgent: true,
    threadControl: 'wait',
    locale: 'en',
    ...more,
  }
  const deps: NoticeDeps = {
    pages: new Map([['1', page]]),
    consents: {
      note(notes) {
        asked.push(notes)
        return store.note(notes)
      },
    },
    accept: acceptReply({
      replies: records,
      lanes: kit.lanes,
      ring: (lanes) => Promise.resolve(void rung.push(...lanes)),
      trace: noTrace,
    }),
    now: () => clock.now,
  }
  /** What waits to be sent to the person. */
  async function confirmations(id = anna): Promise<Reply[]> {
    return (await kit.payloads(`out:${id}`)).map((text) => JSON.parse(text) as Reply)
  }

  return {
    deps,
    notice: (...events: DomainEvent[]) => noticeConsents(deps)(events),
    of: store.of,
    list: store.list,
    give: (topic: string, at: number, id = anna) =>
      store.note([{ conversationId: id, status: 'given', topic, at, source: 'box', by: 'rest:shop' }]),
    clock,
    asked,
    rung,
    record: records.get,
    confirmations,
    texts: async (id?: string) => (await confirmations(id)).map(({ message }) => message.text!),
  }
}

let counter = 0
export const base = (at: number) => ({
  id: `evt_${++counter}`,
  pageId: '1',
  conversationId: anna,
  psid: 'anna',
  timestamp: at,
  standby: false,
  raw: null,
})

export function message(text: string | null, at = now, more: Partial<MessageEvent> = {}): MessageEvent {
  return { ...base(at), kind: 'message', mid: `m_${counter}`, text, attachments: [], ...more }
}

export function postback(
  title: string | null,
  payload: string | null,
  more: Partial<PostbackEvent> = {},
): PostbackEvent {
  return { ...base(now), kind: 'postback', mid: null, title, payload, ...more }
}

export function optin(more: Partial<OptinEvent>, at = now): OptinEvent {
  const nothing = {
    type: null,
    ref: null,
    userRef: null,
    payload: null,
    title: null,
    token: null,
    tokenExpiresAt: null,
    tokenStatus: null,
    status: null,
    frequency: null,
    topic: null,
    timezone: null,
    source: null,
  }
  return { ...base(at), kind: 'optin', ...nothing, ...more }
}
