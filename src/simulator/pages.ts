import { createHmac } from 'node:crypto'
import type { Channel } from './check-button.ts'
import { createCounts, type Counts } from './counts.ts'
import { businessUsage, createRates, type Rates } from './rates.ts'

/** The Pages that Graph knows, with what may be wrong with each. */

export type SimulatedPage = {
  id: string
  accessToken: string
  /** `messenger` by default. */
  channel?: Channel
  name?: string
  /** The Facebook Page of an Instagram account; both ids name it in a path. */
  linkedPageId?: string
  /** Ids in its catalogue; any id will do without this. */
  products?: readonly string[]
}

export type Page = {
  readonly id: string
  readonly channel: Channel
  readonly name: string
  readonly linkedPageId: string | undefined
  token: Token
  /** `Temporarily restricted`: nothing may be sent. */
  restricted: boolean
  /** The code that a send without permission is answered with. */
  missingPermission: 10 | 200 | null
  /** Whether the app has the feature Human Agent. */
  humanAgent: boolean
  products: ReadonlySet<string> | undefined
  /** What it is subscribed to; null before anybody said so: everything. */
  subscribedFields: ReadonlySet<string> | null
  /** Sent along with each answer. */
  usageHeaders: Readonly<Record<string, string>> | undefined
  /** Order numbers of receipts, which must not repeat. */
  readonly orderNumbers: Set<string>
  readonly rates: Rates | undefined
  readonly counts: Counts
}

export type Token = {
  value: string
  /** The appsecret_proof that goes with it. */
  proof: string
  /** Unset: it works. */
  deadWith?: number | null
  /** Seconds since the epoch; 0: never. */
  expiresAt: number
  scopes: readonly string[]
}

export type Pages = {
  /** The Page with this id, or with this linked Page. */
  get(id: string): Page | undefined
  all(): readonly Page[]
  /** Whose token it is, or was. */
  ofToken(value: string): { page: Page; token: Token } | undefined
  /** The old one stays known, and is answered as one that a new password ended. */
  replaceToken(page: Page, value: string, subcode?: number): void
  setUsage(page: Page, usage: { percent: number; regainMinutes: number }): void
  /** Both the app and the Page must have subscribed to a field. */
  isSubscribed(page: Page, field: string): boolean
  subscribeApp(object: string, fields: ReadonlySet<string>): void
  appFields(object: string): ReadonlySet<string> | undefined
}

/** What a Page token can do when nobody says otherwise. */
const SCOPES = [
  'pages_messaging',
  'pages_manage_metadata',
  'pages_read_engagement',
  'pages_manage_engagement',
  'pages_show_list',
  'page_utility_messaging',
]
const INSTAGRAM_SCOPES = [...SCOPES, 'instagram_basic', 'instagram_manage_messages']

export function proofOf(token: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(token).digest('hex')
}

export function createPages(
  given: readonly SimulatedPage[],
  deps: { appSecret: string; now: () => number; limited: boolean },
): Pages {
  const { appSecret, now, limited } = deps
  const byId = new Map<string, Page>()
  const byToken = new Map<string, { page: Page; token: Token }>()
  const appFields = new Map<string, ReadonlySet<string>>()
  const pages = given.map((one) => create(one))

  function create(one: SimulatedPage): Page {
    const { id, accessToken, channel = 'messenger', name = `Page ${id}`, linkedPageId, products } = one
    const page: Page = {
      id,
      channel,
      name,
      linkedPageId,
      token: newToken(accessToken, channel),
      restricted: false,
      missingPermission: null,
      humanAgent: true,
      products: products && new Set(products),
      subscribedFields: null,
      usageHeaders: undefined,
      orderNumbers: new Set(),
      rates: limited ? createRates({ id, channel }, { now }) : undefined,
      counts: createCounts(),
    }
    for (const key of [id, ...(linkedPageId === undefined ? [] : [linkedPageId])]) {
      if (byId.has(key)) throw new Error(`two Pages have the id ${key}`)
      byId.set(key, page)
    }
    if (byToken.has(accessToken)) throw new Error(`Page ${id} has the access token of another Page`)
    byToken.set(accessToken, { page, token: page.token })
    return page
  }

  function newToken(value: string, channel: Channel): Token {
    return {
      value,
      proof: proofOf(value, appSecret),
      expiresAt: 0,
      scopes: channel === 'instagram' ? INSTAGRAM_SCOPES : SCOPES,
    }
  }

  return {
    get: (id) => byId.get(id),
    all: () => pages,
    ofToken: (value) => byToken.get(value),
    replaceToken(page, value, subcode = 460) {
      page.token.deadWith ??= subcode
      page.token = newToken(value, page.channel)
      byToken.set(value, { page, token: page.token })
    },
    setUsage(page, usage) {
      const app = { call_count: usage.percent, total_time: usage.percent, total_cputime: usage.percent }
      page.usageHeaders =
        usage.percent === 0
          ? undefined
          : { 'x-app-usage': JSON.stringify(app), ...businessUsage(page, usage) }
    },
    isSubscribed: (page, field) =>
      (page.subscribedFields?.has(field) ?? true) &&
      (appFields.get(page.channel === 'instagram' ? 'instagram' : 'page')?.has(field) ?? true),
    subscribeApp: (object, fields) => void appFields.set(object, fields),
    appFields: (object) => appFields.get(object),
  }
}
