import { Redis } from 'ioredis'
import { ensureRedisServer, startRedisServer } from '../scripts/redis-server.ts'
import { signCallback } from '../src/helpdesk/sign-callback.ts'
import { laneKeys } from '../src/lanes/keys.ts'
import { conversations } from '../src/records/conversations.ts'
import { exitOnSignals, startRole } from './support/children.ts'
import type { Child } from './support/children.ts'
import { pageId } from './support/deliveries.ts'
import { putLoad } from './support/load.ts'
import { readOptions } from './support/options.ts'
import { median, table, whole } from './support/statistics.ts'

const help = `How long a helpdesk waits when it calls us about an agent's words: until they are stored, and no longer.

  npm run bench:callbacks [-- --seconds N] [--rounds N] [--connections N] [--fsync everysec|always]

  --seconds N      how long is measured in each round, 1 to 60 (default 3)
  --rounds N       rounds, 1 to 50 (default 5)
  --connections N  callbacks under way at once, 1 to 256 (default 16)
  --fsync P        appendfsync of the Redis that it starts for itself (default everysec)`

const secret = 'secret-of-the-benchmark-only'
const prefix = 'deskbridge'
const tickets = 200
/** Enough that none comes again within one round. */
const distinct = 20_000
/** The longest that the slowest of a hundred may take, ms. */
const target = 50

async function main(): Promise<void> {
  const options = readOptions(help, {
    seconds: { default: 3, min: 1, max: 60 },
    rounds: { default: 5, min: 1, max: 50 },
    connections: { default: 16, min: 1, max: 256 },
  })
  exitOnSignals()
  await ensureRedisServer({ say: console.log })
  const extraArgs = ['--auto-aof-rewrite-percentage', '0']
  const redisServer = await startRedisServer({ appendfsync: options.fsync, extraArgs })
  const redis = new Redis(redisServer.url)
  let api: Child | undefined
  try {
    api = await startRole('api', {
      redisUrl: redisServer.url,
      helpdeskUrl: 'http://127.0.0.1:9/',
      sections: {
        helpdesks: {
          main: {
            adapter: 'chatwoot',
            url: 'http://127.0.0.1:9',
            inboxIdentifier: 'inbox-of-the-benchmark',
            accountId: 1,
            apiToken: 'unused',
            callbackSecrets: [secret],
            allowPrivateNetwork: true,
          },
        },
      },
    })
    await measure(api, redis, options)
  } finally {
    redis.disconnect()
    await api?.stop()
    await redisServer.stop()
  }
}

async function measure(
  api: Child,
  redis: Redis,
  options: { seconds: number; rounds: number; connections: number; fsync: string },
): Promise<void> {
  const { seconds, rounds, connections } = options
  const records = conversations(redis, {
    prefix,
    conversationMs: 3_600_000,
    replyMs: 3_600_000,
    windowOpening: () => null,
  })
  for (let n = 1; n <= tickets; n++) await records.keepTicket(conversationOf(n), 'main', `${n} contact-${n}`)
  const results = []
  let made = 0
  for (let round = 0; round < rounds; round++) {
    const requests = Array.from({ length: distinct }, () => requestOf(++made))
    let next = 0
    const before = await stored(redis)
    const result = await putLoad(api.port, () => requests[next++]!, { connections, ms: seconds * 1000 })
    // What is answered must be there, or the figures mean nothing.
    const fresh = (await stored(redis)) - before
    if (fresh < next) throw new Error(`${next} answered, and ${fresh} stored`)
    results.push(result)
    console.log(`round ${round + 1}: ${whole(result.perSecond)} a second, p99 ${result.p99.toFixed(1)} ms`)
  }
  const p99 = median(results.map((one) => one.p99))
  console.log(
    table([
      ['', 'a second', 'p50, ms', 'p99, ms'],
      [
        `${connections} at once, ${options.fsync}`,
        whole(median(results.map((one) => one.perSecond))),
        median(results.map((one) => one.p50)).toFixed(1),
        p99.toFixed(1),
      ],
    ]),
  )
  console.log(`  p99 below ${target} ms: ${p99 < target ? 'met' : 'NOT MET'}`)
}

function conversationOf(ticket: number): string {
  return `${pageId}:${7_000_000_000 + ticket}`
}

/** An agent's words, as Chatwoot tells of them; each a message of its own. */
function requestOf(n: number): Buffer {
  const body = Buffer.from(
    JSON.stringify({
      event: 'message_created',
      id: n,
      content: `Your parcel is on its way. #${n}`,
      message_type: 'outgoing',
      private: false,
      created_at: new Date().toISOString(),
      sender: { id: 7, name: 'Bea', type: 'user' },
      conversation: { id: 1 + (n % tickets) },
    }),
  )
  const headers = {
    host: 'bridge.example',
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...signCallback({ scheme: 'chatwoot', secret }, body, Date.now()),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST /callbacks/main HTTP/1.1\r\n${lines.join('')}\r\n`), body])
}

/** How many replies wait in the lanes. */
async function stored(redis: Redis): Promise<number> {
  const keys = laneKeys(prefix, 0)
  const lengths = await Promise.all(
    Array.from({ length: tickets }, (_, n) => redis.llen(keys.items(`out:${conversationOf(n + 1)}`))),
  )
  return lengths.reduce((sum, length) => sum + length, 0)
}

await main()
