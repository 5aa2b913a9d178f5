import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { ContextFact, NewTicket, Step, TicketHelpdesk, TicketRef } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { agentFile } from './agent-file.ts'
import { ticketAnswer, zendeskApi } from './api.ts'
import { appendAll } from './append.ts'
import type { ZendeskRef } from './append.ts'
import { customerUser, nameUser } from './customer-user.ts'
import { commentOf, findTold, marker } from './find-told.ts'
import { readCallback, ticketPrefix } from './read-callback.ts'
import { redactComment } from './redact-comment.ts'
import type { ZendeskSettings } from './settings.ts'
import { zendeskSetup } from './setup.ts'

const ticketsAnswer = z.object({
  tickets: z.array(z.object({ id: z.number(), requester_id: z.number(), status: z.string() })),
})

/** Zendesk Support: conversations are tickets, messages are their public comments. */
export function zendeskHelpdesk(
  settings: ZendeskSettings,
  { limit }: { limit?: HelpdeskLimit } = {},
): TicketHelpdesk {
  const api = zendeskApi(settings, limit)
  const deps = { api, maxBytes: settings.maxFileMiB * 1024 * 1024 }
  const fields = Object.keys(settings.fields) as ContextFact[]

  async function openTicket(ticket: NewTicket, step: Step): Promise<TicketRef> {
    const { signal, idempotencyKey } = step
    const externalId = `${ticketPrefix}${idempotencyKey}`
    // Zendesk forgets keys after two hours, and refuses one that comes with other words.
    const known = step.repeat ? await findTicket(externalId, signal) : undefined
    if (known) return `${known.id} ${known.requester_id}`
    const user = await customerUser(api, ticket, signal)
    const wanted = { ...newTicket(ticket, settings), requester_id: user, external_id: externalId }
    const source = ticket.followUpOf === null ? undefined : Number(readRef(ticket.followUpOf).ticket)
    const followUp = source === undefined ? {} : { via_followup_source_id: source }
    const created = await create({ ...wanted, ...followUp }, idempotencyKey)
    if (created) return created
    // What it follows may be deleted.
    const second = source === undefined ? undefined : await create(wanted, `${idempotencyKey}:alone`)
    if (second) return second
    throw new StepError('the helpdesk refused the ticket', {
      code: 'HELPDESK_REFUSED',
      verdict: 'permanent',
      arrived: 'no',
    })

    async function create(made: object, key: string): Promise<TicketRef | undefined> {
      const answer = await api.call('POST', '/tickets', {
        json: { ticket: made },
        headers: { 'idempotency-key': key },
        also: [400, 404, 422],
        signal,
      })
      if (answer.status === 400 && step.repeat) throw notNow()
      if (answer.status !== 201 && answer.status !== 200) return undefined
      return `${readAnswer(ticketAnswer, answer).ticket.id} ${user}`
    }
  }

  async function findTicket(externalId: string, signal: AbortSignal) {
    const answer = await api.call('GET', `/tickets?external_id=${encodeURIComponent(externalId)}`, { signal })
    return readAnswer(ticketsAnswer, answer).tickets.find(({ status }) => status !== 'deleted')
  }

  return {
    style: 'tickets',
    openTicket,
    appendMessage: (ref, message, step) => appendAll(deps, readRef(ref), [message], step),
    appendMessages: (ref, messages, step) => appendAll(deps, readRef(ref), messages, step),
    async addNote(ref, { text }, { repeat, signal, idempotencyKey }) {
      const { ticket } = readRef(ref)
      const told = repeat ? await findTold(api, ticket, idempotencyKey, signal) : undefined
      if (told) return told.comment
      const comment = { body: text, public: false }
      const change = { comment, metadata: marker(idempotencyKey) }
      return commentOf((await api.updateTicket(ticket, change, signal)).audit)
    },
    removeMessage: (ref, { message }, { signal }) => redactComment(api, readRef(ref).ticket, message, signal),
    async setStatus(ref, status, { signal }) {
      await api.updateTicket(readRef(ref).ticket, { status }, signal)
    },
    async setTags(ref, tags, { signal }) {
      const words = tags.map((tag) =>
        tag
          .trim()
          .toLowerCase()
          .replace(/[\s,]+/g, '_'),
      )
      await api.addTags(readRef(ref).ticket, words, signal)
    },
    setCustomer: (ref, customer, { signal }) => nameUser(api, readRef(ref).user, customer, signal),
    ...(fields.length > 0 ? { fields: new Set(fields) } : {}),
    callback: {
      scheme: 'zendesk',
      secrets: settings.callbackSecrets,
      parse: (callback) => readCallback(callback, settings.userId),
    },
    file: (ref, signal) => agentFile(api, settings.userId, ref, signal),
    setup: zendeskSetup(api, settings),
    close: api.close,
  }
}

/** The first comment is a note: what was said follows as comments of the customer. */
function newTicket({ subject, conversation, page, context }: NewTicket, settings: ZendeskSettings) {
  const [chat, site] =
    conversation.channel === 'instagram' ? ['Instagram', 'Instagram'] : ['Messenger', 'Facebook']
  const what =
    conversation.psid === null
      ? `A public thread of ${page.name} on ${site}`
      : `A conversation with ${page.name} on ${chat}`
  const body = `${what} begins. Public replies are sent there, internal notes are not.`
  const fields = Object.entries(settings.fields).flatMap(([fact, field]) => {
    const value = context[fact as ContextFact]
    return value === undefined ? [] : [{ id: field, value }]
  })
  return {
    subject,
    comment: { body, public: false },
    ...(settings.tags.length > 0 ? { tags: settings.tags } : {}),
    ...(fields.length > 0 ? { custom_fields: fields } : {}),
    ...(settings.groupId === undefined ? {} : { group_id: settings.groupId }),
  }
}

function readRef(ref: TicketRef): ZendeskRef {
  const [ticket = '', user = ''] = ref.split(' ')
  return { ticket, user }
}

/** The first try with this key is under way or said other words: it will be found by its external id. */
function notNow(): StepError {
  return new StepError('the helpdesk knows this key with other words (400)', {
    code: 'HELPDESK_BUSY',
    verdict: 'retry',
    arrived: 'unknown',
  })
}
