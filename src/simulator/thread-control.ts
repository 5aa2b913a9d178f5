import type { Outbox } from './outbox.ts'
import { threadEvent, type ThreadChange } from './other-events.ts'
import { objectOf } from './messenger.ts'
import type { Page, Pages } from './pages.ts'
import type { Person } from './people.ts'
import type { Threads } from './threads.ts'
import { NOT_SUBSCRIBED, type WebhookAnswer } from './webhook-client.ts'

/**
 * Threads going from app to app. Every subscribed app is told of each pass and take, its own ones too; of a release
 * nobody, and of a request the app that has the thread.
 */

type Told = { metadata?: string | undefined }

export type ThreadControl = {
  pass(page: Page, person: Person, to: string, told?: Told): Promise<WebhookAnswer | undefined>
  take(page: Page, person: Person, by: string, told?: Told): Promise<WebhookAnswer | undefined>
  request(page: Page, person: Person, by: string, told?: Told): Promise<WebhookAnswer | undefined>
  /** Nobody is told. */
  release(person: Person): void
  /** `thread_control` of a send. */
  afterSend(
    page: Page,
    person: Person,
    control: { control_type?: 'pass' | 'release'; app_id?: string | number },
  ): void
}

export function createThreadControl(deps: {
  pages: Pages
  outbox: Outbox
  threads: Threads
  now: () => number
}): ThreadControl {
  const { pages, outbox, threads, now } = deps

  async function tell(
    page: Page,
    { psid }: Person,
    change: ThreadChange,
    { metadata }: Told,
  ): Promise<WebhookAnswer> {
    const field = page.channel === 'instagram' ? 'messaging_handover' : 'messaging_handovers'
    if (!pages.isSubscribed(page, field)) return NOT_SUBSCRIBED
    return outbox.tell({
      object: objectOf(page),
      pageId: page.id,
      about: psid,
      kind: 'messaging',
      event: threadEvent({ pageId: page.id, psid, timestamp: now(), change, metadata }),
    })
  }

  const control: ThreadControl = {
    async pass(page, person, to, told = {}) {
      const from = threads.owner(person)
      threads.give(person, to)
      if (from === to) return undefined
      return tell(page, person, { kind: 'pass_thread_control', from, to }, told)
    },
    async take(page, person, by, told = {}) {
      const from = threads.owner(person)
      threads.give(person, by)
      if (from === by) return undefined
      return tell(page, person, { kind: 'take_thread_control', from, to: by }, told)
    },
    async request(page, person, by, told = {}) {
      if (by === threads.self || !threads.isOurs(person)) return undefined
      return tell(page, person, { kind: 'request_thread_control', by }, told)
    },
    release: (person) => threads.give(person, null),
    afterSend(page, person, { control_type = 'release', app_id = threads.defaultApp() }) {
      if (control_type === 'pass' && app_id !== null) void control.pass(page, person, String(app_id))
      else threads.give(person, null)
    },
  }
  return control
}
