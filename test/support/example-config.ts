/** The config file of the first issue, and an environment that fills it. */
export const example = `
server: { port: 3000, adminPort: 3001 }
redis: { url: redis://127.0.0.1:6379, prefix: deskbridge }
durability: strict
meta:
  appSecrets: ["\${META_APP_SECRET}"]
  verifyToken: "\${META_VERIFY_TOKEN}"
  graphUrl: https://graph.facebook.com
  graphVersion: v26.0
pages:
  - { id: "1234567890", name: Acme, channel: messenger, accessToken: "\${PAGE_TOKEN}", helpdesk: main }
helpdesks:
  main: { adapter: webhook, url: "https://desk.example/events", secret: "\${DESK_SECRET}" }
apiKeys:
  - { id: desk, key: "\${API_KEY}", scopes: ["replies:write", "conversations:read", "dead-letters:write"] }
`

export const environment = {
  META_APP_SECRET: 'the-app-secret',
  META_VERIFY_TOKEN: 'the-verify-token',
  PAGE_TOKEN: 'the-page-token',
  DESK_SECRET: `whsec_${Buffer.from('a secret of the desk, 24+').toString('base64')}`,
  API_KEY: 'the-api-key',
}
