import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { ensureRedisServer, startRedisServer } from '../../scripts/redis-server.ts'
import type { RedisServer } from '../../scripts/redis-server.ts'
import { pageIds } from './deliveries.ts'
import { program } from './program.ts'
import type { Exit, Program } from './program.ts'
import { quietPorts } from './quiet-ports.ts'
import type { Scenario } from './scenario.ts'
import { copyTree } from './tree.ts'

export const appSecret = 'chaos-app-secret'
export const apiKey = 'chaos-api-key-0123456789abcdef0123456789'
export const prefix = 'chaos'
export const shutdownGraceMs = 5000
const deskSecret = `whsec_${Buffer.from('chaos-helpdesk-secret-24').toString('base64')}`

/** Everything that runs: Redis, two APIs, two workers and the fake helpdesk. */
export interface World {
  dir: string
  redis: RedisServer
  programs: Program[]
  /** Base URLs of the public ports. */
  apis: string[]
  deskFile: string
  /** What ended without having been told to. */
  exits: Exit[]
  /** The ends of all logs. */
  logs(): Promise<string>
  /** Resolves when every process says that it is ready; false when that takes too long. */
  ready(ms: number): Promise<boolean>
  close(keep: boolean): Promise<void>
}

export async function openWorld(scenario: Scenario): Promise<World> {
  await ensureRedisServer({ say: (line) => console.log(line) })
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-chaos-'))
  try {
    return await build(scenario, dir)
  } catch (error) {
    await rm(dir, { recursive: true, force: true })
    throw error
  }
}

async function build(scenario: Scenario, dir: string): Promise<World> {
  const redisDir = join(dir, 'redis')
  await Promise.all([mkdir(redisDir), copyTree(dir, scenario.patches)])
  const ports = await quietPorts(8)
  const [redisPort, deskPort, ...rest] = ports as [number, number, ...number[]]
  const configFile = join(dir, 'deskbridge.yaml')
  const deskFile = join(dir, 'helpdesk.jsonl')
  await writeFile(configFile, stringify(configuration(scenario, redisPort, deskPort)))
  const exits: Exit[] = []
  let closing = false

  const service = (name: string, port: number, adminPort: number): Program => {
    const one = program({
      name,
      args: [join(dir, 'src/main.ts'), name.replace(/-\d$/, '')],
      env: (life) => ({
        DESKBRIDGE_CONFIG: configFile,
        PORT: String(port),
        ADMIN_PORT: String(adminPort),
        REDIS_URL: `redis://127.0.0.1:${redisPort}`,
        LOG_LEVEL: 'warn',
        // Stands in the helpdesk's URL, so that the helpdesk knows which life of which worker called.
        CHAOS_SENDER: `${name}.${life}`,
        CHAOS_DIR: dir,
      }),
      logFile: join(dir, `${name}.log`),
      onExit: (exit) => {
        if (closing) return
        exits.push(exit)
        // As an orchestrator would.
        setTimeout(() => !closing && one.start(), 200)
      },
    })
    return one
  }
  const desk = program({
    name: 'helpdesk',
    args: [fileURLToPath(new URL('./helpdesk.ts', import.meta.url)), deskSettings()],
    env: () => ({}),
    logFile: join(dir, 'helpdesk.log'),
    onExit: (exit) => void exits.push(exit),
  })

  function deskSettings(): string {
    const { seed, failures, deskMs, lanes } = scenario
    return JSON.stringify({
      port: deskPort,
      file: deskFile,
      secret: deskSecret,
      seed,
      failures,
      deskMs,
      lateMs: lanes.leaseMs * 0.6,
    })
  }

  const [api1, admin1, api2, admin2, admin3, admin4] = rest as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const admins = [admin1, admin2, admin3, admin4]
  const programs = [
    service('api-1', api1, admin1),
    service('api-2', api2, admin2),
    service('worker-1', 0, admin3),
    service('worker-2', 0, admin4),
    desk,
  ]
  await writeFile(deskFile, '')
  const redis = await startRedisServer({ dir: redisDir, port: redisPort, detached: true })
  for (const one of programs) one.start()

  return {
    dir,
    redis,
    programs,
    deskFile,
    exits,
    apis: [api1, api2].map((port) => `http://127.0.0.1:${port}`),
    ready: (ms) => allReady(admins, ms),
    logs: async () => {
      const all = programs.map(async ({ name }) => {
        const log = await readFile(join(dir, `${name}.log`), 'utf8').catch(() => '')
        return `--- ${name}\n${log.slice(-1500)}`
      })
      return (await Promise.all(all)).join('\n')
    },
    async close(keep) {
      closing = true
      await Promise.all([redis.kill9(), ...programs.map((one) => one.kill())])
      if (keep) console.log(`logs and records are in ${dir}`)
      else await rm(dir, { recursive: true, force: true })
    },
  }
}

async function allReady(adminPorts: number[], ms: number): Promise<boolean> {
  const until = Date.now() + ms
  for (const port of adminPorts) {
    while (!(await isReady(port))) {
      if (Date.now() > until) return false
      await wait(50)
    }
  }
  return true
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}

function configuration(scenario: Scenario, redisPort: number, deskPort: number) {
  const page = (id: string) => ({ id, name: `Page ${id}`, accessToken: 'token', helpdesk: 'main' })
  return {
    server: { host: '127.0.0.1', shutdownGraceMs },
    redis: { url: `redis://127.0.0.1:${redisPort}`, prefix },
    // Nothing is sent to Graph here; a port of discard, so that nothing leaves the machine if it were.
    meta: { appSecrets: [appSecret], verifyToken: 'chaos', graphUrl: 'http://127.0.0.1:9' },
    pages: pageIds.map(page),
    helpdesks: {
      main: {
        adapter: 'webhook',
        url: `http://127.0.0.1:${deskPort}/events/\${CHAOS_SENDER}`,
        secret: deskSecret,
        allowPrivateNetwork: true,
      },
    },
    apiKeys: [{ id: 'chaos', key: apiKey, scopes: ['dead-letters:read'] }],
    lanes: scenario.lanes,
  }
}
