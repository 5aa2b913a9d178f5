import { Redis } from 'ioredis'
import { ensureRedisServer, startRedisServer } from '../scripts/redis-server.ts'
import { exitOnSignals, forkScript, startRole } from './support/children.ts'
import type { Child } from './support/children.ts'
import { buildRequests, putLoad } from './support/load.ts'
import type { LoadResult } from './support/load.ts'
import { readOptions } from './support/options.ts'
import { median, ratios, table, verdict, whole } from './support/statistics.ts'

const help = `Requests per second and latency of the webhook, beside the same route with no store and with one job per event.

  npm run bench:ingest [-- --seconds N] [--rounds N] [--fsync everysec|always]

  --seconds N   how long each server is measured in each round, 1 to 60 (default 2)
  --rounds N    rounds; in each every server has its turn, 1 to 50 (default 5)
  --fsync P     appendfsync of the Redis that it starts for itself (default everysec)`

const connectionCounts = [1, 16, 64]
const names = ['no store', 'ours', 'one add per event'] as const
type Name = (typeof names)[number]
/** Enough that no body comes again within one turn of a server, at up to 30,000 a second and two seconds. */
const distinct = 60_000

async function main(): Promise<void> {
  const { seconds, rounds, fsync } = readOptions(help, {
    seconds: { default: 2, min: 1, max: 60 },
    rounds: { default: 5, min: 1, max: 50 },
  })
  exitOnSignals()
  await ensureRedisServer({ say: console.log })
  // Rewriting the append-only file forks Redis in the middle of somebody's turn.
  const extraArgs = ['--auto-aof-rewrite-percentage', '0']
  const redisServer = await startRedisServer({ appendfsync: fsync, extraArgs })
  const redis = new Redis(redisServer.url)
  const children: Child[] = []
  try {
    const started = async (child: Promise<Child>) => (children.push(await child), children.at(-1)!.port)
    const ports: Record<Name, number> = {
      'no store': await started(forkScript('ingest-server.ts', ['no-store'])),
      ours: await started(
        startRole('api', { redisUrl: redisServer.url, helpdeskUrl: 'http://127.0.0.1:9/' }),
      ),
      'one add per event': await started(forkScript('ingest-server.ts', ['add-per-event', redisServer.url])),
    }
    await measure({ ports, redis, seconds, rounds, fsync })
  } finally {
    redis.disconnect()
    await Promise.all(children.map((child) => child.stop()))
    await redisServer.stop()
  }
}

async function measure(bench: {
  ports: Record<Name, number>
  redis: Redis
  seconds: number
  rounds: number
  fsync: string
}): Promise<void> {
  const { ports, redis, seconds, rounds } = bench
  const requests = buildRequests(distinct)
  let at = 0
  const next = () => requests[at++ % distinct]!
  const turn = async (name: Name, connections: number, ms: number) => {
    const result = await putLoad(ports[name], next, { connections, ms })
    // Nothing takes the jobs here; a Redis that fills up would make every turn unlike the one before.
    await redis.flushall()
    return result
  }
  console.log('warming up')
  for (const name of names) for (const connections of [64, 1]) await turn(name, connections, 1500)

  const closing: string[] = []
  for (const connections of connectionCounts) {
    const results: Record<Name, LoadResult[]> = { 'no store': [], ours: [], 'one add per event': [] }
    for (let round = 0; round < rounds; round++) {
      // Another one begins each round, so that none always comes after the same neighbour.
      const order = names.map((_, place) => names[(place + round) % names.length]!)
      for (const name of order) results[name].push(await turn(name, connections, seconds * 1000))
    }
    print(connections, results, bench)
    const perSecond = (name: Name) => results[name].map((one) => one.perSecond)
    const noStore = ratios(perSecond('ours'), perSecond('no store'))
    const perEvent = ratios(perSecond('ours'), perSecond('one add per event'))
    closing.push(
      `  ${connections} connections: ours ÷ no store ${verdict(noStore, 0.75)}`,
      `  ${connections} connections: ours ÷ one add per event ${verdict(perEvent, 2)}`,
    )
  }
  console.log(`\nRatios of requests per second, median of ${rounds} rounds; every answer was 200:`)
  console.log(closing.join('\n'))
}

function print(
  connections: number,
  results: Record<Name, LoadResult[]>,
  { rounds, seconds, fsync }: { rounds: number; seconds: number; fsync: string },
): void {
  console.log(
    `\n${connections} connections, appendfsync ${fsync}, medians of ${rounds} rounds of ${seconds} s:`,
  )
  const middle = (name: Name, pick: (one: LoadResult) => number) => median(results[name].map(pick))
  const rows = names.map((name) => [
    name,
    whole(middle(name, (one) => one.perSecond)),
    middle(name, (one) => one.p50).toFixed(2),
    middle(name, (one) => one.p99).toFixed(2),
  ])
  console.log(table([['', 'requests/s', 'p50 ms', 'p99 ms'], ...rows]))
}

await main()
