import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { until } from './http.ts'

/** Everything the service has to know; made anew at each start of the demo. */
export type ServiceSettings = {
  port: number
  adminPort: number
  redis: { url: string; prefix: string; durability: 'strict' | 'relaxed' }
  graphUrl: string
  pageId: string
  appSecret: string
  verifyToken: string
  pageToken: string
  apiKey: string
}

export type Service = {
  url: string
  adminUrl: string
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Its last log lines. */
  tail(): string
  /** SIGTERM, and SIGKILL when it takes longer than it may; resolves with its exit code. */
  stop(): Promise<number | null>
}

const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 30_000
const KEPT_LINES = 40
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Resolves when the service says that it is ready; rejects with the end of its log when it does not come up. */
export async function startService(
  settings: ServiceSettings,
  options: { onLine: (line: string) => void; signal: AbortSignal },
): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'deskbridge-demo-'))
  const configFile = join(folder, 'deskbridge.yaml')
  await writeFile(configFile, stringify(configuration(settings)))

  const child = spawn(process.execPath, [MAIN], {
    env: environment(settings, configFile),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the terminal must reach the demo only: it ends the service in its turn.
    detached: true,
  })
  const lines: string[] = []
  const keep = (line: string) => {
    lines.push(line)
    if (lines.length > KEPT_LINES) lines.shift()
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    keep(line)
    options.onLine(line)
  })
  createInterface({ input: child.stderr }).on('line', keep)
  child.once('error', (error) => keep(error.message))

  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = once(child, 'close').then(async () => {
    process.removeListener('exit', killWithUs)
    await rm(folder, { recursive: true, force: true })
    return { code: child.exitCode, signal: child.signalCode }
  })

  const service: Service = {
    url: `http://127.0.0.1:${settings.port}`,
    adminUrl: `http://127.0.0.1:${settings.adminPort}`,
    ended,
    tail: () => lines.join('\n'),
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
      const { code } = await ended
      clearTimeout(timer)
      return code
    },
  }
  await waitUntilReady(service, options.signal)
  return service
}

async function waitUntilReady(service: Service, signal: AbortSignal): Promise<void> {
  const down = new AbortController()
  void service.ended.then(() => down.abort(new Error('the service ended while it was starting')))
  try {
    const ready = await until(() => isReady(`${service.adminUrl}/readyz`), {
      timeoutMs: READY_TIMEOUT_MS,
      signal: AbortSignal.any([signal, down.signal]),
    })
    if (!ready) throw new Error(`the service was not ready after ${READY_TIMEOUT_MS / 1000} s`)
  } catch (error) {
    await service.stop()
    if (signal.aborted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${reason}. Its log ends with:\n${service.tail()}`, { cause: error })
  }
}

async function isReady(url: string): Promise<true | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status === 200 ? true : undefined
}

/** Secrets stay in the environment; the file only names them, as a real one should. */
function configuration(settings: ServiceSettings) {
  const { port, adminPort, redis, graphUrl, pageId } = settings
  return {
    server: { port, adminPort },
    redis: { url: redis.url, prefix: redis.prefix },
    durability: redis.durability,
    meta: {
      appSecrets: ['${META_APP_SECRET}'],
      verifyToken: '${META_VERIFY_TOKEN}',
      graphUrl,
      graphVersion: 'v26.0',
    },
    pages: [
      {
        id: pageId,
        name: 'Acme',
        channel: 'messenger',
        accessToken: '${PAGE_TOKEN}',
        helpdesk: 'main',
      },
    ],
    helpdesks: { main: { adapter: 'inbox' } },
    apiKeys: [
      {
        id: 'demo',
        key: '${API_KEY}',
        scopes: ['replies:write', 'conversations:read', 'dead-letters:write'],
      },
    ],
  }
}

function environment(settings: ServiceSettings, configFile: string): NodeJS.ProcessEnv {
  const { PORT: _port, ADMIN_PORT: _adminPort, ...inherited } = process.env
  return {
    ...inherited,
    DESKBRIDGE_CONFIG: configFile,
    REDIS_URL: settings.redis.url,
    LOG_LEVEL: 'debug',
    META_APP_SECRET: settings.appSecret,
    META_VERIFY_TOKEN: settings.verifyToken,
    PAGE_TOKEN: settings.pageToken,
    API_KEY: settings.apiKey,
  }
}
