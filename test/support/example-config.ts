/** A config file as somebody would write it, and an environment that fills it. */
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

/** What becomes of both: written down here, so that a default which changes is seen. */
export const exampleWithDefaults = {
  server: {
    host: '0.0.0.0',
    port: 3000,
    adminHost: '127.0.0.1',
    adminPort: 3001,
    trustProxy: [],
    webhookBodyLimit: 4 * 1024 * 1024,
    shutdownGraceMs: 20_000,
  },
  redis: { url: 'redis://127.0.0.1:6379', prefix: 'deskbridge' },
  durability: 'strict',
  logLevel: 'info',
  meta: {
    appSecrets: ['the-app-secret'],
    verifyToken: 'the-verify-token',
    graphUrl: 'https://graph.facebook.com',
    graphVersion: 'v26.0',
  },
  pages: [
    {
      id: '1234567890',
      name: 'Acme',
      channel: 'messenger',
      accessToken: 'the-page-token',
      helpdesk: 'main',
      moreFields: [],
      window: 'refuse',
      humanAgent: true,
      threadControl: 'wait',
      elsewhere: 'note',
      elsewhereHours: 1,
      locale: 'en',
      profileFields: [],
      stopWords: [],
    },
  ],
  helpdesks: {
    main: {
      adapter: 'webhook',
      url: 'https://desk.example/events',
      secret: environment.DESK_SECRET,
      allowPrivateNetwork: false,
    },
  },
  routes: [],
  apiKeys: [
    {
      id: 'desk',
      // SHA-256 of the-api-key.
      keyHash: 'sha256:8d50189b762a2ceb6ce62f175bdeed3b98da57133c8486a27d65fd5c8ece164f',
      scopes: ['replies:write', 'conversations:read', 'dead-letters:write'],
    },
  ],
  lanes: { shards: 1, leaseMs: 10_000, graceMs: 1000, giveUpHours: 24, concurrency: 64 },
  retention: {
    dedupeHours: 72,
    deadLetterDays: 30,
    replyDays: 30,
    conversationDays: 90,
    profileDays: 30,
    consentDays: 3650,
    deletionDays: 365,
  },
  rates: {
    limits: {
      text: { limit: 300, windowMs: 1000 },
      media: { limit: 10, windowMs: 1000 },
      privateReply: { limit: 750, windowMs: 3_600_000 },
      profile: { limit: 10, windowMs: 600_000 },
      conversations: { limit: 2, windowMs: 1000 },
      lookups: { limit: 100, windowMs: 1000 },
    },
    marginPercent: 1,
    slowFromPercent: 80,
  },
  rateLimit: { restPerMinute: 600, badSignaturesPerMinute: 100 },
  attachments: {
    maxBytes: 25 * 1024 * 1024,
    ttlDays: 30,
    concurrency: 4,
    timeoutMs: 60_000,
    giveUpHours: 24,
    allowPrivateNetwork: false,
  },
}
