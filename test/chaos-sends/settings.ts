import { appSecretProof } from '../../src/meta/signature.ts'
import { castPages } from './cast.ts'
import type { Scenario } from './scenario.ts'
import { apiKey } from './service.ts'

export const prefix = 'chaos'
export const appSecret = 'chaos-sends-app-secret'
const graphVersion = 'v26.0'

/** The config file of the service. */
export function configuration({ lanes }: Scenario, graphUrl: string) {
  return {
    server: { host: '127.0.0.1' },
    redis: { prefix },
    meta: { appSecrets: [appSecret], verifyToken: 'chaos', graphUrl, graphVersion },
    pages: castPages.map(({ id, channel, accessToken }) => ({
      id,
      name: `Page ${id}`,
      channel,
      accessToken,
      helpdesk: 'main',
    })),
    helpdesks: { main: { adapter: 'inbox' } },
    apiKeys: [{ ...apiKey, scopes: ['replies:write', 'conversations:read', 'dead-letters:read'] }],
    lanes,
    rateLimit: { restPerMinute: 1_000_000 },
  }
}

/** Subscribes the deaf Pages to everything but echoes. */
export async function deafen(graphUrl: string): Promise<void> {
  for (const { id, accessToken } of castPages.filter(({ deaf }) => deaf)) {
    const proof = appSecretProof(accessToken, appSecret)
    const response = await fetch(
      `${graphUrl}/${graphVersion}/${id}/subscribed_apps?appsecret_proof=${proof}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          subscribed_fields: ['messages', 'messaging_postbacks', 'message_deliveries', 'message_reads'],
        }),
      },
    )
    if (!response.ok) throw new Error(`Page ${id} was not subscribed: ${await response.text()}`)
  }
}
