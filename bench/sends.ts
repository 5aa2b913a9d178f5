import { Redis } from 'ioredis'
import { freePort } from '../scripts/free-port.ts'
import { ensureRedisServer, startRedisServer } from '../scripts/redis-server.ts'
import { laneName } from '../src/lanes/keys.ts'
import { laneScripts } from '../src/lanes/lane-scripts.ts'
import { lanes } from '../src/lanes/lanes.ts'
import { replies } from '../src/records/replies.ts'
import { acceptReply } from '../src/routing/accept-reply.ts'
import { exitOnSignals, forkScript, helpdeskSecret, startRole } from './support/children.ts'
import type { Child } from './support/children.ts'
import { appSecret } from './support/deliveries.ts'
import { readOptions } from './support/options.ts'
import { sendPages } from './support/sends.ts'
import type { SendReport } from './support/sends.ts'
import { median, table, whole } from './support/statistics.ts'

const help = `Replies through the simulator with Meta's limits on: is each Page's rate used up, and never exceeded?

  npm run bench:sends [-- --replies N] [--conversations N] [--concurrency N]

  First without a limiter of ours, which is what the machine can; then at 10 Pages with what the machine can spare for
  each, at most 300 a second; then at as many Pages as the machine can serve with 300 a second each.

  --replies N        replies in each turn, 1000 to 100000 (default 20000)
  --conversations N  conversations of each Page, 1 to 10000 (default 200)
  --concurrency N    lanes that the worker works on at once, 1 to 1000 (default 64)
  --fsync P          appendfsync of the Redis that it starts for itself (default everysec)`

const pageCount = 10
const metaLimit = 300
/** Of what the machine can do without a limiter: the rest is for the limiter, and for neighbours. */
const spare = 0.5
const day = 86_400_000
const prefix = 'deskbridge'

type Options = Record<'replies' | 'conversations' | 'concurrency', number> & {
  fsync: 'always' | 'everysec'
}

interface Turn {
  name: string
  pages: number
  /** Replies a second that our config allows to each Page; null for no limit. */
  limit: number | null
}

async function main(): Promise<void> {
  const options = readOptions(help, {
    replies: { default: 20_000, min: 1000, max: 100_000 },
    conversations: { default: 200, min: 1, max: 10_000 },
    concurrency: { default: 64, min: 1, max: 1000 },
  })
  exitOnSignals()
  await ensureRedisServer({ say: console.log })
  const free = await turn({ name: 'no limiter', pages: pageCount, limit: null }, options)
  const total = free.perPage.reduce((sum, page) => sum + page.perSecond, 0)
  console.log(`  so this machine sends ${whole(total)} replies a second in all\n`)
  const each = Math.min(metaLimit, Math.max(1, Math.floor((total * spare) / pageCount)))
  const busy = Math.min(pageCount, Math.floor((total * spare) / metaLimit))
  const turns: Turn[] = [{ name: `${pageCount} Pages`, pages: pageCount, limit: each }]
  if (busy > 0) turns.push({ name: `${busy} Pages at Meta's limit`, pages: busy, limit: metaLimit })
  let faults = 0
  for (const one of turns) faults += judge(await turn(one, options), one.limit ?? 0)
  if (faults > 0) throw new Error(`${faults} faults: see above`)
}

async function turn({ name, pages, limit }: Turn, options: Options): Promise<SendReport> {
  const extraArgs = ['--auto-aof-rewrite-percentage', '0']
  const redisServer = await startRedisServer({ appendfsync: options.fsync, extraArgs })
  const redis = new Redis(redisServer.url, { maxRetriesPerRequest: null })
  const children: Child[] = []
  try {
    const apiPort = await freePort()
    const simulator = await forkScript('sends-simulator.ts', [
      String(pages),
      `http://127.0.0.1:${apiPort}/webhooks/meta`,
      limit === null ? 'off' : 'enforced',
    ])
    children.push(simulator)
    const sections = sectionsFor({ pages, limit, graphPort: simulator.port }, options)
    const service = { redisUrl: redisServer.url, helpdeskUrl: 'http://127.0.0.1:9', sections }
    children.push(await startRole('api', { ...service, port: apiPort }))
    await fill(redis, pages, options)
    const arrived = simulator.ask({ expect: options.replies })
    children.push(await startRole('worker', service))
    await arrived
    const report = (await simulator.ask({ report: true })) as SendReport
    print(name, limit, report, options)
    return report
  } finally {
    for (const child of children.toReversed()) await child.stop()
    redis.disconnect()
    await redisServer.stop()
  }
}

function sectionsFor(
  turn: { pages: number; limit: number | null; graphPort: number },
  { concurrency }: Options,
) {
  const url = 'http://127.0.0.1:9'
  const main = {
    adapter: 'webhook',
    url,
    secret: helpdeskSecret,
    allowPrivateNetwork: true,
    kinds: ['message'],
  }
  return {
    meta: { appSecrets: [appSecret], verifyToken: 'bench', graphUrl: `http://127.0.0.1:${turn.graphPort}` },
    pages: sendPages(turn.pages).map((page) => ({ ...page, name: page.id, helpdesk: 'main' })),
    helpdesks: { main },
    lanes: { concurrency },
    rates: { limits: { text: { limit: turn.limit ?? 1_000_000 } } },
  }
}

/** As the API would accept them, round robin, so that everybody waits at once. */
async function fill(redis: Redis, pages: number, options: Options): Promise<void> {
  const settings = { prefix, conversationMs: day, replyMs: day }
  const grace = { leaseMs: 10_000, graceMs: 1000, seenMs: day, deadLetterMs: day }
  const accept = acceptReply({
    replies: replies(redis, settings),
    lanes: lanes(laneScripts(redis), { prefix, shards: 1, ...grace }),
    ring: () => Promise.resolve(),
    trace: () => {},
  })
  const ids = sendPages(pages)
  for (let n = 0; n < options.replies; n += 200) {
    const some = Array.from({ length: Math.min(200, options.replies - n) }, (_, at) => n + at)
    await Promise.all(
      some.map((at) => {
        const page = ids[at % pages]!.id
        const person = Math.floor(at / pages) % options.conversations
        const conversationId = `${page}:${7_000_000_000 + person}`
        const message = {
          text: `Your parcel is on its way. #${Math.floor(at / pages / options.conversations)}`,
        }
        const wanted = { conversationId, message, agent: null, topic: null, parts: 1, by: 'bench' }
        return accept({ ...wanted, idempotencyKey: undefined })
      }),
    )
  }
  if ((await redis.exists(`${prefix}:{0}:items:${laneName('out', `${ids[0]!.id}:7000000000`)}`)) !== 1) {
    throw new Error('nothing was accepted')
  }
}

function print(name: string, limit: number | null, report: SendReport, options: Options): void {
  const { perPage } = report
  const rates = perPage.map((page) => page.perSecond)
  const share = (value: number) => (limit === null ? '' : ` (${((value / limit) * 100).toFixed(1)} %)`)
  console.log(
    `${name}, ${whole(options.replies)} replies${limit === null ? '' : `, ${limit} a second allowed to each`}:`,
  )
  console.log(
    table([
      ['', 'slowest Page', 'median', 'fastest', 'most in any second', 'refused for rate'],
      [
        'replies a second',
        whole(Math.min(...rates)) + share(Math.min(...rates)),
        whole(median(rates)) + share(median(rates)),
        whole(Math.max(...rates)),
        String(Math.max(...perPage.map((page) => page.mostInASecond))),
        String(perPage.reduce((sum, page) => sum + page.refused, 0)),
      ],
    ]),
  )
  console.log(
    `  sent ${report.distinct} of ${options.replies}, doubles ${report.doubles}, out of order ${report.inversions}`,
  )
}

/** What must hold whatever the machine can do. */
function judge(report: SendReport, limit: number): number {
  const slow = report.perPage.filter((page) => page.perSecond < 0.95 * limit).length
  const over = report.perPage.filter((page) => page.mostInASecond > limit || page.refused > 0).length
  return slow + over + report.doubles + report.inversions
}

await main()
