import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../../scripts/free-port.ts'
import { program } from '../chaos/program.ts'
import type { Program } from '../chaos/program.ts'
import { poll } from '../support/poll.ts'

export const appSecret = 'app-secret-of-the-round'
export const apiKey = 'key-of-the-round-0123456789abcdef'
export const callbackSecret = 'secret-of-the-round-0123456789abcdef'

/** Nobody is there. */
export const publicUrl = 'https://deskbridge.invalid'

/** Two Pages that differ in how long a solved ticket is reopened. */
export const acme = { id: '1234567890', name: 'Acme Shoes', accessToken: 'token-of-acme' }
export const hasty = { id: '1234567891', name: 'Hasty Shoes', accessToken: 'token-of-hasty' }

/** Seconds after which the second Page opens a new ticket instead. */
export const hastySeconds = 2

export interface Desk {
  url: string
  worker: Program
  /** Both roles, with these settings of the adapter beside the usual ones. */
  start(adapter?: object): Promise<void>
  /** Resolves when the worker, which was killed, works again. */
  restartWorker(): Promise<void>
  deadLetters(): Promise<unknown[]>
  stop(): Promise<void>
}

/** deskbridge as it is run: `main.ts api` and `main.ts worker`, over a config file. */
export async function openDesk(settings: {
  folder: string
  port: number
  redisUrl: string
  graphUrl: string
  rtUrl: string
  token: string
}): Promise<Desk> {
  const { folder, port } = settings
  const file = join(folder, 'deskbridge.yaml')
  const url = `http://127.0.0.1:${port}`
  const admin = { api: await freePort(), worker: await freePort() }

  function run(role: 'api' | 'worker'): Program {
    return program({
      name: role,
      args: [join(import.meta.dirname, '../../src/main.ts'), role],
      env: () => ({
        DESKBRIDGE_CONFIG: file,
        PORT: String(port),
        ADMIN_PORT: String(admin[role]),
        LOG_LEVEL: 'info',
      }),
      logFile: join(folder, `${role}.log`),
      onExit: ({ name, code, signal }) =>
        console.error(`deskbridge ${name} ended by itself: ${code ?? signal}`),
    })
  }

  const [api, worker] = [run('api'), run('worker')]
  const ready = (role: 'api' | 'worker') => poll(() => isReady(admin[role]), Boolean, 30_000)

  return {
    url,
    worker,
    async start(adapter = {}) {
      await writeFile(file, stringify(configOf(settings, adapter)))
      api.start()
      worker.start()
      await Promise.all([ready('api'), ready('worker')])
    },
    async restartWorker() {
      worker.start()
      await ready('worker')
    },
    async deadLetters() {
      const headers = { authorization: `Bearer ${apiKey}` }
      const answer = await fetch(`${url}/v1/dead-letters`, { headers })
      return ((await answer.json()) as { deadLetters: unknown[] }).deadLetters
    },
    async stop() {
      await Promise.all([api.term(10_000), worker.term(10_000)])
    },
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.status === 200
}

function configOf(settings: Parameters<typeof openDesk>[0], adapter: object): object {
  return {
    // Where Meta would fetch agents' files; in the round we do.
    server: { publicUrl },
    redis: { url: settings.redisUrl },
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: settings.graphUrl },
    pages: [
      { ...acme, helpdesk: 'rt' },
      { ...hasty, helpdesk: 'rt', tickets: { reopenHours: hastySeconds / 3600 } },
    ],
    helpdesks: {
      rt: {
        adapter: 'rt',
        url: settings.rtUrl,
        user: 'deskbridge',
        token: settings.token,
        queue: 'Messenger',
        fields: { locale: 'Customer language' },
        tagsField: 'Messenger tags',
        pollSeconds: 1,
        allowPrivateNetwork: true,
        ...adapter,
      },
    },
    apiKeys: [{ id: 'desk', key: apiKey, scopes: ['conversations:read', 'dead-letters:write'] }],
  }
}
