import { z } from 'zod'
import { helpdeskSettings } from '../helpdesk/registry.ts'
import { attachmentSettings } from './attachment-settings.ts'
import { hashKey, keyHashPattern } from './key-hash.ts'
import { helpdeskName, pageSettings } from './page-settings.ts'
import { menusNeedGetStarted } from './profile-schema.ts'
import { rateSettings } from './rate-settings.ts'
import { routeSettings } from './route-settings.ts'
import { whole } from './whole.ts'

const port = whole(0, 65_535)
const server = z.strictObject({
  host: z.string().default('0.0.0.0').describe('Address that the public port listens on.'),
  port: port.default(3000).describe('Public port: the webhook and the REST API.'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/[?#@]/.test(url), 'must hold no user, query or fragment')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe(
      'What Meta and helpdesks call, without /webhooks/meta and /callbacks: commands and links use it.',
    ),
  adminHost: z
    .string()
    .default('127.0.0.1')
    .describe('Address that the admin port listens on. Keep it private.'),
  adminPort: port.default(3001).describe('Admin port: /livez, /readyz, /metrics.'),
  trustProxy: z
    .array(
      z.union(
        [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
        'must be an IP address or a network such as 10.0.0.0/8',
      ),
    )
    .default([])
    .describe('Addresses or networks of your own proxies; only from these is X-Forwarded-For believed.'),
  webhookBodyLimit: whole(65_536, 64 * 1024 * 1024)
    .default(4 * 1024 * 1024)
    .describe('Largest delivery taken from Meta, bytes. Meta puts up to 1000 events into one.'),
  shutdownGraceMs: whole(1000, 600_000)
    .default(20_000)
    .describe('How long SIGTERM may drain what is under way, ms.'),
})

const lanes = z.strictObject({
  shards: whole(1, 1024)
    .default(1)
    .describe(
      'Over how many hash tags lanes are spread; one is right for one Redis. Never change it while lanes hold work.',
    ),
  leaseMs: whole(1000, 600_000)
    .default(10_000)
    .describe(
      'How long one worker may hold a lane, ms. Calls to helpdesks and Graph get less than half of it.',
    ),
  graceMs: whole(100, 60_000).default(1000).describe('After this long the timer repairs a lost alarm, ms.'),
  giveUpHours: whole(1, 720)
    .default(24)
    .describe('Age at which something that keeps failing becomes a dead letter, hours.'),
  concurrency: whole(1, 10_000)
    .default(64)
    .describe('Lanes that one worker works on at once, per helpdesk and for Graph.'),
})

const retention = z.strictObject({
  dedupeHours: whole(37, 720)
    .default(72)
    .describe('How long an event id is remembered, hours. Meta redelivers some events for up to 36.'),
  deadLetterDays: whole(1, 3650).default(30).describe('How long dead letters are kept, days.'),
  replyDays: whole(1, 3650).default(30).describe('How long the fate of a reply can be asked for, days.'),
  conversationDays: whole(1, 3650)
    .default(90)
    .describe('How long a conversation is known after its last event, days.'),
  profileDays: whole(1, 3650)
    .default(30)
    .describe(
      "How long a person's name and picture are kept before Meta is asked again, days; never longer than `conversationDays`.",
    ),
  consentDays: whole(1, 36_500)
    .default(3650)
    .describe('How long a consent is kept after its last change, days: it is your proof.'),
  deletionDays: whole(1, 3650)
    .default(365)
    .describe('How long the status of a request to delete data can be asked for, days.'),
})

const rateLimit = z.strictObject({
  restPerMinute: whole(1, 1_000_000).default(600).describe('REST calls per API key and minute.'),
  badSignaturesPerMinute: whole(1, 1_000_000)
    .default(100)
    .describe('Unsigned or badly signed webhook calls answered 401 per address and minute; then 429.'),
})

export const scopes = [
  'replies:write',
  'replies:raw',
  'notifications:write',
  'conversations:read',
  'customers:read',
  'customers:write',
  'pages:read',
  'pages:write',
  'dead-letters:read',
  'dead-letters:write',
] as const

const apiKey = z
  .strictObject({
    id: z.string().min(1).describe('Name of the key in logs and limits.'),
    keyHash: z
      .string()
      .regex(keyHashPattern, 'must be sha256: and 64 hexadecimal digits, as `key new` prints it')
      .optional()
      .describe('SHA-256 of the secret, as `node src/main.ts key new` prints it. This or `key`.'),
    key: z
      .string()
      .min(1)
      .refine((key) => !keyHashPattern.test(key), 'is a hash and not a key: call it keyHash')
      .optional()
      .describe('The secret itself; at least 32 random characters. This or `keyHash`.'),
    scopes: z.array(z.enum(scopes)).min(1).describe('What it may do.'),
    perMinute: whole(1, 1_000_000)
      .optional()
      .describe('REST calls of this key and minute, instead of `rateLimit.restPerMinute`.'),
  })
  .refine(({ key, keyHash }) => (key === undefined) !== (keyHash === undefined), {
    path: ['keyHash'],
    error: 'needs either keyHash or key, and not both',
    // Told beside the faults of the other fields.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  // Only the hash stays in memory.
  .transform(({ key, keyHash, ...rest }) => ({ ...rest, keyHash: keyHash ?? hashKey(key ?? '') }))

export const configSchema = z.strictObject({
  server: server.prefault({}),
  redis: z
    .strictObject({
      url: z
        .string()
        .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
        .default('redis://127.0.0.1:6379')
        .describe('Where Redis or Valkey is.'),
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be letters, digits, dashes or underscores')
        .default('deskbridge')
        .describe('Begins the name of every key we keep.'),
    })
    .prefault({}),
  durability: z
    .enum(['strict', 'relaxed'])
    .default('strict')
    .describe('strict refuses a Redis that would lose what was acknowledged; relaxed warns.'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info')
    .describe('debug writes a line for every stage that something passes.'),
  meta: z.strictObject({
    appSecrets: z
      .array(z.string().min(1))
      .min(1)
      .describe(
        'App secrets that may sign deliveries: the current one first, older ones while they are rotated.',
      ),
    verifyToken: z
      .string()
      .min(1)
      .describe('The token that you type into the webhook form of your Meta app.'),
    appId: z
      .union([z.string().regex(/^\d+$/, 'must be digits'), z.number().int().positive().transform(String)])
      .optional()
      .describe('Id of your Meta app: `doctor` and `subscribe` use it, and what tells other apps from ours.'),
    graphUrl: z
      .url({ protocol: /^https?$/ })
      .default('https://graph.facebook.com')
      .describe('Base URL of the Graph API.'),
    graphVersion: z
      .string()
      .regex(/^v\d+\.\d+$/, 'must look like v26.0')
      .default('v26.0')
      .describe('Version of the Graph API.'),
  }),
  pages: z
    .array(pageSettings)
    .superRefine(menusNeedGetStarted)
    .default([])
    .describe('The Pages and Instagram accounts that are connected.'),
  helpdesks: z
    .record(helpdeskName, helpdeskSettings)
    .default({})
    .describe('The helpdesks, by a name of your choice.'),
  routes: z
    .array(routeSettings)
    .max(200)
    .default([])
    .describe(
      "Which events go to other helpdesks than their Page's: the first that fits chooses; see docs/routes.md.",
    ),
  apiKeys: z
    .array(apiKey)
    .default([])
    .describe('Keys for the REST API. Several may be active at once, for rotation.'),
  lanes: lanes.prefault({}),
  retention: retention.prefault({}),
  rates: rateSettings.prefault({}).describe('How often Graph may be called, for each Page.'),
  rateLimit: rateLimit.prefault({}),
  attachments: attachmentSettings.prefault({}),
})

export type Config = z.infer<typeof configSchema>
