import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { KnownCustomer, NewTicket, Step, TicketRef } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import { goneCodes, refusedFor, ticketClosed, ticketGone } from './api.ts'
import type { SalesforceApi } from './api.ts'
import { createdAnswer } from './write-messages.ts'
import type { SalesforceSettings } from './settings.ts'

export interface CaseDeps {
  api: SalesforceApi
  settings: SalesforceSettings
}

/** What a text field holds at most; names of people less. */
const fieldLength = 255
const lastNameLength = 80
const firstNameLength = 40
/** Contacts must have a last name. */
const nobody = 'Messenger customer'

/**
 * Without it each change by this API lets the org's rules choose the owner anew, also where they are all off: then it is the
 * default owner.
 */
const ownerStays = { 'sforce-auto-assign': 'FALSE' }
/** Two people may have one name. */
const twinsAllowed = { 'sforce-duplicate-rule-header': 'allowSave=true' }

const recordAnswer = z.object({ Id: z.string() })

/** `<id of the case> <id of the conversation>`; the second names the contact. */
export function caseOf(ticket: TicketRef): { id: string; conversationId: string } {
  const [id = '', conversationId = ''] = ticket.split(' ')
  return { id, conversationId }
}

/**
 * Opens the case under a key of its own, so that doing it again finds it. A case that it goes on from and that is gone
 * is left out.
 */
export async function openCase(
  { api, settings }: CaseDeps,
  ticket: NewTicket,
  step: Step,
): Promise<TicketRef> {
  const { conversation, followUpOf } = ticket
  const path = byKey('Case', settings.caseKey, caseKey(conversation.id, step.idempotencyKey))
  if (step.repeat) {
    const found = await api.ask({ method: 'GET', path: `${path}?fields=Id`, signal: step.signal })
    if (found.refused === undefined) return `${readAnswer(recordAnswer, found).Id} ${conversation.id}`
    if (found.refused !== 'NOT_FOUND') throw refusedFor(found.refused)
  }
  const contact =
    conversation.psid === null ? {} : { ContactId: await ensureContact({ api, settings }, ticket, step) }
  const values = {
    Subject: ticket.subject.slice(0, fieldLength),
    ...settings.caseValues,
    ...facts(settings, ticket),
    ...(settings.owner === undefined ? {} : { OwnerId: settings.owner }),
    ...contact,
  }
  // Who gets a new case may be for the org's rules to say.
  const headers = settings.owner === undefined ? {} : ownerStays
  const upsert = (json: object) => api.ask({ method: 'PATCH', path, json, headers, signal: step.signal })
  const parent = followUpOf === null ? {} : { ParentId: caseOf(followUpOf).id }
  let answer = await upsert({ ...values, ...parent })
  if (answer.refused !== undefined && goneCodes.has(answer.refused) && followUpOf !== null)
    answer = await upsert(values)
  if (answer.refused !== undefined) throw refusedFor(answer.refused)
  return `${readAnswer(createdAnswer, answer).id} ${conversation.id}`
}

/** One per ticket, readable, and within the 255 characters of an external id. */
function caseKey(conversationId: string, idempotencyKey: string): string {
  return `${conversationId.slice(0, 200)}-${createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 16)}`
}

/** A PATCH there makes the record, or changes the one that is there. */
function byKey(object: 'Case' | 'Contact', field: string, key: string): string {
  return `sobjects/${object}/${field}/${encodeURIComponent(key)}`
}

function facts({ fields = {} }: SalesforceSettings, { context }: NewTicket): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([fact, field]) => {
      const value = context[fact as keyof typeof context]
      return value === undefined ? [] : [[field, value.slice(0, fieldLength)]]
    }),
  )
}

/** Makes the person's contact. One that is there is left as it is, since somebody may have mended its name. */
async function ensureContact(
  { api, settings }: CaseDeps,
  { conversation, customer }: NewTicket,
  { signal }: Step,
): Promise<string> {
  const path = byKey('Contact', settings.contactKey, conversation.id)
  const found = await api.ask({ method: 'GET', path: `${path}?fields=Id`, signal })
  if (found.refused === undefined) return readAnswer(recordAnswer, found).Id
  if (found.refused !== 'NOT_FOUND') throw refusedFor(found.refused)
  const json = {
    ...(customer ? namesOf(customer) : { LastName: nobody }),
    ...(settings.account === undefined ? {} : { AccountId: settings.account }),
  }
  return readAnswer(
    createdAnswer,
    await api.call({ method: 'PATCH', path, json, headers: twinsAllowed, signal }),
  ).id
}

/** Tells the contact the person's name. Idempotent. */
export async function nameContact(
  { api, settings }: CaseDeps,
  ticket: TicketRef,
  customer: KnownCustomer,
  { signal }: Step,
): Promise<void> {
  const { conversationId } = caseOf(ticket)
  const names = namesOf(customer)
  if (names.LastName === nobody) return
  const path = byKey('Contact', settings.contactKey, conversationId)
  await api.call({ method: 'PATCH', path, json: names, headers: twinsAllowed, signal })
}

function namesOf({ name, firstName, lastName, username }: KnownCustomer) {
  const last = lastName ?? name ?? username ?? firstName ?? nobody
  const first = lastName === null ? null : firstName
  return {
    LastName: last.slice(0, lastNameLength),
    ...(first === null ? {} : { FirstName: first.slice(0, firstNameLength) }),
  }
}

const caseRecord = z.looseObject({ Status: z.string().nullable(), IsClosed: z.boolean() })

/** Leaves a case alone that is already where it should be, so that an agent's finer status stays. */
export async function setCaseStatus(
  { api, settings }: CaseDeps,
  ticket: TicketRef,
  status: 'open' | 'solved',
  { signal }: Step,
): Promise<void> {
  const { Status, IsClosed } = await readCase(api, ticket, signal)
  const { open, solved, closed } = settings.status
  if (closed !== undefined && Status === closed) throw ticketClosed()
  const isSolved = IsClosed || Status === solved
  if (isSolved === (status === 'solved')) return
  await changeCase(api, ticket, { Status: status === 'open' ? open : solved }, signal)
}

/**
 * Tags with a queue move the case there; the others go into the field for tags. Answers what has no place, for a note.
 */
export async function tagCase(
  { api, settings }: CaseDeps,
  ticket: TicketRef,
  tags: readonly string[],
  { signal }: Step,
): Promise<string[]> {
  const { queues = {}, tagsField } = settings
  const queue = tags.map((tag) => queues[tag]).find((one) => one !== undefined)
  const rest = tags.filter((tag) => queues[tag] === undefined)
  const changes: Record<string, string> = queue === undefined ? {} : { OwnerId: queue }
  if (tagsField !== undefined && rest.length > 0) {
    const was = (await readCase(api, ticket, signal, [tagsField]))[tagsField]
    const had = typeof was === 'string' && was !== '' ? was.split(';') : []
    changes[tagsField] = [...new Set([...had, ...rest])].join(';')
  }
  if (Object.keys(changes).length > 0) await changeCase(api, ticket, changes, signal)
  return tagsField === undefined ? rest : []
}

async function readCase(api: SalesforceApi, ticket: TicketRef, signal: AbortSignal, more: string[] = []) {
  const fields = ['Status', 'IsClosed', ...more].join(',')
  const path = `sobjects/Case/${caseOf(ticket).id}?fields=${fields}`
  const answer = await api.ask({ method: 'GET', path, signal })
  if (answer.refused === undefined) return readAnswer(caseRecord, answer)
  throw goneCodes.has(answer.refused) ? ticketGone() : refusedFor(answer.refused)
}

async function changeCase(api: SalesforceApi, ticket: TicketRef, json: object, signal: AbortSignal) {
  const path = `sobjects/Case/${caseOf(ticket).id}`
  const answer = await api.ask({ method: 'PATCH', path, json, headers: ownerStays, signal })
  if (answer.refused === undefined) return
  // An owner that is gone is said in the same words as a case that is gone.
  throw answer.status === 404 ? ticketGone() : refusedFor(answer.refused)
}

/**
 * Why a case took no entry: it is gone (TICKET_GONE), or a rule of the org keeps closed ones as they are (true). False when
 * the case is as it should be, so that the entry is to blame.
 */
export async function isOver(
  { api, settings }: CaseDeps,
  ticket: TicketRef,
  signal: AbortSignal,
): Promise<boolean> {
  const { Status, IsClosed } = await readCase(api, ticket, signal)
  return IsClosed || Status === settings.status.closed
}
