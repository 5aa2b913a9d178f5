import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { ensureRedisServer, startRedisServer } from '../scripts/redis-server.ts'
import { alarms } from '../src/queue/alarms.ts'
import { workerConnection } from '../src/queue/connections.ts'
import { exitOnSignals, forkScript } from './support/children.ts'
import type { Child } from './support/children.ts'
import { readOptions } from './support/options.ts'
import { benchLanes, benchPrefix, destination, mostInWindow, textLimit } from './support/rates.ts'
import type { RateReport } from './support/rates.ts'
import { percentile, table, whole } from './support/statistics.ts'

const help = `How much of what Meta allows a Page (300 texts a second) is used when more than that waits, and never more.

  npm run bench:rates [-- --seconds N] [--lanes N] [--items N] [--workers N] [--concurrency N] [--call-ms N] [--wake-ms N]

  --seconds N      how long is measured, from the first grant on, 2 to 600 (default 10)
  --lanes N        conversations of each Page, 1 to 100000 (default 500)
  --items N        what waits in each, 1 to 1000 (default 10)
  --pages N        measured with one Page, and then with so many at once, 1 to 100 (default 10)
  --workers N      worker processes, 1 to 8 (default 2)
  --concurrency N  lanes that a worker works on at once, 1 to 1000 (default 64)
  --call-ms N      how long a call to Graph would take, ms, 0 to 2000 (default 0)
  --wake-ms N      lanes that wait for less are woken by their worker, ms; 0: by the timer alone (default 65000)
  --margin N       how much longer than Meta's our windows are, %, 0 to 50 (default 3)
  --fsync P        appendfsync of the Redis that it starts for itself (default everysec)`

async function main(): Promise<void> {
  const options = readOptions(help, {
    seconds: { default: 10, min: 2, max: 600 },
    lanes: { default: 500, min: 1, max: 100_000 },
    items: { default: 10, min: 1, max: 1000 },
    pages: { default: 10, min: 1, max: 100 },
    workers: { default: 2, min: 1, max: 8 },
    concurrency: { default: 64, min: 1, max: 1000 },
    'call-ms': { default: 0, min: 0, max: 2000 },
    'wake-ms': { default: 65_000, min: 0, max: 600_000 },
    margin: { default: 3, min: 0, max: 50 },
  })
  exitOnSignals()
  await ensureRedisServer({ say: console.log })
  let faults = 0
  for (const pages of new Set([1, options.pages])) faults += await measure(pages, options)
  if (faults > 0) throw new Error(`${faults} faults: more than the limit in a second, or out of order`)
}

type Options = Record<
  'seconds' | 'lanes' | 'items' | 'workers' | 'concurrency' | 'call-ms' | 'wake-ms' | 'margin',
  number
> & { fsync: 'always' | 'everysec' }

async function measure(pages: number, options: Options): Promise<number> {
  const extraArgs = ['--auto-aof-rewrite-percentage', '0']
  const redisServer = await startRedisServer({ appendfsync: options.fsync, extraArgs })
  const redis = new Redis(redisServer.url, { maxRetriesPerRequest: null })
  const connection = workerConnection(redisServer.url)
  const bell = alarms(connection, benchPrefix, [destination], () => destination)
  const workers: Child[] = []
  try {
    const names = Array.from({ length: pages * options.lanes }, (_, n) => `out:${n % pages}:person${n}`)
    await fill(redis, names, options.items)
    const { concurrency, margin } = options
    const args = [redisServer.url, concurrency, options['call-ms'], options['wake-ms'], margin].map(String)
    for (let n = 0; n < options.workers; n++) workers.push(await forkScript('rates-worker.ts', args))
    await bell.ring(names)
    await pause(options.seconds * 1000 + 500)
    const reports = await Promise.all(workers.map((one) => one.ask({ report: true }) as Promise<RateReport>))
    return print(pages, options, reports)
  } finally {
    await Promise.all(workers.map((one) => one.stop()))
    await bell.close()
    connection.disconnect()
    redis.disconnect()
    await redisServer.stop()
  }
}

async function fill(redis: Redis, names: string[], items: number): Promise<void> {
  const lanes = benchLanes(redis)
  for (let item = 0; item < items; item++) {
    await lanes.append(names.map((lane) => ({ lane, id: `${lane}/${item}`, payload: String(item) })))
  }
}

function print(pages: number, options: Options, reports: RateReport[]): number {
  const grants = reports.flatMap((one) => one.grants)
  const began = Math.min(...grants.map((one) => one.grantedAt))
  const { limit } = textLimit
  const byPage = [...Map.groupBy(grants, (one) => one.pageId).values()].map((page) => ({
    used:
      page.filter((one) => one.grantedAt < began + options.seconds * 1000).length / (limit * options.seconds),
    granted: mostInWindow(
      page.map((one) => one.grantedAt),
      1000,
    ),
    left: mostInWindow(
      page.map((one) => one.leftAt),
      1000,
    ),
  }))
  const inverted = countInverted(grants)
  const asks = reports.flatMap((one) => one.asks)
  const late = lateness(asks)
  const used = byPage.map((one) => one.used)
  const least = Math.min(...used)
  const most = Math.max(...byPage.map((one) => one.granted))
  console.log(
    `\n${pages} Pages, ${whole(options.lanes)} lanes of ${options.items} each, ${options.workers} workers with ` +
      `${options.concurrency} at once, a call takes ${options['call-ms']} ms, margin ${options.margin} %, ${options.seconds} s:`,
  )
  console.log(
    table([
      ['used of what is allowed, least to most', `${percent(least)} to ${percent(Math.max(...used))}`],
      ['  target 95 %', least >= 0.95 ? 'met' : 'NOT MET'],
      ['most granted to a Page in any second, by Redis', String(most)],
      [
        'most that left in any second, as the worker saw it',
        String(Math.max(...byPage.map((one) => one.left))),
      ],
      ['out of order', String(inverted)],
      ['asks for each grant', (asks.length / grants.length).toFixed(2)],
      [
        'asked again later than told, ms: p50, p99, most',
        [percentile(late, 0.5), percentile(late, 0.99), late.at(-1) ?? NaN]
          .map((one) => one.toFixed(1))
          .join(', '),
      ],
    ]),
  )
  console.log(
    `  granted in each second, mean of the Pages: ${perSecond(grants, began, options.seconds, pages)}`,
  )
  return Math.max(0, most - limit) + inverted
}

function perSecond(grants: RateReport['grants'], began: number, seconds: number, pages: number): string {
  const counts = Array<number>(seconds).fill(0)
  for (const { grantedAt } of grants) {
    const second = Math.floor((grantedAt - began) / 1000)
    if (second < seconds) counts[second]!++
  }
  return counts.map((count) => whole(count / pages)).join(' ')
}

/** Grants of a lane that came before those of an earlier item. */
function countInverted(grants: RateReport['grants']): number {
  let inverted = 0
  for (const lane of Map.groupBy(grants, (one) => one.lane).values()) {
    const items = lane.toSorted((a, b) => a.grantedAt - b.grantedAt || a.leftAt - b.leftAt)
    for (const [n, one] of items.entries()) if (one.item !== n) inverted++
  }
  return inverted
}

/** How much later than it was told to each lane asked again, ms, sorted. */
function lateness(asks: RateReport['asks']): Float64Array {
  const late: number[] = []
  for (const lane of Map.groupBy(asks, (one) => one.lane).values()) {
    lane.sort((a, b) => a.at - b.at)
    for (const [n, { until }] of lane.entries()) {
      const next = lane[n + 1]
      if (until !== null && next) late.push(next.at - until)
    }
  }
  return Float64Array.from(late).sort()
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

await main()
