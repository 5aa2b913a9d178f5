import type { ContextFact, MessageRef, Step, TicketHelpdesk, TicketMessage, TicketRef } from '../adapter.ts'
import { StepError } from '../../domain/step-error.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { salesforceApi, ticketClosed } from './api.ts'
import { askEvents } from './ask-events.ts'
import { caseOf, isOver, nameContact, openCase, setCaseStatus, tagCase } from './cases.ts'
import { readCallback } from './read-callback.ts'
import { removeMessage } from './remove-message.ts'
import type { SalesforceSettings } from './settings.ts'
import { salesforceSetup } from './setup.ts'
import { salesforceTokens } from './tokens.ts'
import { uploadFiles } from './upload-files.ts'
import { writeEntry } from './write-messages.ts'

/** Cases of Service Cloud. A conversation is a contact and its cases; what is said are comments of a case, or posts. */
export function salesforceHelpdesk(
  settings: SalesforceSettings,
  deps: { limit?: HelpdeskLimit | undefined } = {},
): TicketHelpdesk {
  const http = helpdeskHttp({ allowPrivateNetwork: settings.allowPrivateNetwork, limit: deps.limit })
  const tokens = salesforceTokens(settings, http)
  const api = salesforceApi(settings, http, tokens)
  const cases = { api, settings }
  const files = { api, http, maxBytes: settings.maxFileMiB * 1024 * 1024 }

  async function write(
    ticket: TicketRef,
    entry: { text: string; public: boolean },
    step: Step,
  ): Promise<MessageRef | undefined> {
    const wanted = { ...entry, ticket: caseOf(ticket).id }
    try {
      return await writeEntry({ api, kind: settings.messages }, wanted, step)
    } catch (error) {
      if (!(error instanceof StepError) || error.facts.code !== 'HELPDESK_REFUSED') throw error
      throw (await isOver(cases, ticket, step.signal)) ? ticketClosed() : error
    }
  }

  async function appendMessage(ticket: TicketRef, message: TicketMessage, step: Step) {
    const { attachments } = message
    const lines =
      attachments.length === 0
        ? []
        : await uploadFiles(files, { ticket: caseOf(ticket).id, attachments }, step)
    const text = [`${speaker(message)}:`, ...(message.text === null ? [] : [message.text]), ...lines].join(
      '\n',
    )
    // What staff wrote elsewhere is no news for the customer, whom a public comment may reach.
    return write(ticket, { text, public: message.from === 'customer' }, step)
  }

  return {
    style: 'tickets',
    fields: new Set(Object.keys(settings.fields ?? {}) as ContextFact[]),
    openTicket: (ticket, step) => openCase(cases, ticket, step),
    appendMessage,
    addNote: (ticket, { text }, step) => write(ticket, { text, public: false }, step),
    removeMessage: (ticket, written, { signal }) => removeMessage(api, caseOf(ticket).id, written, signal),
    setStatus: (ticket, status, step) => setCaseStatus(cases, ticket, status, step),
    ...(settings.queues || settings.tagsField !== undefined
      ? {
          async setTags(ticket, tags, step) {
            const homeless = await tagCase(cases, ticket, tags, step)
            if (homeless.length === 0) return
            await write(ticket, { text: `Tags: ${homeless.join(', ')}`, public: false }, step)
          },
        }
      : {}),
    setCustomer: (ticket, customer, step) => nameContact(cases, ticket, customer, step),
    ...(settings.replies === 'poll'
      ? { poll: askEvents({ api, tokens, settings }) }
      : {
          callback: {
            scheme: 'path',
            secrets: settings.callbackSecrets ?? [],
            parse: (callback) =>
              readCallback(settings, { userId: () => settings.userId ?? tokens.userId() }, callback),
          },
        }),
    async file(ref, signal) {
      const path = `sobjects/ContentVersion/${encodeURIComponent(ref)}/VersionData`
      const { headers, body } = await api.stream({ method: 'GET', path, signal })
      const size = Number(headers['content-length'] ?? Number.NaN)
      return {
        body,
        contentType: typeof headers['content-type'] === 'string' ? headers['content-type'] : null,
        size: Number.isFinite(size) ? size : null,
      }
    },
    setup: salesforceSetup({ api, tokens, settings }),
    close: http.close,
  }
}

/** All that we write has our user as its author, so the text says who speaks. */
function speaker({ from, agentName, customerName, standby }: TicketMessage): string {
  const name = from === 'customer' ? (customerName ?? 'Customer') : (agentName ?? 'Agent')
  return standby ? `${name} (on standby: another app has the conversation)` : name
}
