import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import type { Step, TicketHelpdesk, TicketRef } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskLimit } from '../http-client.ts'
import { afterEffect, intercomApi } from './intercom-api.ts'
import type { IntercomApi } from './intercom-api.ts'
import { openConversation } from './open-conversation.ts'
import { readCallback } from './read-callback.ts'
import { removeMessage } from './remove-message.ts'
import { intercomSetup } from './set-up.ts'
import type { IntercomSettings } from './settings.ts'
import { partWriter } from './write-part.ts'
import type { IntercomTicket } from './write-part.ts'

const tag = z.object({ id: z.union([z.string(), z.number()]).transform(String) })

/** Conversations in Intercom's inbox: the customer speaks as a contact, what else there is to say is by a teammate of ours. */
export function intercomHelpdesk(
  settings: IntercomSettings,
  deps: { limit?: HelpdeskLimit | undefined } = {},
): TicketHelpdesk {
  const { adminId, fields = {} } = settings
  const api = intercomApi(settings, deps.limit)
  const parts = partWriter(api, adminId)

  return {
    style: 'tickets',
    fields: new Set(contextFacts.filter((fact) => fields[fact] !== undefined)),
    async openTicket(ticket, step) {
      const { conversationId, contactId } = await openConversation(api, settings, ticket, step)
      return `${conversationId} ${contactId}`
    },
    appendMessage: (ref, message, step) => parts.writeMessage(readRef(ref), message, step),
    addNote: (ref, note, step) => parts.writeNote(readRef(ref), note, step),
    removeMessage: (ref, written, { signal }) =>
      removeMessage(api, readRef(ref).conversationId, written, signal),
    async setStatus(ref, status, { signal }) {
      const json =
        status === 'solved'
          ? { message_type: 'close', type: 'admin', admin_id: adminId }
          : { message_type: 'open', admin_id: adminId }
      const path = `/conversations/${readRef(ref).conversationId}/parts`
      await api.callTicket({ method: 'POST', path, json, signal })
    },
    setTags: (ref, tags, step) => setTags(api, { ...readRef(ref), adminId, tags }, step),
    async setCustomer(ref, { name, firstName, username }, { signal }) {
      const called = name ?? firstName ?? username
      if (called === null) return
      const path = `/contacts/${readRef(ref).contactId}`
      await api.callTicket({ method: 'PUT', path, json: { name: called }, signal })
    },
    callback: {
      scheme: 'intercom',
      secrets: settings.callbackSecrets,
      parse: (callback) => readCallback(callback, adminId),
    },
    setup: intercomSetup(api, settings),
    close: api.close,
  }
}

function readRef(ref: TicketRef): IntercomTicket {
  const [conversationId = '', contactId = ''] = ref.split(' ')
  return { conversationId, contactId }
}

/** Intercom gives the id of a tag by its name, and makes it where it is not there. Idempotent. */
async function setTags(
  api: IntercomApi,
  { conversationId, adminId, tags }: IntercomTicket & { adminId: string; tags: string[] },
  { signal }: Step,
): Promise<void> {
  for (const name of tags) {
    const { id } = readAnswer(tag, await api.call({ method: 'POST', path: '/tags', json: { name }, signal }))
    const path = `/conversations/${conversationId}/tags`
    await afterEffect(api.callTicket({ method: 'POST', path, json: { id, admin_id: adminId }, signal }))
  }
}
