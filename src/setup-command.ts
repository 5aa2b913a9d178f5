import { setTimeout as wait } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { runBackfill } from './commands/backfill.ts'
import { runDoctor } from './commands/doctor.ts'
import { runSetup } from './commands/setup.ts'
import { runProfile } from './commands/profile.ts'
import { progressLine } from './commands/progress-line.ts'
import type { SetupTools } from './commands/setup.ts'
import type { ProgressStream } from './commands/progress-line.ts'
import { runSubscribe } from './commands/subscribe.ts'
import { loadConfig } from './config/load-config.ts'
import type { Environment } from './config/load-config.ts'
import type { Config } from './config/schema.ts'
import { pipelineResults } from './domain/pipeline-results.ts'
import { openHelpdesk } from './helpdesk/registry.ts'
import { laneKeys, laneName, shardOf } from './lanes/keys.ts'
import { graphClient } from './meta/graph-client.ts'
import { ingestConnection, isReadyWithin } from './queue/connections.ts'
import { delivery, journal } from './queue/journal.ts'
import { deliveriesQueue, openQueue } from './queue/queues.ts'
import { durabilityFaults, fsyncPolicy, readRedisFacts } from './queue/redis-health.ts'
import { lastDeliveries } from './records/last-deliveries.ts'
import { ownMessages } from './records/own-messages.ts'
import { pageStops } from './records/page-stops.ts'
import type { BackfillDeps } from './setup/backfill.ts'
import type { RedisView } from './setup/check-redis.ts'
import type { DoctorDeps } from './setup/doctor.ts'
import type { Candidate } from './setup/synthetic-delivery.ts'

export const setupCommands = ['doctor', 'setup', 'subscribe', 'profile', 'backfill'] as const
export type SetupCommand = (typeof setupCommands)[number]

export interface SetupIo {
  env: Environment
  print: (line: string) => void
  stderr: ProgressStream
  /** Ends the command early. */
  signal: AbortSignal
}

/** Runs a command that sets up, or looks at, what stands at Meta; answers its exit code. */
export async function runSetupCommand(command: SetupCommand, args: string[], io: SetupIo): Promise<number> {
  const opened: (() => Promise<void>)[] = []
  const deps = {
    print: io.print,
    load: () => loadConfig(io.env),
    open: (config: Config) => {
      const { tools, close } = openTools(config, io)
      opened.push(close)
      return tools
    },
  }
  try {
    return await commands[command](args, deps)
  } finally {
    for (const close of opened) await close()
  }
}

const commands = {
  doctor: runDoctor,
  setup: runSetup,
  subscribe: runSubscribe,
  profile: runProfile,
  backfill: runBackfill,
}

/** Redis is opened at its first use: `profile` needs none. */
function openTools(config: Config, { print, stderr, signal }: Omit<SetupIo, 'env'>) {
  const { prefix, url } = config.redis
  const { limit, windowMs } = config.rates.limits.conversations
  let connection: Redis | undefined
  let queue: Queue | undefined
  const graph = graphClient({ ...config.meta, appSecret: config.meta.appSecrets[0] ?? '', timeoutMs: 4000 })

  const redis = once(async () => {
    connection = ingestConnection(url)
    // It tries again by itself; that it is away is told by whoever asks it something.
    connection.on('error', () => {})
    // Waited for once: whoever comes later need not wait again for what is not there.
    if (!(await isReadyWithin(connection, 3000))) throw new Error('Redis is out of reach')
    return connection
  })
  const write = once(async () => {
    const facts = await readRedisFacts(await redis())
    if (config.durability === 'strict' && durabilityFaults(facts).length > 0) throw new Error('not durable')
    queue = openQueue(deliveriesQueue, await redis(), prefix)
    return journal(queue, () => {}).write
  })

  const tools = {
    print,
    signal,
    graph,
    progress: progressLine(stderr, Date.now),
    // A little more than Meta allows keeps clear of its limit.
    everyMs: (windowMs / limit) * 1.04,
    now: Date.now,
    fetch,
    pause: async (ms: number, signal: AbortSignal) => {
      await wait(ms, undefined, { signal }).catch(() => {})
    },
    lastDeliveryAt: async (pageId: string) => lastDeliveries(await redis(), { prefix }).at(pageId),
    stopped: async (pageId: string) => (await pageStops(await redis(), { prefix }).all()).get(pageId) ?? null,
    known: async (candidates: Candidate[]) => knownMessages(await redis(), config, candidates),
    journal: async (body: Buffer, receivedAt: number) => (await write())(delivery(body, receivedAt)),
    redis: async () => viewOf(await redis()),
    openHelpdesk: async (name: string) => {
      const settings = config.helpdesks[name]
      if (!settings) throw new Error('no such helpdesk')
      return openHelpdesk(name, settings, { redis: await redis(), prefix })
    },
  } satisfies DoctorDeps & BackfillDeps & SetupTools

  async function close(): Promise<void> {
    await Promise.all([graph.close(), queue?.close()])
    connection?.disconnect()
  }
  return { tools, close }
}

/** Which of them have a mark of their event, or were sent by us. */
async function knownMessages(redis: Redis, config: Config, candidates: Candidate[]): Promise<Set<string>> {
  const { prefix } = config.redis
  const { shards } = config.lanes
  const marks = redis.pipeline()
  for (const { conversationId, eventIds } of candidates) {
    const keys = laneKeys(prefix, shardOf(laneName('in', conversationId), shards))
    marks.exists(...eventIds.map((id) => keys.seen(id)))
  }
  const [seen, ours] = await Promise.all([
    candidates.length === 0 ? [] : marks.exec().then(pipelineResults),
    ownMessages(redis, { prefix }).mids(candidates.map(({ conversationId }) => conversationId)),
  ])
  return new Set(candidates.flatMap(({ mid }, at) => (Number(seen[at]) > 0 || ours.has(mid) ? [mid] : [])))
}

async function viewOf(redis: Redis): Promise<RedisView> {
  const facts = await readRedisFacts(redis)
  return {
    version: facts.version,
    durabilityFaults: durabilityFaults(facts),
    fsync: await fsyncPolicy(redis),
    aofWriteOk: facts.aofWriteOk,
    usedShare: facts.usedMemory / facts.memoryLimit,
    clockAheadMs: facts.clockAheadMs,
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
