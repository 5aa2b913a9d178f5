import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import { accountLimit } from '../../src/helpdesk/account-limit.ts'
import { vendorLimits } from '../../src/helpdesk/vendor-limits.ts'
import type { VendorLimit } from '../../src/helpdesk/vendor-limits.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
const call = { method: 'GET', url: 'https://desk.example/api/v2/users' } as const
const update = { method: 'PUT', url: 'https://desk.example/api/v2/tickets/7' } as const

function workers(vendor: VendorLimit, perMinute?: number, now = 1_790_000_000_000) {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const open = (helpdesk = 'main') =>
    accountLimit(redis.client, { prefix, helpdesk, vendor, perMinute, now: () => now })
  return { one: open(), two: open(), other: open('other') }
}

/** What `take` throws; undefined when the call may go. */
async function refusal(taken: Promise<void>) {
  return taken.then(
    () => undefined,
    (error: unknown) => stepFacts(error),
  )
}

test('all workers share the minute of an account, and other helpdesks have their own', async () => {
  const { one, two, other } = workers(vendorLimits.zendesk, 3)
  await one.take(call)
  await two.take(call)
  await one.take(call)
  for (const limit of [one, two]) {
    const facts = await refusal(limit.take(call))
    expect(facts).toMatchObject({ code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no', untried: true })
    expect(facts?.retryAfterMs).toBeGreaterThan(50_000)
    expect(facts?.retryAfterMs).toBeLessThanOrEqual(60_000)
  }
  await other.take(call)
})

test('a budget counts what it is for, and a call that it refuses costs the others nothing', async () => {
  const vendor = { ...vendorLimits.zendesk, budgets: [{ ...vendorLimits.zendesk.budgets[0], calls: 2 }] }
  const { one } = workers(vendor, 4)
  await one.take(update)
  await one.take(update)
  expect(await refusal(one.take(update))).toMatchObject({ untried: true })
  await one.take(call)
  await one.take(call)
  expect(await refusal(one.take(call))).toMatchObject({ untried: true })
})

describe("what a vendor's headers say goes before what we count", () => {
  const at = 1_790_000_000
  test.each<[string, VendorLimit, number, Record<string, string>, number]>([
    ['Retry-After in seconds', vendorLimits.zendesk, 429, { 'retry-after': '93' }, 93],
    ['a 429 without a word', vendorLimits.chatwoot, 429, {}, 10],
    ['a 429 that names no end', vendorLimits.zendesk, 429, { 'retry-after': 'soon' }, 10],
    ['seconds to go', vendorLimits.zendesk, 200, { 'ratelimit-remaining': '0', 'ratelimit-reset': '21' }, 21],
    [
      'a time in seconds',
      vendorLimits.front,
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${at + 17}` },
      17,
    ],
    [
      'a time in ms',
      vendorLimits.rocketchat,
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${at * 1000 + 9000}` },
      9,
    ],
    ['more than an hour is a mistake', vendorLimits.front, 429, { 'retry-after': '9999999' }, 3600],
  ])('%s', async (_, vendor, status, headers, seconds) => {
    const { one, two } = workers(vendor)
    await one.note({ status, headers })
    const facts = await refusal(two.take(call))
    expect(facts?.retryAfterMs).toBeGreaterThan((seconds - 3) * 1000)
    expect(facts?.retryAfterMs).toBeLessThanOrEqual(seconds * 1000)
  })

  test.each<[string, Record<string, string>]>([
    ['something is left', { 'ratelimit-remaining': '12', 'ratelimit-reset': '30' }],
    ['nobody tells', {}],
    ['it tells nothing that can be read', { 'ratelimit-remaining': '', 'ratelimit-reset': 'x' }],
    ['it was over long ago', { 'ratelimit-remaining': '0', 'ratelimit-reset': '0' }],
  ])('goes on while %s', async (_, headers) => {
    const { one } = workers(vendorLimits.zendesk)
    await one.note({ status: 200, headers })
    await one.take(call)
  })
})

test('each vendor that is called over the network has a limit', () => {
  for (const [name, { perMinute, budgets }] of Object.entries(vendorLimits)) {
    expect(perMinute, name).toBeGreaterThan(0)
    for (const budget of budgets) expect(budget.calls / budget.seconds, name).toBeGreaterThan(0)
  }
})
