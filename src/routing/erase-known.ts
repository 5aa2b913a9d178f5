import { conversationId } from '../domain/conversation.ts'
import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import type { InboxStore } from '../helpdesk/inbox/store.ts'
import { laneName } from '../lanes/keys.ts'
import type { LaneStatuses } from '../lanes/lane-status.ts'
import type { Consents } from '../records/consents.ts'
import type { Conversations } from '../records/conversations.ts'
import type { EraseCustomer } from './erase-customer.ts'

export interface EraseKnownDeps {
  pages: ReadonlyMap<string, Page>
  conversations: Pick<Conversations, 'get'>
  consents: Pick<Consents, 'list'>
  laneStatuses: Pick<LaneStatuses, 'of'>
  inboxes: readonly Pick<InboxStore, 'get'>[]
  erase: EraseCustomer
  log: Log
}

/**
 * Meta names a person to the app by another id than to a Page, and tells nobody which belong together. Where one and the
 * same id is known at a Page all the same, it is that person, and their data goes at once; nearly always nobody has it.
 * Never fails: the request is kept, and stays open until somebody fulfils it.
 */
export function eraseKnown(
  deps: EraseKnownDeps,
): (userId: string, code: string, signal: AbortSignal) => Promise<void> {
  return async (userId, code, signal) => {
    try {
      const ids = [...deps.pages.keys()].map((pageId) => conversationId(pageId, userId))
      const known: string[] = []
      for (const id of ids) if (await isKnown(deps, id)) known.push(id)
      let complete = true
      for (const [at, customerId] of known.entries()) {
        const isLast = at === known.length - 1
        const deletionCode = isLast && complete ? code : null
        const done = await deps.erase({ customerId, keepSuppression: true, deletionCode }, signal)
        complete = complete && done.complete
      }
      if (known.length === 0) return
      deps.log.info({ deletion: code, complete }, 'a person who asked for it was found and erased')
    } catch (error) {
      const err = error instanceof Error ? error.name : 'unknown'
      deps.log.warn(
        { deletion: code, err },
        'erasing a person who asked for it failed; the request stays open',
      )
    }
  }
}

async function isKnown(deps: EraseKnownDeps, id: string): Promise<boolean> {
  const [record, consents, ...others] = await Promise.all([
    deps.conversations.get(id),
    deps.consents.list(id),
    deps.laneStatuses.of(laneName('in', id)),
    deps.laneStatuses.of(laneName('out', id)),
    ...deps.inboxes.map((inbox) => inbox.get(id)),
  ])
  if (record !== undefined || consents.consents.length > 0 || consents.stoppedAt !== null) return true
  return others.some((one) => one !== undefined && (!('waiting' in one) || one.waiting > 0))
}
