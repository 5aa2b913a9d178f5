import type { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { StepError } from '../domain/step-error.ts'
import { retryAfterMs } from './http-client.ts'
import type { HelpdeskAnswer, HelpdeskLimit } from './http-client.ts'
import type { CallBudget, LimitHeaders, VendorLimit } from './vendor-limits.ts'

/** Longer holds than this are a vendor's mistake, or ours in reading it, s. */
const longestHold = 3600

/**
 * One budget for the account of a helpdesk, counted in Redis by all workers. What the vendor's headers say goes before
 * what we count: an account that has spent its calls, with us or with others, is left alone until there are more.
 */
export function accountLimit(
  redis: Redis,
  settings: {
    prefix: string
    helpdesk: string
    vendor: VendorLimit
    perMinute?: number | undefined
    now?: () => number
  },
): HelpdeskLimit {
  const { vendor, helpdesk } = settings
  const now = settings.now ?? Date.now
  const minute: CallBudget = { name: 'minute', calls: settings.perMinute ?? vendor.perMinute, seconds: 60 }
  const all: readonly CallBudget[] = [minute, ...vendor.budgets]
  const budgets = all.map((budget) => ({
    ...budget,
    limiter: new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `${settings.prefix}:limit:helpdesk-${budget.name}`,
      points: budget.calls,
      duration: budget.seconds,
      // Once the account is spent, this process need not ask again.
      inMemoryBlockOnConsumed: budget.calls,
    }),
  }))

  /** The narrowest budget is asked first: a call that it refuses costs the others nothing. */
  async function take(call: Parameters<HelpdeskLimit['take']>[0]): Promise<void> {
    for (const budget of budgets.toReversed()) {
      if (budget.counts?.(call) !== false) await consume(budget.limiter)
    }
  }

  async function consume(limiter: RateLimiterRedis): Promise<void> {
    try {
      await limiter.consume(helpdesk)
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused
      throw new StepError('the account of the helpdesk has no calls left for the moment', {
        code: 'HELPDESK_BUSY',
        verdict: 'retry',
        arrived: 'no',
        retryAfterMs: refused.msBeforeNext,
        untried: true,
      })
    }
  }

  async function note({ status, headers }: Pick<HelpdeskAnswer, 'status' | 'headers'>): Promise<void> {
    const holdMs = status === 429 ? refusedFor(headers) : spentFor(headers)
    if (holdMs === undefined || holdMs <= 0) return
    const seconds = Math.min(Math.ceil(holdMs / 1000), longestHold)
    await budgets[0]?.limiter.block(helpdesk, seconds)
  }

  function refusedFor(headers: HelpdeskAnswer['headers']): number {
    const wanted = retryAfterMs(headers['retry-after'], now()) ?? spentFor(headers)
    return wanted === undefined || wanted <= 0 ? vendor.holdSeconds * 1000 : wanted
  }

  function spentFor(headers: HelpdeskAnswer['headers']): number | undefined {
    const waits = vendor.headers.flatMap((names) => spentMs(headers, names, now()) ?? [])
    return waits.length > 0 ? Math.max(...waits) : undefined
  }

  return { take, note }
}

/** How long there is nothing left, ms; undefined while there is something, or nobody tells. */
function spentMs(headers: HelpdeskAnswer['headers'], names: LimitHeaders, now: number): number | undefined {
  const left = headers[names.remaining]
  if (typeof left !== 'string' || Number(left) > 0 || left.trim() === '') return undefined
  const reset = names.reset === null ? undefined : headers[names.reset]
  if (typeof reset !== 'string') return undefined
  const at = Number(reset)
  if (!Number.isFinite(at)) return undefined
  if (names.unit === 'seconds') return at * 1000
  return (names.unit === 'epoch-s' ? at * 1000 : at) - now
}
