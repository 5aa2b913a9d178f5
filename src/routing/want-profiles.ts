import type { DomainEvent, EventKind } from '../domain/event.ts'
import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import type { People } from '../records/people.ts'

export interface WantDeps {
  pages: ReadonlyMap<string, Page>
  people: Pick<People, 'strangers' | 'open'>
  /** Idempotent. */
  add: (conversationIds: string[]) => Promise<void>
  log: Log
  /** ms */
  now: () => number
}

export interface WantedProfiles {
  /** Conversations of people who are to be looked up. No round trip for those whom this process knows; never fails. */
  strangers(events: readonly DomainEvent[]): Promise<string[]>
  /** Has them looked up. Idempotent, and never fails: whoever could not be added is by what they do next. */
  lookUp(conversationIds: readonly string[]): Promise<void>
}

/** What a person does towards the Page. Before that, Meta tells nothing of them. */
const acts: ReadonlySet<EventKind> = new Set([
  'message',
  'message_edit',
  'postback',
  'reaction',
  'referral',
  'optin',
  'account_linking',
  'feedback',
  'order',
  'payment',
  'customer_information',
  'coupon',
  'game_play',
])

/** Conversations that a process remembers to be known, and for how long, ms: a few MB, and soon noticed when erased. */
const mostKnown = 50_000
const knownMs = 600_000

/** Tells whose profile is wanted. It only ever costs those whom nobody has looked up. */
export function wantProfiles(deps: WantDeps): WantedProfiles {
  /** Oldest first. */
  const known = new Map<string, number>()

  function know(id: string): void {
    known.delete(id)
    known.set(id, deps.now() + knownMs)
    if (known.size > mostKnown) known.delete(known.keys().next().value!)
  }

  function warn(error: unknown): void {
    // Never the message: it may name a key, and so a person.
    const err = error instanceof Error ? error.name : 'unknown'
    deps.log.warn({ err }, 'people are not looked up at present; what they do next tries again')
  }

  return {
    async strangers(events) {
      const now = deps.now()
      const ids = new Set<string>()
      for (const event of events) {
        const { conversationId } = event
        if ((known.get(conversationId) ?? 0) <= now && isAct(event, deps.pages)) ids.add(conversationId)
      }
      if (ids.size === 0) return []
      try {
        const strangers = await deps.people.strangers([...ids])
        const unknown = new Set(strangers)
        for (const id of ids) if (!unknown.has(id)) know(id)
        return strangers
      } catch (error) {
        warn(error)
        return []
      }
    },
    async lookUp(ids) {
      try {
        // They leave together, the records first: a job without one is of somebody who was erased.
        await Promise.all([deps.people.open(ids), deps.add([...ids])])
        for (const id of ids) know(id)
      } catch (error) {
        warn(error)
      }
    },
  }
}

function isAct(event: DomainEvent, pages: WantDeps['pages']): boolean {
  const { kind, psid, pageId, conversationId } = event
  if (!acts.has(kind) || psid === null || psid === pageId || !pages.has(pageId)) return false
  // Who only ticked a checkbox has no profile yet.
  if (psid.startsWith('user_ref:') || conversationId !== `${pageId}:${psid}`) return false
  return !('byPage' in event && event.byPage)
}
