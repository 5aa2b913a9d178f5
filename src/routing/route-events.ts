import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { Route } from '../domain/route.ts'
import { laneName } from '../lanes/keys.ts'
import type { People } from '../records/people.ts'
import type { RouteChange, RouteMemories, RouteMemory, TagChange } from '../records/route-memories.ts'
import { metRule } from './comment-rules.ts'
import { matchRoutes } from './match-route.ts'
import type { RouteFacts } from './match-route.ts'
import { takesBack } from './take-back.ts'

export interface RouteDeps {
  /** A reload of the config changes what it holds. */
  routes: readonly Route[]
  pages: ReadonlyMap<string, Page>
  /** By name, of this process. */
  helpdesks: { has(name: string): boolean }
  routeMemories: RouteMemories
  people: Pick<People, 'locales'>
}

export interface Routed {
  /** By the order of the events, the lanes that each goes into: one at least. */
  lanes: string[][]
  /** To be called once the events are in their lanes: until then a repeat must choose as it did. Idempotent. */
  remember(): Promise<void>
}

/**
 * Chooses the helpdesks of events, once, before they are put into their lanes. Costs nothing where there are no routes,
 * and otherwise a round trip for a whole batch, or two with routes by language.
 */
export function routeEvents(
  deps: RouteDeps,
): (events: readonly DomainEvent[]) => Promise<Routed | undefined> {
  return async (events) => {
    if (deps.routes.length === 0 || events.length === 0) return undefined
    // As they are at this moment, for all of them.
    const routes = [...deps.routes]
    const ids = [...new Set(events.map(({ conversationId }) => conversationId))]
    const [memories, locales] = await Promise.all([
      deps.routeMemories.of(ids),
      routes.some(({ when }) => when.languages !== undefined) ? deps.people.locales(ids) : [],
    ])
    const known = new Map(ids.map((id, at) => [id, recall(memories[at]!, locales[at] ?? null, deps)]))
    const lanes = events.map((event) => routeOne(deps, routes, event, known.get(event.conversationId)!))
    const changes = new Map([...known].flatMap(([id, { change }]) => (isEmpty(change) ? [] : [[id, change]])))
    return { lanes, remember: () => deps.routeMemories.keep(changes) }
  }
}

/** What is known of a conversation, with what the events of this batch add to it. */
interface Known {
  memory: RouteMemory
  locale: string | null
  change: RouteChange
}

/** A helpdesk that has left the config gets no more of a conversation. */
function recall(memory: RouteMemory, locale: string | null, { helpdesks }: RouteDeps): Known {
  const { chosen, ...rest } = memory
  const to = (chosen?.to ?? []).filter((name) => helpdesks.has(name))
  return {
    memory: {
      ...rest,
      ...(chosen && to.length > 0 ? { chosen: { ...chosen, to } } : {}),
      added: rest.added.filter((name) => helpdesks.has(name)),
    },
    locale,
    change: { added: [], been: [], tags: [] },
  }
}

function routeOne(deps: RouteDeps, routes: readonly Route[], event: DomainEvent, known: Known): string[] {
  const { conversationId } = event
  const page = deps.pages.get(event.pageId)
  if (!page) return [laneName('in', conversationId)]
  const { memory, change } = known
  for (const one of tagChanges(event, deps.pages)) takeTag(known, one)
  const facts: RouteFacts = { event, page, language: known.locale ?? page.locale, tags: memory.tags }
  const routing = matchRoutes(routes, facts, memory)
  const { to = [page.helpdesk] } = routing
  const at = event.timestamp
  if (routing.basis !== undefined && at >= (memory.chosen?.at ?? 0)) {
    memory.chosen = change.chosen = { to, basis: routing.basis, at }
  }
  // Who wrote to the customer wants to know that they have read it, whoever has the conversation by now; and what is
  // taken back stands where it was told.
  const past =
    isReceipt(event) || takesBack(event) ? memory.been.filter((name) => deps.helpdesks.has(name)) : []
  const all = [...new Set([...to, ...routing.also, ...past])]
  for (const name of routing.added) addTo(memory.added, change.added, name)
  for (const name of all) addTo(memory.been, change.been, name)
  return all.map((name) => laneName('in', conversationId, name === page.helpdesk ? null : name))
}

function addTo(were: string[], fresh: string[], name: string): void {
  if (were.includes(name)) return
  were.push(name)
  fresh.push(name)
}

function takeTag({ memory, change }: Known, one: TagChange): void {
  change.tags.push(one)
  memory.tags = memory.tags.filter((tag) => tag !== one.tag)
  if (one.isOn) memory.tags.push(one.tag)
}

/** A label of Meta's inbox that is put on or taken off, and the group that a comment's rule names. */
function tagChanges(event: DomainEvent, pages: ReadonlyMap<string, Page>): TagChange[] {
  const at = event.timestamp
  if (event.kind === 'label') {
    const tag = event.label ?? event.labelId
    return tag === null ? [] : [{ tag, isOn: event.action !== 'remove', at }]
  }
  const group = metRule(event, pages)?.rule.group
  return group === undefined ? [] : [{ tag: group, isOn: true, at }]
}

function isReceipt({ kind }: DomainEvent): boolean {
  return kind === 'delivery' || kind === 'read'
}

function isEmpty({ chosen, added, been, tags }: RouteChange): boolean {
  return chosen === undefined && added.length + been.length + tags.length === 0
}
