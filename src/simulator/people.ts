import type { Page } from './pages.ts'
import { perPage } from './per-page.ts'
import { createRing } from './ring.ts'

/** Who talks with which Page, and what Graph knows of it. One person at two Pages is two of these. */

export type Profile = Readonly<Record<string, string | number | boolean>>

export type Person = {
  readonly pageId: string
  /** Page-scoped, or `user_ref:<ref>` of somebody who only ticked a checkbox. */
  readonly psid: string
  /** ms; null: never; undefined: nobody said. */
  lastWroteAt: number | null | undefined
  blocked: boolean
  /** Stopped the notifications of the Page. */
  stopped: boolean
  /** The app that has the thread, until then (ms). Idle when unset or over. */
  owner: { appId: string; until: number } | undefined
  /** What Graph tells of the person; null: nothing; 'unavailable': an error. Undefined: something made up. */
  profile: Profile | null | 'unavailable' | undefined
  /** The mids of the conversation, oldest first; very old ones are gone. */
  mids: string[]
  lastPageMid: string | undefined
  updatedAt: number
}

export type People = {
  get(page: Page, psid: string): Person | undefined
  /** Whoever is new is made. */
  meet(page: Page, psid: string): Person
  of(page: Page): Person[]
}

export function createPeople(keep: number): People {
  const ofPage = perPage(() => new Map<string, Person>())
  const newest = createRing<Person>(keep)

  return {
    get: (page, psid) => ofPage(page).get(psid),

    meet(page, psid) {
      const known = ofPage(page).get(psid)
      if (known) return known
      const person = stranger(page.id, psid)
      ofPage(page).set(psid, person)
      const gone = newest.push(person)
      if (gone) ofPage({ id: gone.pageId }).delete(gone.psid)
      return person
    },

    of: (page) => [...ofPage(page).values()],
  }
}

const MIDS = 200

/** Notes a message of the conversation. */
export function noteMessage(person: Person, mid: string, at: number): void {
  person.mids.push(mid)
  person.updatedAt = at
  if (person.mids.length > 2 * MIDS) person.mids = person.mids.slice(-MIDS)
}

function stranger(pageId: string, psid: string): Person {
  return {
    pageId,
    psid,
    lastWroteAt: undefined,
    blocked: false,
    stopped: false,
    owner: undefined,
    profile: undefined,
    mids: [],
    lastPageMid: undefined,
    updatedAt: 0,
  }
}

/** What the profile API tells when a test has not said it. */
export function profileOf({ psid, profile }: Person, channel: string): Profile | null {
  if (profile === 'unavailable') return null
  if (profile !== undefined) return profile
  const name = `Person ${psid.slice(-4)}`
  const picture = `https://cdn.example/profile/${psid}.jpg`
  return channel === 'instagram'
    ? { id: psid, name, username: `person_${psid.slice(-4)}`, profile_pic: picture }
    : { id: psid, name, first_name: 'Person', last_name: psid.slice(-4), profile_pic: picture }
}
