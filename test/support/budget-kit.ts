import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { gather } from '../../src/lanes/gather.ts'
import { budgets } from '../../src/records/budgets.ts'
import type { Ask, Budgets, BudgetSettings, Taken } from '../../src/records/budgets.ts'

const limits: BudgetSettings['limits'] = {
  text: { limit: 100, windowMs: 1000 },
  media: { limit: 10, windowMs: 1000 },
  privateReply: { limit: 750, windowMs: 3_600_000 },
  profile: { limit: 10, windowMs: 600_000 },
  conversations: { limit: 2, windowMs: 1000 },
  lookups: { limit: 90, windowMs: 1000 },
}

/** Takes all times that budgets keep back by so many µs, which is as if so much time had passed. */
const shift = `
for _, key in ipairs(KEYS) do
  if redis.call('TYPE', key).ok == 'list' then
    for at, time in ipairs(redis.call('LRANGE', key, 0, -1)) do
      redis.call('LSET', key, at - 1, time - ARGV[1])
    end
  else
    for _, field in ipairs({ 'hold', 'until', 'urgent_first', 'urgent_again', 'urgent_seen', 'urgent_last',
      'other_first', 'other_again', 'other_seen', 'other_last' }) do
      local time = redis.call('HGET', key, field)
      if time then redis.call('HSET', key, field, math.max(0, time - ARGV[1])) end
    end
  end
end`

export type BudgetKit = ReturnType<typeof budgetKit>

/** The budgets of one test, under a prefix of their own, and a clock for them that the test moves. */
export function budgetKit(redis: Redis, overrides: Partial<BudgetSettings> = {}) {
  const settings: BudgetSettings = {
    prefix: `t${randomUUID().slice(0, 8)}`,
    limits,
    marginPercent: 2,
    slowFromPercent: 80,
    ...overrides,
  }
  let passed = 0
  settings.clock = () => performance.now() + passed
  const open = (connection: Redis): Budgets => budgets(connection, settings, gather)
  const own = open(redis)
  const keys = async () => (await redis.keys(`${settings.prefix}:*`)).toSorted()

  return {
    ...own,
    settings,
    redis,
    /** The same budgets as another process sees them. */
    open,
    keys,
    ask: (more: Partial<Ask> = {}) => own.take({ pageId: '1', kind: 'text', urgent: false, ...more }),
    askMany: (count: number, more: Partial<Ask> = {}) =>
      Promise.all(
        Array.from({ length: count }, () => own.take({ pageId: '1', kind: 'text', urgent: false, ...more })),
      ),
    async pass(ms: number): Promise<void> {
      const all = await keys()
      await redis.eval(shift, all.length, ...all, Math.round(ms * 1000))
      passed += ms
    },
    /** The test's clock now, ms. */
    async now(): Promise<number> {
      const [seconds = 0, micros = 0] = await redis.time()
      return seconds * 1000 + micros / 1000 + passed
    },
    /** When it was granted, by the test's clock. Ask before it moves on. */
    grantedAt: (taken: Taken) => (taken.granted ? taken.at + passed : NaN),
  }
}

export function granted(all: Taken[]): number {
  return all.filter((one) => one.granted).length
}

export function waits(all: Taken[]): number[] {
  return all.flatMap((one) => (one.granted ? [] : [one.waitMs]))
}

/** The most that happened in any window of this length. */
export function mostInWindow(times: number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [to, time] of sorted.entries()) {
    while (sorted[from]! <= time - windowMs) from++
    most = Math.max(most, to - from + 1)
  }
  return most
}

export interface Caller {
  urgent: boolean
  /** When it asks, ms after the start; it goes on asking, again and again, until the end. */
  from?: number
}

export interface Grant {
  caller: number
  urgent: boolean
  /** By the test's clock, ms after the start. */
  at: number
  /** Since it began to ask for this one, ms. */
  waited: number
}

/**
 * Callers that ask, come back a little late when they were told to, and ask for the next one as soon as they got one:
 * as lanes with much to do would. Time passes as fast as Redis answers.
 */
export async function simulate(
  kit: BudgetKit,
  callers: Caller[],
  settings: { forMs: number; lateMs: () => number; again?: (caller: Caller) => number },
): Promise<Grant[]> {
  const began = await kit.now()
  const grants: Grant[] = []
  let waiting = callers.map((caller, id) => {
    const at = caller.from ?? 0
    return { caller, id, at, since: at }
  })
  for (;;) {
    const next = Math.min(...waiting.map((one) => one.at))
    if (next > settings.forMs) return grants
    const ahead = next - ((await kit.now()) - began)
    if (ahead > 0) await kit.pass(ahead)
    const now = (await kit.now()) - began
    const due = waiting.filter((one) => one.at <= now)
    const taken = await Promise.all(
      due.map(({ caller, id }) => kit.ask({ urgent: caller.urgent, caller: String(id) })),
    )
    const told = (await kit.now()) - began
    waiting = waiting.filter((one) => one.at > now)
    for (const [n, one] of due.entries()) {
      const answer = taken[n]!
      if (answer.granted) {
        const at = kit.grantedAt(answer) - began
        grants.push({ caller: one.id, urgent: one.caller.urgent, at, waited: at - one.since })
        const since = at + (settings.again?.(one.caller) ?? 0)
        waiting.push({ ...one, at: since, since })
      } else {
        waiting.push({ ...one, at: told + answer.waitMs + settings.lateMs() })
      }
    }
  }
}
