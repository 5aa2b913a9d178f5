import { zendeskHelpdesk } from '../../../src/helpdesk/zendesk/adapter.ts'
import { zendeskSettings } from '../../../src/helpdesk/zendesk/settings.ts'
import { using } from '../ticket-helpdesk-kit.ts'
import type { Open, SeenCallback, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { Json } from '../vendor-server.ts'
import { fakeAccount, seenTicket } from './zendesk-account.ts'
import type { FakeAccount, FakeFile, FakeUser } from './zendesk-account.ts'
import { adminRoutes } from './zendesk-admin.ts'
import { ticketRoutes } from './zendesk-tickets.ts'

export const apiToken = 'tok_Zd9mQ4xW7pLr2sVb'
export const signingSecret = 'dGhpcyBpcyBhIHNlY3JldCBvZiBhIHdlYmhvb2s='

export type ZendeskUnderTest = TicketHelpdeskUnderTest & { account: FakeAccount; callbackUrl: string }

/**
 * Zendesk's own file leaves out the bodies of uploads, tags and redactions (which its text lists), and takes a ticket's `custom_fields` for definitions of
 * fields, where its pages say `id` and `value`.
 */
function patch(document: Json): void {
  document.components.schemas.CustomFieldObject.required = []
  document.paths['/api/v2/tickets/{ticket_id}/tags'].put.requestBody = {
    required: true,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/TagsByObjectIdResponse' } } },
  }
  document.paths['/api/v2/comment_redactions/{ticket_comment_id}'].put.requestBody = {
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['ticket_id'],
          properties: {
            ticket_id: { type: 'integer' },
            html_body: { type: 'string' },
            external_attachment_urls: { type: 'array', items: { type: 'string' } },
          },
        },
      },
    },
  }
  document.paths['/api/v2/uploads'].post.requestBody = {
    required: true,
    content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
  }
}

const specs = [
  { file: 'zendesk-support/openapi-src.yaml', patch },
  { file: 'zendesk-support/openapi-webhooks.yaml', base: '/api/v2' },
]

export async function openZendesk(more: Json = {}): Promise<ZendeskUnderTest> {
  const account = fakeAccount()
  const expected = `Basic ${Buffer.from(`desk@acme.example/token:${apiToken}`).toString('base64')}`
  const deps = { account, isOurs: (header: string | undefined) => header === expected, url: () => server.url }
  const server = await vendorServer([...ticketRoutes(deps), ...adminRoutes(deps, signingSecret)], specs)
  const settings = zendeskSettings.parse({
    adapter: 'zendesk',
    url: server.url,
    email: 'desk@acme.example',
    apiToken,
    userId: account.api.id,
    callbackSecrets: [signingSecret],
    allowPrivateNetwork: true,
    ...more,
  })

  function posted(by: (user: FakeUser) => boolean, from = 0): SeenCallback[] {
    return account.events.slice(from).flatMap(({ by: user, event }) => (by(user) ? [{ body: event }] : []))
  }

  /** What Zendesk posts of what somebody does. */
  function doing(act: () => void): SeenCallback[] {
    const from = account.events.length
    act()
    return posted(() => true, from)
  }

  return {
    adapter: zendeskHelpdesk(settings),
    server,
    account,
    callbackUrl: 'https://bridge.example/callbacks/desk',
    tickets: () => account.tickets.filter(({ status }) => status !== 'deleted').map(seenTicket),
    secrets: [apiToken, signingSecret],
    callbacks: {
      reply: (id, { text, files, agent }) =>
        doing(() => {
          const author = account.user(agent)
          const made = files.map(({ type, name }): FakeFile => {
            const mime = type === 'file' ? 'application/pdf' : `${type}/png`
            return { id: account.next(), name, type: mime }
          })
          const comment = { author, body: text ?? '', public: true, files: made }
          account.update(author, account.live(id)!, { comment })
        }),
      note: (id, text) =>
        doing(() => {
          const author = account.user('Bea Agent')
          account.update(author, account.live(id)!, {
            comment: { author, body: text, public: false, files: [] },
          })
        }),
      status: (id, status) =>
        doing(() => void account.update(account.user('Bea Agent'), account.live(id)!, { status })),
      ours: () => posted(({ id }) => id === account.api.id),
    },
    closeForGood: (id) => {
      account.live(id)!.status = 'closed'
    },
    remove: (id) => {
      account.live(id)!.status = 'deleted'
    },
    volatile: {},
    close: () => Promise.resolve(),
  }
}

export const openDefault: Open = () => openZendesk({ fields: { locale: 9001 }, groupId: 8001 })

/** A test of its own particulars. */
export function zendesk(use: (under: ZendeskUnderTest) => Promise<void>, more = {}) {
  return using(
    () => openZendesk(more),
    (under) => use(under as ZendeskUnderTest),
  )
}
