import { statSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { stringify } from 'yaml'
import { ensureRedisServer, startRedisServer } from '../../scripts/redis-server.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { program } from '../chaos/program.ts'
import type { Program } from '../chaos/program.ts'
import { quietPorts } from '../chaos/quiet-ports.ts'
import { seeded } from '../chaos/random.ts'
import { copyTree } from '../chaos/tree.ts'
import { castPages } from './cast.ts'
import { appSecret, configuration, deafen, prefix } from './settings.ts'
import { graphGate } from './graph-gate.ts'
import { redisGate } from './redis-gate.ts'
import type { Scenario } from './scenario.ts'
import { service } from './service.ts'
import type { Service } from './service.ts'
import { targets } from './targets.ts'
import type { Targets } from './targets.ts'
import { watchRedis } from './watch-redis.ts'
import { webhookGate } from './webhook-gate.ts'
import type { WebhookGate } from './webhook-gate.ts'
import { wire } from './wire.ts'
import type { Wire } from './wire.ts'

/** Everything that runs: Redis, one API, one worker behind its gates, and Meta in this very process. */
export interface World {
  simulator: Simulator
  /** Straight to Redis, past the gate. */
  redis: Redis
  wire: Wire
  targets: Targets
  webhooks: WebhookGate
  service: Service
  worker: Program
  /** What the worker has logged in this life. */
  workerLog(): Promise<string>
  /** Aborts when a process ends without having been told to. */
  broken: AbortSignal
  /** When the webhook had acknowledged the first echo of a part, by its metadata; ms since the epoch. */
  echoedAt: Map<string, number>
  /** The ends of all logs. */
  logs(): Promise<string>
  close(): Promise<void>
}

export async function openWorld(scenario: Scenario): Promise<World> {
  await ensureRedisServer({ say: (line) => console.log(line) })
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-chaos-sends-'))
  const closing: (() => unknown)[] = []
  const close = async () => {
    for (const end of closing.toReversed()) await end()
    if (scenario.keep) console.log(`logs are in ${dir}`)
    else await rm(dir, { recursive: true, force: true })
  }
  try {
    return await build(scenario, dir, closing, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function build(
  scenario: Scenario,
  dir: string,
  closing: (() => unknown)[],
  close: () => Promise<void>,
): Promise<World> {
  await Promise.all([mkdir(join(dir, 'redis')), copyTree(dir, scenario.patches)])
  const [redisPort, port, apiAdmin, workerAdmin] = (await quietPorts(4)) as [number, number, number, number]
  const server = await startRedisServer({
    dir: join(dir, 'redis'),
    port: redisPort,
    // Nobody kills this Redis.
    appendfsync: 'everysec',
    detached: true,
  })
  closing.push(() => server.kill9())
  const redis = new Redis(server.url)
  redis.on('error', () => {})
  closing.push(() => redis.disconnect())

  const [log, held] = [wire(), targets()]
  const echoedAt = new Map<string, number>()
  const webhooks = await webhookGate({
    webhookUrl: `http://127.0.0.1:${port}/webhooks/meta`,
    onEcho: (metadata) => void (echoedAt.has(metadata) || echoedAt.set(metadata, Date.now())),
  })
  const simulator = await startSimulator({ port: 0, appSecret, pages: castPages, webhookUrl: webhooks.url })
  const graph = await graphGate({
    graphUrl: simulator.url,
    wire: log,
    targets: held,
    random: seeded(scenario.seed, 'graph'),
  })
  const store = await redisGate({
    port: redisPort,
    onCommand: watchRedis({ redis, prefix, wire: log, targets: held }),
  })
  // The simulator last: what it still tells, and what is still asked of it, must have ended.
  closing.push(
    () => simulator.close(),
    () => webhooks.close(),
    () => graph.close(),
    () => store.close(),
  )
  await deafen(simulator.url)

  const configFile = join(dir, 'deskbridge.yaml')
  await writeFile(configFile, stringify(configuration(scenario, graph.url)))
  const broken = new AbortController()
  let lifeBegan = 0
  const run = (name: string, redisUrl: string, ports: { port: number; adminPort: number }) => {
    const logFile = join(dir, `${name}.log`)
    const one = program({
      name,
      args: [join(dir, 'src/main.ts'), name],
      env: (life) => {
        if (name === 'worker') log.life = life
        return {
          DESKBRIDGE_CONFIG: configFile,
          PORT: String(ports.port),
          ADMIN_PORT: String(ports.adminPort),
          REDIS_URL: redisUrl,
          LOG_LEVEL: name === 'worker' ? 'debug' : 'warn',
          // It starts some hundred times.
          NODE_COMPILE_CACHE: join(dir, 'compiled'),
        }
      },
      logFile,
      onExit: ({ code, signal }) => broken.abort(new Error(`the ${name} ended by itself: ${code ?? signal}`)),
    })
    closing.push(() => one.kill())
    return { ...one, logFile }
  }
  const api = run('api', server.url, { port, adminPort: apiAdmin })
  const worker = run('worker', store.url, { port: 0, adminPort: workerAdmin })
  api.start()
  await ready(apiAdmin)
  const tail = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).slice(-2000)

  return {
    simulator,
    redis,
    wire: log,
    targets: held,
    webhooks,
    service: service(`http://127.0.0.1:${port}`),
    broken: broken.signal,
    echoedAt,
    worker: {
      ...worker,
      start() {
        lifeBegan = statSync(worker.logFile, { throwIfNoEntry: false })?.size ?? 0
        worker.start()
      },
    },
    workerLog: async () => (await readFile(worker.logFile)).subarray(lifeBegan).toString(),
    logs: async () => `--- api\n${await tail(api.logFile)}\n--- worker\n${await tail(worker.logFile)}`,
    close,
  }
}

async function ready(adminPort: number): Promise<void> {
  const until = Date.now() + 30_000
  for (;;) {
    const url = `http://127.0.0.1:${adminPort}/readyz`
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    if (Date.now() > until) throw new Error('the API did not become ready')
    await wait(50)
  }
}
