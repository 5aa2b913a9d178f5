import { refusal } from './graph-error.ts'
import type { Page } from './pages.ts'
import type { Person } from './people.ts'

/** Which app has a conversation. Idle threads are the default app's; without one, everybody may answer. */

export const PAGE_INBOX = '263902037430900'
export const INSTAGRAM_INBOX = '1217981644879628'
const LAPSE_MS = 86_400_000

export type Threads = {
  readonly self: string
  /** The app that has it now; null when it is idle. */
  owner(person: Person): string | null
  /** Are we shown what the person writes as ours, or on standby? */
  isOurs(person: Person): boolean
  isDefault(): boolean
  isRouted(): boolean
  /** Throws when another app has it. */
  checkSend(page: Page, person: Person): void
  /** The person wrote: an idle thread becomes the default app's, and every one goes on for a day. */
  wake(person: Person): void
  give(person: Person, appId: string | null, forMs?: number): void
  defaultApp(): string | null
}

export function createThreads(deps: {
  appId: number
  /** null: no default app. */
  defaultAppId: number | null
  now: () => number
}): Threads {
  const { now } = deps
  const self = String(deps.appId)
  const byDefault = deps.defaultAppId === null ? null : String(deps.defaultAppId)

  const owner = ({ owner }: Person) => (owner && owner.until > now() ? owner.appId : null)
  const isOurs = (person: Person) => (owner(person) ?? byDefault ?? self) === self

  return {
    self,
    owner,
    isOurs,
    isDefault: () => byDefault === self,
    isRouted: () => byDefault !== null,
    defaultApp: () => byDefault,
    checkSend(page, person) {
      if (!isOurs(person)) throw notOwner(page)
    },
    wake(person) {
      const appId = owner(person) ?? byDefault
      if (appId !== null) person.owner = { appId, until: now() + LAPSE_MS }
    },
    give(person, appId, forMs = LAPSE_MS) {
      person.owner = appId === null ? undefined : { appId, until: now() + forMs }
    },
  }
}

export function notOwner({ channel }: Page) {
  const text = 'Another app controls this thread'
  return channel === 'instagram' ? refusal(100, 2534037, text) : refusal(10, 2018300, text)
}

export function inboxOf({ channel }: Page): string {
  return channel === 'instagram' ? INSTAGRAM_INBOX : PAGE_INBOX
}
