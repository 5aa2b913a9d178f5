import type { HelpdeskCall } from './http-client.ts'

/** So many calls in so many seconds, of the account. Without `counts` all of them. */
export interface CallBudget {
  name: string
  calls: number
  seconds: number
  counts?: (call: Pick<HelpdeskCall, 'method' | 'url'>) => boolean
}

/** Which headers tell what is left, and when there is more. */
export interface LimitHeaders {
  remaining: string
  /** Null where the vendor does not tell. */
  reset: string | null
  unit: 'seconds' | 'epoch-s' | 'epoch-ms'
}

export interface VendorLimit {
  /** What `perMinute` of the settings takes the place of. */
  perMinute: number
  budgets: readonly CallBudget[]
  headers: readonly LimitHeaders[]
  /** Vendors that say nothing with their 429 are left alone for so long, seconds. */
  holdSeconds: number
}

const rateLimitHeaders: LimitHeaders = {
  remaining: 'ratelimit-remaining',
  reset: 'ratelimit-reset',
  unit: 'seconds',
}

/**
 * What vendors let an account do, where they say so. A limit that depends on the plan is the lowest that agents' accounts
 * usually have; `perMinute` raises it.
 */
export const vendorLimits = {
  zendesk: {
    perMinute: 400,
    // A hundred updates of tickets in a minute, whatever the plan.
    budgets: [{ name: 'updates', calls: 100, seconds: 60, counts: isTicketUpdate }],
    headers: [rateLimitHeaders, { remaining: 'x-rate-limit-remaining', reset: null, unit: 'seconds' }],
    holdSeconds: 10,
  },
  'zendesk-messaging': { perMinute: 1000, budgets: [], headers: [], holdSeconds: 5 },
  salesforce: { perMinute: 1000, budgets: [], headers: [], holdSeconds: 60 },
  chatwoot: { perMinute: 3000, budgets: [], headers: [], holdSeconds: 10 },
  front: {
    perMinute: 50,
    budgets: [{ name: 'burst', calls: 5, seconds: 1 }],
    headers: [{ remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset', unit: 'epoch-s' }],
    holdSeconds: 5,
  },
  intercom: {
    perMinute: 10_000,
    // Ten thousand in a minute, shared out in slices.
    budgets: [{ name: 'slice', calls: 1600, seconds: 10 }],
    headers: [{ remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset', unit: 'epoch-s' }],
    holdSeconds: 10,
  },
  zammad: { perMinute: 3000, budgets: [], headers: [], holdSeconds: 5 },
  freshdesk: {
    perMinute: 100,
    budgets: [],
    headers: [{ remaining: 'x-ratelimit-remaining', reset: null, unit: 'seconds' }],
    holdSeconds: 30,
  },
  rocketchat: {
    perMinute: 600,
    budgets: [],
    headers: [{ remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset', unit: 'epoch-ms' }],
    holdSeconds: 10,
  },
  rt: { perMinute: 3000, budgets: [], headers: [], holdSeconds: 5 },
} as const satisfies Record<string, VendorLimit>

export type LimitedVendor = keyof typeof vendorLimits

function isTicketUpdate({ method, url }: Pick<HelpdeskCall, 'method' | 'url'>): boolean {
  return method === 'PUT' && /\/api\/v2\/tickets\/\d+/.test(url)
}
