import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import type { Route, RouteCondition } from '../domain/route.ts'
import type { RouteMemory } from '../records/route-memories.ts'
import { heldWord, tidy } from './match-words.ts'

/** What routes ask of an event. */
export interface RouteFacts {
  event: DomainEvent
  page: Page
  /** Such as `de` or `de_AT`. */
  language: string
  tags: readonly string[]
}

export interface Routing {
  /** Undefined where no route says anything: then it is the Page's own helpdesk. */
  to: string[] | undefined
  /** Set when the choice is this event's own doing and holds for what follows: by what it was made, as text. */
  basis: string | undefined
  /** Beside them. */
  also: string[]
  /** Of these, those that from now on belong to the conversation. */
  added: string[]
}

/**
 * The helpdesks of an event. Of the routes that fit, the first decides. What a route by words, languages or tags has
 * chosen holds for its conversation, until such a route has a new reason: so what follows is not torn from what it
 * belongs to, by routes that look at something else either.
 */
export function matchRoutes(routes: readonly Route[], facts: RouteFacts, memory: RouteMemory): Routing {
  const { chosen } = memory
  const basis = chosen && readBasis(chosen.basis)
  const first = routes.find(
    ({ when, also }) => also !== true && hasReason(when, facts, basis) && meets(when, facts),
  )
  const isNew = first !== undefined && isLasting(first.when)
  const more = routes.filter(({ when, also }) => also === true && meets(when, facts))
  const added = more.filter(({ when }) => isLasting(when)).flatMap(({ to }) => to)
  return {
    to: isNew ? [...first.to] : (chosen?.to ?? (first && [...first.to])),
    basis: isNew ? basisOf(first.when, facts) : undefined,
    also: [...more.flatMap(({ to }) => to), ...memory.added],
    added,
  }
}

/** What was true of the conversation when its helpdesks were chosen. */
interface Basis {
  /** Null when what was chosen has nothing to do with it. */
  language: string | null
  tags: string[]
}

function basisOf({ languages }: RouteCondition, { language, tags }: RouteFacts): string {
  const basis: Basis = { language: languages === undefined ? null : language, tags: tags.map(tidy) }
  return JSON.stringify(basis)
}

function readBasis(text: string): Basis {
  return JSON.parse(text) as Basis
}

/**
 * Words are said by the event itself. Language and tags are there with every event, and would decide again and again:
 * once something was chosen, only a tag does that is new, or another language where it was the language that chose.
 */
function hasReason(when: RouteCondition, { language, tags }: RouteFacts, basis: Basis | undefined): boolean {
  if (basis === undefined || when.words !== undefined || !isLasting(when)) return true
  const fresh = tags.map(tidy).filter((tag) => !basis.tags.includes(tag))
  const isOtherLanguage = basis.language !== null && basis.language !== language
  return (
    (when.languages !== undefined && isOtherLanguage) ||
    when.tags?.some((one) => fresh.includes(tidy(one))) === true
  )
}

/** Looks at what is true of a conversation, and not of an event alone. */
function isLasting({ words, languages, tags }: RouteCondition): boolean {
  return words !== undefined || languages !== undefined || tags !== undefined
}

function meets(when: RouteCondition, { event, page, language, tags }: RouteFacts): boolean {
  const has = tags.map(tidy)
  const said = when.words === undefined ? null : saidIn(event)
  return (
    (when.pages?.includes(page.id) ?? true) &&
    (when.channels?.includes(page.channel) ?? true) &&
    (when.kinds?.includes(event.kind) ?? true) &&
    (when.languages?.some((one) => speaks(language, one)) ?? true) &&
    (when.tags?.some((one) => has.includes(tidy(one))) ?? true) &&
    (when.words === undefined || (said !== null && heldWord(said, when.words) !== undefined))
  )
}

/** Of the languages, `de` is also `de_AT`. */
function speaks(language: string, wanted: string): boolean {
  const spoken = language.toLowerCase().replace('-', '_')
  const one = wanted.toLowerCase()
  return spoken === one || spoken.startsWith(`${one}_`)
}

/** What the customer says. What the Page answers sends nobody elsewhere. */
function saidIn(event: DomainEvent): string | null {
  if ('byPage' in event && event.byPage) return null
  switch (event.kind) {
    case 'postback':
      return event.title
    case 'order':
      return event.note
    case 'message':
    case 'message_edit':
    case 'comment':
    case 'post':
    case 'review':
    case 'mention':
      return event.text
    default:
      return null
  }
}
