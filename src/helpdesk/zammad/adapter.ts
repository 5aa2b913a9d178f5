import type { ContextFact, TicketHelpdesk, TicketRef } from '../adapter.ts'
import type { HelpdeskFile } from '../callback.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { over, zammadApi } from './api.ts'
import type { ZammadApi } from './api.ts'
import { addNote, appendMessage } from './append.ts'
import { customerName, openTicket } from './open-ticket.ts'
import { readCallback } from './read-callback.ts'
import type { ZammadSettings } from './settings.ts'
import { zammadSetup } from './setup.ts'

/** Zammad: conversations are tickets of a group, messages are their articles. */
export function zammadHelpdesk(
  settings: ZammadSettings,
  deps: { limit?: HelpdeskLimit } = {},
): TicketHelpdesk {
  const { allowPrivateNetwork, states } = settings
  const http = helpdeskHttp({ allowPrivateNetwork, limit: deps.limit })
  const files = helpdeskHttp({ allowPrivateNetwork })
  const api = zammadApi(settings, http)
  const fields = Object.keys(settings.fields) as ContextFact[]

  return {
    style: 'tickets',
    fields: new Set(fields),
    openTicket: (ticket, step) => openTicket(api, settings, ticket, step),
    appendMessage: (ref, message, step) =>
      appendMessage({ api, files, settings }, readRef(ref), message, step),
    addNote: (ref, { text }, step) => addNote(api, readRef(ref).ticket, text, step),

    setStatus: (ref, status, { signal }) =>
      api.setState(readRef(ref).ticket, status === 'open' ? states.open : states.solved[0]!, signal),

    /** Zammad adds a tag that is there no second time. */
    async setTags(ref, tags, { signal }) {
      const { ticket } = readRef(ref)
      for (const tag of new Set(tags)) await api.addTag(ticket, tag, signal)
    },

    async setCustomer(ref, customer, { signal }) {
      const name = customerName(customer)
      if (name) await api.nameCustomer(readRef(ref).customer, name, signal)
    },

    callback: {
      scheme: 'zammad',
      secrets: settings.callbackSecrets,
      parse: ({ body }) => readCallback(body, settings),
    },
    file: (ref, signal) => openFile(api, ref, signal),
    setup: zammadSetup(api, settings),

    async close() {
      await Promise.all([http.close(), files.close()])
    },
  }
}

function readRef(ref: TicketRef): { ticket: string; customer: string } {
  const [ticket = '', customer = ''] = ref.split(' ')
  return { ticket, customer }
}

/** A `ref` is `<ticket>/<article>/<file>`. */
async function openFile(api: ZammadApi, ref: string, signal: AbortSignal): Promise<HelpdeskFile> {
  if (!/^\d+\/\d+\/\d+$/.test(ref)) throw over('HELPDESK_REFUSED', 'Zammad names no file so')
  const { body, headers } = await api.openFile(ref, signal)
  const { 'content-type': type, 'content-length': length } = headers
  const size = typeof length === 'string' ? Number(length) : null
  return { body, contentType: typeof type === 'string' ? type : null, size }
}
