import { StepError } from '../../domain/step-error.ts'
import type { TicketHelpdesk } from '../adapter.ts'
import type { HelpdeskFile } from '../callback.ts'
import { helpdeskHttp } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { answerCallback } from './answer-callback.ts'
import { fileFetcher } from './fetch-files.ts'
import { frontConversations } from './find-conversation.ts'
import { frontApi } from './front-api.ts'
import { importMessage, importOpening } from './import-message.ts'
import { asHtml } from './message-body.ts'
import { readCallback } from './read-callback.ts'
import { frontSetup } from './set-up.ts'
import type { FrontSettings } from './settings.ts'
import { conversationTags } from './tag-conversation.ts'
import { nameContact, noteWriter, reportFailure } from './tell-front.ts'
import { conversationKey, readRef, writeRef } from './ticket-ref.ts'

export interface FrontDeps {
  limit?: HelpdeskLimit | undefined
  /** How long what Front has accepted may take until it is there, before it is looked for again, ms. */
  lookAgainMs?: number
  /** How long a customer's files may take altogether, ms. */
  filesMs?: number
}

/** A channel of an app in Front: messages go in by its Channel API, and come out by calls of Front to us. */
export function frontHelpdesk(settings: FrontSettings, deps: FrontDeps = {}): TicketHelpdesk {
  const { limit, lookAgainMs = 1000, filesMs = 2000 } = deps
  const api = frontApi(settings, limit)
  const files = helpdeskHttp({ allowPrivateNetwork: settings.allowPrivateNetwork })
  const conversations = frontConversations(api, lookAgainMs)
  const imports = { api, conversations, withFiles: fileFetcher(files, filesMs), lookAgainMs }
  const writeNote = noteWriter(conversations)
  const setTags = conversationTags(api, conversations)

  const withToken: Pick<TicketHelpdesk, 'setTags' | 'setCustomer'> = {
    setTags: (ref, tags, step) => setTags(readRef(ref), tags, step),
    setCustomer: (ref, customer, step) => nameContact({ api, conversations }, readRef(ref), customer, step),
  }

  return {
    style: 'tickets',
    async openTicket(ticket, step) {
      const handle = ticket.conversation.id
      const externalId = conversationKey(ticket, step.idempotencyKey)
      const name = ticket.customer?.name ?? ticket.customer?.firstName ?? ticket.customer?.username ?? null
      const opening = { externalId, handle, name, from: ticket.page.name, text: asHtml(ticket.subject) }
      return writeRef({ externalId, handle, openingUid: await importOpening({ api }, opening, step) })
    },
    appendMessage: (ref, message, step) => importMessage(imports, readRef(ref), message, step),
    addNote: (ref, { text }, step) => writeNote(readRef(ref), text, step),
    async setStatus(ref, status, step) {
      const json = { status: status === 'solved' ? 'archived' : 'open' }
      await conversations.call(readRef(ref), { method: 'PATCH', path: '', json, signal: step.signal }, step)
    },
    ...(settings.token === undefined ? {} : withToken),
    reportSent: (_conversation, reply, outcome, step) => reportFailure(api, reply, outcome, step),
    callback: {
      scheme: 'front',
      secrets: settings.callbackSecrets,
      parse: readCallback,
      answer: (callback, replies) => answerCallback(callback, replies, settings.callbackUrl),
    },
    file: async (ref, signal) => openFile(api, ref, signal),
    setup: frontSetup(api, settings),
    async close() {
      await Promise.all([api.close(), files.close()])
    },
  }
}

async function openFile(
  api: ReturnType<typeof frontApi>,
  ref: string,
  signal: AbortSignal,
): Promise<HelpdeskFile> {
  const [, message, file] = /^(\w+)\/(\w+)$/.exec(ref) ?? []
  if (message === undefined || file === undefined) {
    throw new StepError('this is no file of Front', {
      code: 'HELPDESK_REFUSED',
      verdict: 'permanent',
      arrived: 'no',
    })
  }
  const { headers, body } = await api.stream(`/messages/${message}/download/${file}`, signal)
  const [type, size] = [headers['content-type'], headers['content-length']]
  return {
    body,
    contentType: typeof type === 'string' ? type : null,
    size: typeof size === 'string' && /^\d+$/.test(size) ? Number(size) : null,
  }
}
