import { setTimeout as wait } from 'node:timers/promises'
import { parseConversationId } from '../domain/conversation.ts'
import { mentions, nothingErased } from '../domain/erasure.ts'
import type { DiskReport, EraseRequest, ErasedCounts, Erasure } from '../domain/erasure.ts'
import type { Page } from '../domain/page.ts'
import type { InboxStore } from '../helpdesk/inbox/store.ts'
import type { DeadLetter, DeadLetters } from '../lanes/dead-letters.ts'
import { laneName } from '../lanes/keys.ts'
import type { LaneSeizure, Seized } from '../lanes/seize-lanes.ts'
import type { Conversations } from '../records/conversations.ts'
import type { Deletions } from '../records/deletions.ts'
import type { ConsentErasure, ErasedConsents } from '../records/erase-consents.ts'
import type { RecordErasure } from '../records/erase-records.ts'
import { consentKey, conversationKey, personKey } from '../records/record-keys.ts'
import type { PageStops } from '../records/page-stops.ts'
import type { RouteMemories } from '../records/route-memories.ts'
import { remainingOf } from './remaining.ts'

export interface EraseDeps {
  prefix: string
  pages: ReadonlyMap<string, Page>
  /** Erases the copies of a conversation's files, and says how many there were; idempotent. */
  eraseCopies: (conversationId: string) => Promise<number>
  /** Nobody looks these people up any more; idempotent. Without it nobody is looked up. */
  dropLookups?: (conversationIds: readonly string[]) => Promise<void>
  /** Names of all helpdesks. */
  helpdesks: readonly string[]
  /** What routes remember of conversations: to whom they sent them. */
  routeMemories: Pick<RouteMemories, 'of'>
  /** By the name of their helpdesk. */
  inboxes: ReadonlyMap<string, Pick<InboxStore, 'erase'>>
  seizure: LaneSeizure
  deadLetters: Pick<DeadLetters, 'eraseWhere'>
  conversations: Pick<Conversations, 'allTickets' | 'forgetTickets'>
  consentErasure: ConsentErasure
  recordErasure: RecordErasure
  stops: Pick<PageStops, 'forget'>
  deletions: Pick<Deletions, 'begin' | 'finish'>
  /** How many journal writes that are not split hold such a text. */
  unsplit: (holds: (text: string) => boolean) => Promise<number>
  rewriteFiles: (signal: AbortSignal) => Promise<DiskReport>
  ring: (lanes: string[]) => Promise<void>
  now: () => number
  /** How long workers get to split what came before, ms. */
  splitPatienceMs?: number
}

export type EraseCustomer = (request: EraseRequest, signal: AbortSignal) => Promise<Erasure>

const usualPatienceMs = 10_000
const pollMs = 100

/**
 * Erases a person: everything that waits for them or is known of them. In this order, so that nothing comes back:
 * what is in the journal is split, the lanes are seized, all is erased, whoever was at work on the lanes has ended, what
 * they left is erased, the lanes are released, the files are rewritten. What arrives meanwhile waits in the lanes, and
 * starts afresh. Idempotent: what was cut short is finished by asking again.
 */
export function eraseCustomer(deps: EraseDeps): EraseCustomer {
  return async (request, signal) => {
    const { customerId, keepSuppression, deletionCode } = request
    const ids = [customerId, ...(await deps.consentErasure.sameAs(customerId))]
    const people = ids.flatMap(personOf)
    const journal = await waitUntilSplit(deps, mentions(people), signal)
    const elsewhere = await copiesElsewhere(deps, ids)
    const seized = await deps.seizure.seize(await allLanes(deps, ids))
    const consents: ErasedConsents[] = []
    let erased: ErasedCounts
    try {
      erased = await eraseAll(deps, ids, people)
      erased.waiting = seized.reduce((sum, { dropped }) => sum + dropped, 0)
      // After all else, and their own last: it names the others, and who asks again must find these.
      for (const id of ids.toReversed()) consents.push(await deps.consentErasure.erase(id, keepSuppression))
      erased.records += consents.filter(({ wasKnown }) => wasKnown).length
      const busyMs = Math.max(...seized.map((one) => one.busyMs))
      if (busyMs > 0) {
        await untilIdle(deps, seized, busyMs, signal)
        erased = sum(erased, await eraseLate(deps, ids))
      }
    } finally {
      const waiting = await deps.seizure.release(seized)
      if (waiting.length > 0) await deps.ring(waiting)
    }
    // Before the files are rewritten: the person's id in the app must not stand in them either.
    if (journal === 0 && deletionCode !== null) await deps.deletions.begin(deletionCode)
    const disk = await deps.rewriteFiles(signal)
    const remaining = remainingOf(journal, disk, signal.aborted)
    const complete = remaining.length === 0
    const suppressed = consents.some(({ isSuppressed }) => isSuppressed)
    if (complete && deletionCode !== null) await deps.deletions.finish(deletionCode, deps.now())
    return { customerId, complete, erased, suppressed, disk, remaining, elsewhere }
  }
}

/** Answers how many writes are still left when the patience is over. */
async function waitUntilSplit(
  deps: EraseDeps,
  holds: (text: string) => boolean,
  signal: AbortSignal,
): Promise<number> {
  const end = performance.now() + (deps.splitPatienceMs ?? usualPatienceMs)
  for (;;) {
    const left = await deps.unsplit(holds)
    if (left === 0 || performance.now() > end || signal.aborted) return left
    await wait(pollMs, undefined, { signal }).catch(() => {})
  }
}

/** Whoever is at work ends with a commit, which is refused, or dies; then their lease tells when nobody can be any more. */
async function untilIdle(
  deps: EraseDeps,
  seized: Seized[],
  busyMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + busyMs
  while (performance.now() < end && !signal.aborted && (await deps.seizure.areBusy(seized))) {
    await wait(Math.min(pollMs, Math.max(0, end - performance.now())), undefined, { signal }).catch(() => {})
  }
}

/** Helpdesks with a ticket, and those that got events without giving us one. Our own inbox is erased. */
async function copiesElsewhere(deps: EraseDeps, ids: string[]): Promise<Erasure['elsewhere']> {
  const tickets = (await Promise.all(ids.map(deps.conversations.allTickets))).flat()
  const named = new Set(tickets.map(({ helpdesk }) => helpdesk))
  const own = ids.flatMap((id) => deps.pages.get(parseConversationId(id)?.pageId ?? '')?.helpdesk ?? [])
  const routed = (await deps.routeMemories.of(ids)).flatMap(({ been }) => been)
  const others = [...new Set([...own, ...routed])].filter((helpdesk) => !named.has(helpdesk))
  return [...tickets, ...others.map((helpdesk) => ({ helpdesk, ticket: null }))].filter(
    ({ helpdesk }) => !deps.inboxes.has(helpdesk),
  )
}

async function eraseAll(deps: EraseDeps, ids: string[], people: string[]): Promise<ErasedCounts> {
  const letters = await deps.deadLetters.eraseWhere(isAbout(ids, people))
  const [inboxMessages, attachments] = [await eraseFromInboxes(deps, ids), await eraseFiles(deps, ids)]
  for (const id of ids) {
    const pageId = parseConversationId(id)?.pageId
    if (pageId !== undefined) await deps.stops.forget(pageId, [laneName('in', id), laneName('out', id)])
  }
  const consents = ids.map((id) => consentKey(deps.prefix, id))
  const records = await deps.recordErasure.erase(ids, consents)
  // After the records, without which whoever is asking Meta at this moment keeps nothing.
  await deps.dropLookups?.(ids)
  const deliveries = letters.filter(({ kind }) => kind === 'delivery').length
  return {
    ...nothingErased,
    ...records,
    inboxMessages,
    attachments,
    deliveries,
    deadLetters: letters.length - deliveries,
  }
}

/**
 * What those who were at work when the lanes were seized may have written before they ended. What has become known of
 * the conversation by events since then stays: it belongs to what starts afresh.
 */
async function eraseLate(deps: EraseDeps, ids: string[]): Promise<ErasedCounts> {
  const [inboxMessages, attachments] = [await eraseFromInboxes(deps, ids), await eraseFiles(deps, ids)]
  for (const id of ids) await deps.conversations.forgetTickets(id)
  const fresh = ids.flatMap((id) => [
    conversationKey(deps.prefix, id),
    personKey(deps.prefix, id),
    consentKey(deps.prefix, id),
  ])
  const records = await deps.recordErasure.erase(ids, fresh)
  return { ...nothingErased, ...records, inboxMessages, attachments }
}

async function eraseFromInboxes({ inboxes }: EraseDeps, ids: string[]): Promise<number> {
  let count = 0
  for (const inbox of inboxes.values()) for (const id of ids) count += await inbox.erase(id)
  return count
}

/** Before the records by which the files are found. */
async function eraseFiles({ eraseCopies }: EraseDeps, ids: string[]): Promise<number> {
  let count = 0
  for (const id of ids) count += await eraseCopies(id)
  return count
}

/**
 * Dead letters of the conversation; of others of the Page that mention the person, such as their comments; and
 * deliveries that could not be read and do so. These are erased as a whole: nobody can tell in them what is whose.
 */
function isAbout(ids: string[], people: string[]): (letter: DeadLetter) => boolean {
  const isMentioned = mentions(people)
  const pageIds = new Set(ids.map((id) => parseConversationId(id)?.pageId))
  return ({ kind, conversationId, payload, encoding }) => {
    if (conversationId !== null && ids.includes(conversationId)) return true
    const isNear = kind === 'delivery' || pageIds.has(parseConversationId(conversationId ?? '')?.pageId)
    return (
      isNear && isMentioned(encoding === 'utf8' ? payload : Buffer.from(payload, 'base64').toString('latin1'))
    )
  }
}

/** Also to helpdesks of routes, and to those that have left the config and still hold something. */
async function allLanes({ helpdesks, seizure }: EraseDeps, ids: string[]): Promise<string[]> {
  const named = ids.flatMap((id) => [
    laneName('in', id),
    laneName('out', id),
    ...helpdesks.map((name) => laneName('in', id, name)),
  ])
  return [...new Set([...named, ...(await seizure.find(ids))])]
}

/** A person who is known only by a checkbox stands in deliveries by the reference alone. */
function personOf(id: string): string[] {
  const psid = parseConversationId(id)?.psid
  return psid == null ? [] : [psid.replace(/^user_ref:/, '')]
}

function sum(one: ErasedCounts, other: ErasedCounts): ErasedCounts {
  const names = Object.keys(nothingErased) as (keyof ErasedCounts)[]
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as ErasedCounts
}
