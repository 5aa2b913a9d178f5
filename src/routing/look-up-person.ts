import { maskConversation, parseConversationId } from '../domain/conversation.ts'
import type { Log } from '../domain/log.ts'
import type { Page } from '../domain/page.ts'
import type { Trace } from '../domain/stage.ts'
import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphAnswer, GraphClient } from '../meta/graph-client.ts'
import { classifyGraphError } from '../meta/graph-errors.ts'
import { profileFields, readProfile } from '../meta/read-profile.ts'
import type { Budgets } from '../records/budgets.ts'
import type { Conversations } from '../records/conversations.ts'
import type { People, PersonRecord } from '../records/people.ts'
import type { ParkedPages } from './park-page.ts'

export interface LookupDeps {
  pages: ReadonlyMap<string, Page>
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  people: Pick<People, 'get' | 'keepKnown' | 'keepNothing'>
  conversations: Pick<Conversations, 'tickets'>
  budgets: Pick<Budgets, 'take'>
  graph: Pick<GraphClient, 'call'>
  stops: Pick<ParkedPages, 'stopped'>
  onLookedUp: (result: 'known' | 'empty' | 'unavailable') => void
  trace: Trace
  log: Log
  now: () => number
}

type KnownPerson = Extract<PersonRecord, { state: 'known' }>

/** How a try stands to those before it. */
export interface LookupTry {
  failed: number
  /** When the job was added, ms since the epoch. */
  since: number
  signal: AbortSignal
}

/** Meta, or a helpdesk, that fails is asked again for so long, ms. */
const giveUpMs = 3_600_000
/** A Page that cannot call Meta is asked for again so often, and for so long, ms. */
const pageRetryMs = 300_000
const pageGiveUpMs = 24 * giveUpMs
const callMs = 4000

/**
 * Asks Meta who a person is, keeps the answer, and tells every helpdesk where the person has a ticket. Answers when to come
 * back, ms, or undefined when the matter is settled. Throws when it is to be tried again. Idempotent: who is known is not
 * asked for again, and who was erased is neither asked for nor kept.
 */
export function lookUpPerson(deps: LookupDeps) {
  const { people, log } = deps

  return async (id: string, one: LookupTry): Promise<number | undefined> => {
    let record = await people.get(id)
    const { pageId, psid } = parseConversationId(id) ?? {}
    const page = deps.pages.get(pageId ?? '')
    if (!record || !page || psid == null) return undefined
    if (record.state === 'waiting') {
      const waitMs = await ask(id, page, psid, one)
      if (waitMs !== undefined) return waitMs
      record = await people.get(id)
    }
    if (record?.state === 'known') await tellAll(id, record, one)
    return undefined
  }

  /** Undefined when the record says what came of it. */
  async function ask(id: string, page: Page, psid: string, one: LookupTry): Promise<number | undefined> {
    if (deps.stops.stopped(deps.pages).some((stop) => stop.page === page.id)) return pageLater(id, one)
    const taken = await deps.budgets.take({ pageId: page.id, kind: 'lookups', urgent: false, caller: id })
    if (!taken.granted) return taken.waitMs
    const began = performance.now()
    const signal = AbortSignal.any([one.signal, AbortSignal.timeout(callMs)])
    const query = { fields: profileFields(page.channel, page.profileFields) }
    const answer = await deps.graph.call(
      { method: 'GET', path: pathOf(psid), accessToken: page.accessToken, query },
      signal,
    )
    deps.trace('profile', { conversation: maskConversation(id), ms: Math.round(performance.now() - began) })
    return judge(id, answer, one)
  }

  async function judge(id: string, answer: GraphAnswer, one: LookupTry): Promise<number | undefined> {
    if (answer.outcome === 'ok') {
      const customer = readProfile(answer.body)
      if (!customer) return nothing(id, 'empty')
      if (await people.keepKnown(id, customer, deps.now())) deps.onLookedUp('known')
      return undefined
    }
    if (answer.outcome === 'none') return failed(id, answer.code, one)
    const code = `${answer.code}/${answer.subcode ?? '-'}`
    const { verdict, stop } = classifyGraphError(answer.code, answer.subcode, answer.isTransient)
    // Not to be allowed to read profiles stops nothing else; a dead token is mended sooner or later.
    if (verdict === 'page' && stop !== 'permission') return pageLater(id, one)
    const isOver = verdict === 'refused' || verdict === 'page'
    return isOver && answer.status < 500 ? nothing(id, 'unavailable') : failed(id, code, one)
  }

  async function nothing(id: string, state: 'empty' | 'unavailable'): Promise<undefined> {
    if (await people.keepNothing(id, state)) deps.onLookedUp(state)
  }

  async function pageLater(id: string, { since }: LookupTry): Promise<number | undefined> {
    return deps.now() - since < pageGiveUpMs ? pageRetryMs : nothing(id, 'unavailable')
  }

  async function failed(id: string, code: string, { since, signal }: LookupTry): Promise<undefined> {
    // A worker that stops has not tried in earnest.
    if (signal.aborted || deps.now() - since < giveUpMs) throw new Error(`no profile: ${code}`)
    log.warn({ conversation: maskConversation(id), code }, 'a person could not be looked up; for a day')
    return nothing(id, 'unavailable')
  }

  /** Whoever opens a ticket from now on reads the record; where there is one already, it is told here. */
  async function tellAll(id: string, record: KnownPerson, one: LookupTry): Promise<void> {
    const tickets = await deps.conversations.tickets(id)
    // Each on its own: one that fails is tried again, and the others were told by then.
    const told = await Promise.allSettled(tickets.map((ticket) => tell(id, ticket, record, one)))
    const failed = told.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }

  async function tell(
    id: string,
    { helpdesk: name, ticket }: { helpdesk: string; ticket: string },
    { customer, lookedUpAt, expiresAt }: KnownPerson,
    one: LookupTry,
  ): Promise<void> {
    const helpdesk = deps.helpdesks.get(name)
    if (helpdesk?.style !== 'tickets' || !helpdesk.setCustomer) return
    try {
      await helpdesk.setCustomer(
        ticket,
        { ...customer, expiresAt },
        {
          idempotencyKey: `${id}:customer:${lookedUpAt}`,
          attempt: one.failed + 1,
          ...(one.failed > 0 ? { repeat: true } : {}),
          signal: AbortSignal.any([one.signal, AbortSignal.timeout(callMs)]),
        },
      )
    } catch (error) {
      if (one.signal.aborted || deps.now() - one.since < giveUpMs) throw error
      const err = error instanceof Error ? error.name : 'unknown'
      log.warn({ conversation: maskConversation(id), err }, 'a helpdesk was not told who a person is')
    }
  }
}
