import { createHmac } from 'node:crypto'
import { frontHelpdesk } from '../../../src/helpdesk/front/adapter.ts'
import type { FrontDeps } from '../../../src/helpdesk/front/adapter.ts'
import type { FrontSettings } from '../../../src/helpdesk/front/settings.ts'
import type { TicketHelpdeskUnderTest, WrittenReply } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { Json } from '../vendor-server.ts'
import { frontRoutes } from './front-routes.ts'
import { frontSecrets } from './front-state.ts'
import type { FrontState } from './front-state.ts'

/** What a Channel API of Front would take, and nothing else. It does not drop external ids that it knows. */
export async function frontVendor(deps: FrontDeps = {}, more: Partial<FrontSettings> = {}) {
  let counter = 0
  const state: FrontState = {
    conversations: [],
    contacts: new Map(),
    tags: [{ id: 'tag_9', name: 'vip' }],
    told: [],
    late: 0,
    merged: new Map(),
    next: (prefix) => `${prefix}_${++counter}`,
  }
  const server = await vendorServer(frontRoutes(state), [
    { file: 'front/channel-api.json', patch: takesForms },
    { file: 'front/core-api.json' },
  ])
  const settings: FrontSettings = {
    adapter: 'front',
    url: server.url,
    channelId: 'cha_77',
    appId: 'app_11',
    appSecret: frontSecrets.app,
    token: frontSecrets.token,
    callbackSecrets: [frontSecrets.callback],
    callbackUrl: 'https://bridge.example/callbacks/desk',
    allowPrivateNetwork: true,
    ...more,
  }
  const adapter = frontHelpdesk(settings, { lookAgainMs: 1, filesMs: 300, ...deps })
  return { adapter, server, state, settings }
}

export async function openFront(): Promise<TicketHelpdeskUnderTest> {
  const { adapter, server, state } = await frontVendor()
  return {
    adapter,
    server,
    secrets: Object.values(frontSecrets),
    tickets: () =>
      state.conversations.map((one) => ({
        id: one.externalId,
        customer: one.handle,
        customerName: state.contacts.get(one.handle)?.name,
        status: one.status === 'archived' ? 'solved' : 'open',
        tags: one.tags.map((id) => state.tags.find((tag) => tag.id === id)?.name ?? id),
        entries: one.order.map((id) => {
          const message = one.messages.find((entry) => entry.id === id)
          return message
            ? {
                id,
                from: message.isInbound ? ('customer' as const) : ('agent' as const),
                author: message.sender,
                text: seen(message.body),
                files: message.files.map(({ name }) => name),
              }
            : {
                id,
                from: 'note' as const,
                text: one.comments.find((entry) => entry.id === id)?.body ?? '',
                files: [],
              }
        }),
      })),
    callbacks: {
      reply: (ticket, reply) => {
        const body = messageCallback(state, ticket, reply)
        agentWrote(state, ticket, body)
        return [{ body }]
      },
      ours: () => state.told.map((body) => ({ body })),
    },
    close: async () => {},
  }
}

/** What a browser shows of it. */
export function seen(html: string): string {
  return html
    .replaceAll('<br>', '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

export function messageCallback(
  state: FrontState,
  ticket: string,
  { text, files, agent }: WrittenReply,
): Json {
  const conversation = state.conversations.find(({ externalId }) => externalId === ticket)
  const [first_name, last_name] = agent.split(' ')
  const types = { image: 'image/png', audio: 'audio/mpeg', video: 'video/mp4', file: 'application/pdf' }
  return {
    type: 'message',
    payload: {
      id: state.next('msg'),
      type: 'custom',
      is_inbound: false,
      created_at: 1_790_000_123.456,
      body: text ?? '',
      text: text ?? '',
      author: {
        id: 'tea_5',
        type: 'user',
        email: 'bea@acme.example',
        username: 'bea',
        first_name,
        last_name,
      },
      recipients: [{ handle: conversation?.handle ?? ticket, role: 'to', name: null }],
      attachments: files.map(({ type, name }) => ({
        id: state.next('fil'),
        url: 'https://acme.api.frontapp.com/download/fil_1',
        filename: name,
        content_type: types[type],
        size: 12,
        metadata: {},
      })),
    },
    metadata: { external_conversation_ids: conversation ? [ticket] : [] },
  }
}

/** What Front keeps of an agent's message, once it has read the id in our answer. */
export function agentWrote(state: FrontState, ticket: string, body: Json): void {
  state.conversations
    .find((one) => one.externalId === ticket)
    ?.messages.push({
      id: body.payload.id,
      uid: `uid${body.payload.id}`,
      externalId: body.payload.id,
      isInbound: false,
      sender: undefined,
      body: body.payload.body,
      at: 0,
      files: [],
    })
}

/** A POST as Front signs it, over these very bytes. */
export function signedByFront(body: Json, at: number, secret = frontSecrets.callback) {
  const bytes = Buffer.from(JSON.stringify(body))
  const signature = createHmac('sha256', secret).update(`${at}:`).update(bytes).digest('base64')
  return {
    bytes,
    headers: { 'x-front-request-timestamp': String(at), 'x-front-signature': signature },
  }
}

/** The description says in words that messages with files are forms, and has no schema of them. */
function takesForms(document: Json): void {
  for (const kind of ['inbound', 'outbound'])
    document.paths[`/channels/{channel_id}/${kind}_messages`].post.requestBody.content[
      'multipart/form-data'
    ] = {
      schema: {},
    }
}
