import { zendeskMessagingHelpdesk } from '../../../src/helpdesk/zendesk-messaging/adapter.ts'
import { zendeskMessagingSettings } from '../../../src/helpdesk/zendesk-messaging/settings.ts'
import { using } from '../ticket-helpdesk-kit.ts'
import type { Open, SeenCallback, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { Json } from '../vendor-server.ts'
import { fakeSunshine, seenConversation } from './sunshine-app.ts'
import type { FakeSunshine } from './sunshine-app.ts'
import { setupRoutes } from './sunshine-setup.ts'
import { sunshineRoutes } from './sunshine-routes.ts'

export const keySecret = 'Sk3yT0pSecretOfSunshineApp'
export const webhookSecret = '8564b3e6a8b20a4bdb68b05ce9bc5936'

export type SunshineUnderTest = TicketHelpdeskUnderTest & { app: FakeSunshine }

/** Its kinds of content are told apart by a discriminator alone, which JSON Schema does not know. */
function patch(document: Json): void {
  const { schemas } = document.components
  for (const [type, ref] of Object.entries<string>(schemas.content.discriminator.mapping))
    schemas[ref.split('/').at(-1)!].properties.type = { const: type }
}

const specs = [{ file: 'sunshine-conversations/openapi.yaml', base: '/sc', patch }]

export async function openSunshine(more: Json = {}): Promise<SunshineUnderTest> {
  const app = fakeSunshine()
  const expected = `Basic ${Buffer.from(`app_5deef:${keySecret}`).toString('base64')}`
  const deps = { app, isOurs: (header: string | undefined) => header === expected, url: () => server.url }
  const server = await vendorServer([...sunshineRoutes(deps), ...setupRoutes(deps, webhookSecret)], specs)
  const settings = zendeskMessagingSettings.parse({
    adapter: 'zendesk-messaging',
    url: `${server.url}/sc`,
    appId: app.id,
    keyId: 'app_5deef',
    keySecret,
    callbackSecrets: [webhookSecret],
    allowPrivateNetwork: true,
    ...more,
  })

  return {
    adapter: zendeskMessagingHelpdesk(settings),
    server,
    app,
    tickets: () =>
      app.conversations.filter(({ deleted }) => !deleted).map((each) => seenConversation(app, each)),
    secrets: [keySecret, webhookSecret],
    callbacks: {
      reply: (id, { text, files, agent }) => {
        const author = { type: 'business', displayName: agent, subtypes: ['agent'] }
        const contents = [
          ...(text === null ? [] : [{ type: 'text', text }]),
          ...files.map(({ type, name }) => ({
            type: type === 'image' ? 'image' : 'file',
            // Private, as new accounts have them.
            mediaUrl: `${server.url}/sc/attachments/${name}`,
            mediaType: type === 'file' ? 'application/pdf' : `${type}/png`,
            altText: name,
          })),
        ]
        return contents.map((content): SeenCallback => {
          const message = app.post(app.live(id)!, { author, content, source: { type: 'zd:agentWorkspace' } })
          return { body: app.told(app.live(id)!, message) }
        })
      },
      ours: () =>
        app.conversations.flatMap((each) =>
          each.messages.filter(({ byUs }) => byUs).map((message) => ({ body: app.told(each, message) })),
        ),
    },
    closeForGood: (id) => {
      app.live(id)!.full = true
    },
    remove: (id) => {
      app.live(id)!.deleted = true
    },
    volatile: {},
    close: () => Promise.resolve(),
  }
}

export const openDefault: Open = () =>
  openSunshine({ switchboardIntegration: 'zd-agentWorkspace', fields: { locale: 9001 }, tags: ['facebook'] })

/** A test of its own particulars. */
export function sunshine(use: (under: SunshineUnderTest) => Promise<void>, more = {}) {
  return using(
    () => openSunshine(more),
    (under) => use(under as SunshineUnderTest),
  )
}
