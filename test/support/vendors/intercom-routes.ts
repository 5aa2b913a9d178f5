import type { Json, VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { allowed, contactOf, object, refused, text } from './intercom-account.ts'
import { notification, ourAdmin, paragraph } from './intercom-state.ts'
import type { IntercomConversation, IntercomPart, IntercomState } from './intercom-state.ts'

const contactId = { type: 'string', minLength: 24, maxLength: 24 }
const time = { type: 'integer', minimum: 1_600_000_000, maximum: 2_000_000_000 }
const urls = { type: 'array', items: { type: 'string', pattern: '^https?://' }, minItems: 1, maxItems: 10 }
const us = { const: ourAdmin }

const userReply = object(
  {
    message_type: { const: 'comment' },
    type: { const: 'user' },
    intercom_user_id: contactId,
    body: text,
    created_at: time,
    attachment_urls: urls,
  },
  ['message_type', 'type', 'intercom_user_id', 'body'],
)
const adminReply = object(
  {
    message_type: { enum: ['comment', 'note'] },
    type: { const: 'admin' },
    admin_id: us,
    body: text,
    created_at: time,
    attachment_urls: urls,
    skip_notifications: { const: true },
  },
  ['message_type', 'type', 'admin_id', 'body'],
)

export function conversationRoutes(state: IntercomState): VendorRoute[] {
  function at(answer: (conversation: IntercomConversation, request: VendorRequest) => VendorAnswer) {
    return allowed((request) => {
      const conversation = state.conversations.find(({ id }) => id === request.params['id'])
      return conversation ? answer(conversation, request) : refused(404, 'not_found')
    })
  }

  function put(
    conversation: IntercomConversation,
    part: Omit<IntercomPart, 'id'>,
    topic: string,
  ): VendorAnswer {
    const made = { id: String(state.next()), ...part }
    conversation.parts.push(made)
    conversation.parts.sort((a, b) => a.created_at - b.created_at)
    state.told.push(notification(state, topic, conversation.id, made))
    return { json: wire(conversation) }
  }

  function reply(conversation: IntercomConversation, { json }: VendorRequest): VendorAnswer {
    const created_at = (json.created_at as number | undefined) ?? 1_790_000_000
    const attachments = ((json.attachment_urls ?? []) as string[]).map((url) => ({
      type: 'upload',
      name: url.split('/').at(-1)!,
      url,
      content_type: 'image/jpeg',
    }))
    // Intercom fetches them itself.
    if (attachments.some(({ name }) => name.startsWith('gone-'))) return refused(400, 'parameter_invalid')
    if (json.type === 'user') {
      const contact = contactOf(state, json.intercom_user_id)
      if (contact?.id !== conversation.contactId) return refused(404, 'not_found', 'User Not Found')
      const wasClosed = conversation.state === 'closed'
      conversation.state = 'open'
      const author = { type: 'user' as const, id: contact.id, name: contact.name }
      const body = paragraph(escaped(json.body))
      const part_type = wasClosed ? ('open' as const) : ('comment' as const)
      return put(
        conversation,
        { part_type, body, created_at, author, attachments },
        'conversation.user.replied',
      )
    }
    const author = { type: 'admin' as const, id: ourAdmin, name: 'deskbridge' }
    const isNote = json.message_type === 'note'
    return put(
      conversation,
      { part_type: isNote ? 'note' : 'comment', body: paragraph(json.body), created_at, author, attachments },
      isNote ? 'conversation.admin.noted' : 'conversation.admin.replied',
    )
  }

  function manage(conversation: IntercomConversation, { json }: VendorRequest): VendorAnswer {
    const author = { type: 'admin' as const, id: ourAdmin, name: 'deskbridge' }
    if (json.message_type === 'assignment') conversation.assignee = `${json.type} ${json.assignee_id}`
    else conversation.state = json.message_type === 'close' ? 'closed' : 'open'
    const topic = { close: 'closed', open: 'opened', assignment: 'assigned' }[json.message_type as 'open']
    const part = {
      part_type: json.message_type,
      body: null,
      created_at: 1_790_000_050,
      author,
      attachments: [],
    }
    return put(conversation, part, `conversation.admin.${topic}`)
  }

  return [
    {
      method: 'POST',
      path: '/conversations',
      body: object({ from: object({ type: { const: 'user' }, id: contactId }), body: text }),
      answer: allowed(({ json }) => {
        if (!contactOf(state, json.from.id)) return refused(404, 'not_found', 'User Not Found')
        const id = String(500 + state.next())
        state.conversations.push({
          id,
          contactId: json.from.id,
          state: 'open',
          title: null,
          source: { body: paragraph(escaped(json.body)) },
          assignee: null,
          attributes: {},
          tags: [],
          parts: [],
        })
        const message = { type: 'user_message', id: '403918349', created_at: 1_790_000_000, body: json.body }
        return { json: { ...message, message_type: 'inapp', conversation_id: id } }
      }),
    },
    {
      method: 'POST',
      path: '/conversations/search',
      body: object({
        query: object({ field: { const: 'contact_ids' }, operator: { const: '=' }, value: contactId }),
        pagination: object({ per_page: { const: 50 } }),
      }),
      answer: allowed(({ json }) => ({
        json: {
          type: 'conversation.list',
          conversations: state.conversations
            .filter((one) => one.contactId === json.query.value)
            .map(({ id, source }) => ({ id, source })),
        },
      })),
    },
    {
      method: 'POST',
      path: '/conversations/redact',
      body: object({
        type: { const: 'conversation_part' },
        conversation_id: text,
        conversation_part_id: text,
      }),
      answer: allowed(({ json }) => {
        const conversation = state.conversations.find(({ id }) => id === json.conversation_id)
        const part = conversation?.parts.find(({ id }) => id === json.conversation_part_id)
        if (!conversation || !part) return refused(404, 'conversation_part_or_message_not_found')
        if (part.body === null || part.redacted) return refused(400, 'conversation_part_not_redactable')
        Object.assign(part, {
          body: '<p><i>This message was deleted</i></p>',
          attachments: [],
          redacted: true,
        })
        return { json: wire(conversation) }
      }),
    },
    { method: 'GET', path: '/conversations/:id', answer: at((one) => ({ json: wire(one) })) },
    {
      method: 'PUT',
      path: '/conversations/:id',
      body: object({ title: text, custom_attributes: { type: 'object', additionalProperties: text } }, [
        'title',
      ]),
      answer: at((conversation, { json }) => {
        const names = Object.keys(json.custom_attributes ?? {})
        if (!names.every((name) => state.attributes.some((one) => one.name === name)))
          return refused(400, 'parameter_invalid')
        Object.assign(conversation.attributes, json.custom_attributes)
        conversation.title = json.title
        return { json: wire(conversation) }
      }),
    },
    {
      method: 'POST',
      path: '/conversations/:id/reply',
      body: { oneOf: [userReply, adminReply] },
      answer: at(reply),
    },
    {
      method: 'POST',
      path: '/conversations/:id/parts',
      body: {
        oneOf: [
          object({ message_type: { const: 'close' }, type: { const: 'admin' }, admin_id: us }),
          object({ message_type: { const: 'open' }, admin_id: us }),
          object({
            message_type: { const: 'assignment' },
            type: { enum: ['admin', 'team'] },
            admin_id: us,
            assignee_id: text,
          }),
        ],
      },
      answer: at(manage),
    },
    {
      method: 'POST',
      path: '/conversations/:id/tags',
      body: object({ id: text, admin_id: us }),
      answer: at((conversation, { json }) => {
        const tag = state.tags.find(({ id }) => id === json.id)
        if (!tag) return refused(404, 'not_found')
        conversation.tags = [...new Set([...conversation.tags, tag.id])]
        return { json: { type: 'tag', ...tag } }
      }),
    },
  ]
}

function wire({ id, state, source, parts }: IntercomConversation): Json {
  return {
    type: 'conversation',
    id,
    state,
    source,
    conversation_parts: {
      type: 'conversation_part.list',
      conversation_parts: parts.map((part) => ({ type: 'conversation_part', ...part })),
      total_count: parts.length,
    },
  }
}

/** Contacts' words are text. */
function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
