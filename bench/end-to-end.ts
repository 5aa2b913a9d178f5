import { Redis } from 'ioredis'
import { ensureRedisServer, startRedisServer } from '../scripts/redis-server.ts'
import type { HelpdeskReport } from './helpdesk.ts'
import { exitOnSignals, forkScript, startRole } from './support/children.ts'
import type { Child } from './support/children.ts'
import { readOptions } from './support/options.ts'
import { newBodies, ours, plain } from './support/pipelines.ts'
import type { Pipeline } from './support/pipelines.ts'
import { median, ratios, table, verdict, whole } from './support/statistics.ts'

const help = `Events per second from the journal to the last commit, beside a plain BullMQ pipeline with one job per event.

  npm run bench:end-to-end [-- --events N] [--rounds N] [--fsync everysec|always]

  --events N    events in each turn, 100 to 200000 (default 10000)
  --rounds N    rounds; in each both have a turn per shape, 1 to 50 (default 5)
  --fsync P     appendfsync of the Redis that it starts for itself (default everysec)`

/** The default of lanes.concurrency, and what the plain pipeline gets. */
const concurrency = 64
const shapes = [1, 20]
const turnMs = 120_000

type Turn = HelpdeskReport & { perSecond: number; lost: number }

async function main(): Promise<void> {
  const { events, rounds, fsync } = readOptions(help, {
    events: { default: 10_000, min: 100, max: 200_000 },
    rounds: { default: 5, min: 1, max: 50 },
  })
  exitOnSignals()
  await ensureRedisServer({ say: console.log })
  // Rewriting the append-only file forks Redis in the middle of somebody's turn.
  const extraArgs = ['--auto-aof-rewrite-percentage', '0']
  const redisServer = await startRedisServer({ appendfsync: fsync, extraArgs })
  const redis = new Redis(redisServer.url, { maxRetriesPerRequest: null })
  const children: Child[] = []
  const pipelines = { ours: ours(redis), plain: plain(redis) }
  try {
    const helpdesk = await forkScript('helpdesk.ts', [])
    children.push(helpdesk)
    const helpdeskUrl = `http://127.0.0.1:${helpdesk.port}/events`
    children.push(await startRole('worker', { redisUrl: redisServer.url, helpdeskUrl }))
    children.push(await forkScript('plain-worker.ts', [redisServer.url, helpdeskUrl, String(concurrency)]))
    await measure({ pipelines, helpdesk, events, rounds, fsync })
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    await Promise.all([pipelines.ours.queue.close(), pipelines.plain.queue.close()])
    redis.disconnect()
    await redisServer.stop()
  }
}

async function measure(bench: {
  pipelines: Record<'ours' | 'plain', Pipeline>
  helpdesk: Child
  events: number
  rounds: number
  fsync: string
}): Promise<void> {
  const { pipelines, helpdesk, events, rounds, fsync } = bench
  console.log('warming up')
  for (const pipeline of [pipelines.ours, pipelines.plain]) {
    for (const perConversation of shapes) await takeTurn(pipeline, helpdesk, events, perConversation)
  }
  const closing: string[] = []
  let faults = 0
  for (const perConversation of shapes) {
    const turns: Record<'ours' | 'plain', Turn[]> = { ours: [], plain: [] }
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? (['ours', 'plain'] as const) : (['plain', 'ours'] as const)
      for (const name of order) {
        turns[name].push(await takeTurn(pipelines[name], helpdesk, events, perConversation))
      }
    }
    console.log(
      `\n${perConversation} per conversation, ${whole(events)} events, ${concurrency} at once, appendfsync ${fsync}, ` +
        `median of ${rounds} rounds:`,
    )
    print(turns)
    const perSecond = (name: 'ours' | 'plain') => turns[name].map((one) => one.perSecond)
    const ratio = verdict(ratios(perSecond('ours'), perSecond('plain')), 1.5)
    closing.push(`  ${perConversation} per conversation: ours ÷ plain BullMQ ${ratio}`)
    faults += turns.ours.reduce((sum, one) => sum + one.lost + one.inversions, 0)
  }
  console.log(`\nRatios of events per second, median of ${rounds} rounds:\n${closing.join('\n')}`)
  if (faults > 0) throw new Error(`ours lost or inverted ${faults} events: no figure above counts`)
}

/**
 * Both are up and idle with their queue paused while the journal fills; the clock starts with the resume and stops when
 * the last work is committed in Redis. So start-up, connecting and filling are nobody's time, and each pays for its own
 * splitting. Until the helpdesk has seen everything, nobody asks Redis how far it is.
 */
async function takeTurn(
  pipeline: Pipeline,
  helpdesk: Child,
  events: number,
  perConversation: number,
): Promise<Turn> {
  await pipeline.queue.pause()
  await pipeline.fill(newBodies(events, perConversation))
  const arrived = helpdesk.ask({ expect: events, withinMs: turnMs })
  const began = performance.now()
  await pipeline.queue.resume()
  await arrived
  for (const giveUpAt = began + turnMs; !(await pipeline.isDone());) {
    if (performance.now() > giveUpAt) throw new Error(`not done after ${turnMs / 1000} s`)
  }
  const seconds = (performance.now() - began) / 1000
  const report = (await helpdesk.ask({ report: true })) as HelpdeskReport
  return { ...report, perSecond: events / seconds, lost: events - report.distinct }
}

function print(turns: Record<'ours' | 'plain', Turn[]>): void {
  const sum = (all: Turn[], pick: (one: Turn) => number) =>
    whole(all.reduce((total, one) => total + pick(one), 0))
  const row = (name: string, all: Turn[]) => [
    name,
    whole(median(all.map((one) => one.perSecond))),
    sum(all, (one) => one.lost),
    sum(all, (one) => one.received - one.distinct),
    sum(all, (one) => one.inversions),
  ]
  const head = ['', 'events/s', 'lost', 'repeated', 'inverted']
  console.log(table([head, row('ours', turns.ours), row('plain BullMQ', turns.plain)]))
}

await main()
