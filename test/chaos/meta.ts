import { setTimeout as wait } from 'node:timers/promises'
import { sign } from '../../src/simulator/delivery.ts'
import { deliveryMaker, pageIds } from './deliveries.ts'
import type { Delivery, SentEvent } from './deliveries.ts'
import { seeded } from './random.ts'
import type { Scenario } from './scenario.ts'

/** Plays Meta: sends, sends again until it is told 200, and remembers what it was told. */
export interface Meta {
  readonly sent: Map<string, SentEvent>
  /** Time from the request that was answered 200 to that answer, ms. */
  readonly ackMs: number[]
  unacked(): number
  /** No new deliveries; resolves when the last one is acknowledged, or after `ms`. */
  finish(ms: number): Promise<void>
  /** Gives up at once. */
  stop(): void
}

/** Meta gives up on an answer after five seconds. */
const patienceMs = 5000

export function meta(scenario: Scenario, apis: string[], appSecret: string): Meta {
  const random = seeded(scenario.seed, 'load')
  const make = deliveryMaker(random, scenario)
  const all = Array.from({ length: scenario.conversations }, (_, at) => {
    // Some ids are above 2^53 and must not be rounded.
    return `${pageIds[at % pageIds.length]}:${7_000_000_000_000_000 + at}${at % 2 === 0 ? '' : '99'}`
  })
  // A conversation whose delivery is not acknowledged gets no second one: only so "order" has a meaning.
  const free = new Set(all)
  const sent = new Map<string, SentEvent>()
  const ackMs: number[] = []
  const ended = new AbortController()
  const underWay = new Set<Promise<void>>()
  let turn = 0
  const noMore = new AbortController()

  async function post(delivery: Delivery, api: string): Promise<boolean> {
    const began = performance.now()
    try {
      const response = await fetch(`${api}/webhooks/meta`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-hub-signature-256': sign(delivery.bytes, appSecret),
        },
        body: delivery.bytes,
        signal: AbortSignal.any([ended.signal, AbortSignal.timeout(patienceMs)]),
      })
      await response.arrayBuffer()
      if (response.status === 200) ackMs.push(performance.now() - began)
      return response.status === 200
    } catch {
      // Refused, cut or too late. It may have been journalled; it was not acknowledged.
      return false
    }
  }

  async function deliver(delivery: Delivery): Promise<void> {
    while (!(await post(delivery, apis[turn++ % apis.length]!))) {
      if (ended.signal.aborted) return
      await wait(150 + 200 * Math.random())
    }
    const now = Date.now()
    for (const event of delivery.events) event.ackedAt = now
    for (const one of delivery.conversations) free.add(one)
    if (random.chance(scenario.duplicates)) await repeat(delivery)
  }

  /** Meta sends some deliveries again although it had its 200: later, and at times to both APIs at once. */
  async function repeat(delivery: Delivery): Promise<void> {
    await wait(random.int(0, 3000), undefined, { signal: ended.signal }).catch(() => undefined)
    const targets = random.chance(0.5) ? apis : [random.pick(apis)]
    await Promise.all(targets.map((api) => post(delivery, api)))
  }

  function begin(): void {
    const wanted = random.chance(0.6) ? 1 : random.int(2, 6)
    const chosen = random.shuffle([...free]).slice(0, wanted)
    // All conversations wait for their 200: the APIs are down, and Meta would only queue more.
    if (chosen.length === 0) return
    for (const one of chosen) free.delete(one)
    const delivery = make(chosen)
    for (const event of delivery.events) sent.set(event.mid, event)
    const delivering = deliver(delivery).finally(() => underWay.delete(delivering))
    underWay.add(delivering)
  }

  async function send(): Promise<void> {
    while (!noMore.signal.aborted) {
      begin()
      await wait((2000 * random.next()) / scenario.deliveriesPerSecond)
    }
  }

  const sender = send()
  return {
    sent,
    ackMs,
    unacked: () => [...sent.values()].filter((event) => event.ackedAt === null).length,
    async finish(ms) {
      noMore.abort()
      await sender
      const giveUp = setTimeout(() => ended.abort(), ms)
      await Promise.all(underWay)
      clearTimeout(giveUp)
    },
    stop() {
      noMore.abort()
      ended.abort()
    },
  }
}
