import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { afterEach, beforeEach } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import type { Config } from '../../src/config/schema.ts'
import { graphClient } from '../../src/meta/graph-client.ts'
import type { BackfillDeps } from '../../src/setup/backfill.ts'
import type { DoctorDeps } from '../../src/setup/doctor.ts'
import { appSecret, pageId } from './service.ts'

/** A Graph that says what a test tells it to, over real HTTP, for what the simulator does not do. */

export interface GraphCall {
  /** `GET 123/subscribed_apps`, without the version. */
  route: string
  query: Record<string, string>
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

type Answer = object | ((call: GraphCall) => object)

export const appId = '987654321012345'
export const pageToken = 'token-of-the-page'
export const now = Date.parse('2026-11-23T12:00:00Z')

export const page = { id: pageId, name: 'Acme', accessToken: pageToken, helpdesk: 'main' }

/** A config of one Page; the test overrides sections. */
export function configFor(graphUrl: string, sections: Record<string, unknown> = {}): Config {
  return configSchema.parse({
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl, appId },
    pages: [page],
    helpdesks: { main: { adapter: 'inbox' } },
    ...sections,
  })
}

/** What Graph says no with. */
export function refuse(code: number, error_subcode?: number): object {
  return { error: { message: 'no', type: 'OAuthException', code, error_subcode } }
}

/** A new Graph for each test of the file that calls this. A route that nobody told it is refused with code 2500. */
export function useGraph() {
  let url = ''
  let calls: GraphCall[] = []
  let routes = new Map<string, Answer>()
  let close = () => Promise.resolve()
  let clock = now
  let client: ReturnType<typeof graphClient>

  beforeEach(async () => {
    calls = []
    routes = new Map()
    clock = now
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const at = new URL(request.url ?? '', 'http://graph')
        const route = `${request.method} ${decodeURIComponent(at.pathname.replace(/^\/v\d+\.\d+\//, ''))}`
        const text = Buffer.concat(chunks).toString()
        const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
        const call = { route, query: Object.fromEntries(at.searchParams), headers: request.headers, body }
        calls.push(call)
        const told = routes.get(route) ?? refuse(2500)
        const answer = typeof told === 'function' ? (told as (call: GraphCall) => object)(call) : told
        const status = 'error' in answer ? 400 : 200
        response
          .writeHead(status, { 'content-type': 'application/json', date: new Date(clock).toUTCString() })
          .end(JSON.stringify(answer))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    url = `http://127.0.0.1:${address.port}`
    client = graphClient({ graphUrl: url, graphVersion: 'v26.0', appSecret, timeoutMs: 2000 })
    close = async () => {
      await client.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
  afterEach(() => close())

  return {
    get url() {
      return url
    },
    get calls() {
      return calls
    },
    get client() {
      return client
    },
    /** What its Date header tells. */
    setClock(at: number) {
      clock = at
    },
    on(route: string, answer: Answer) {
      routes.set(route, answer)
    },
    /** The calls of one route. */
    of: (route: string) => calls.filter((call) => call.route === route),
  }
}

export interface Shown {
  lines: string[]
  text: () => string
}

/** Everything a command may need, with a clock that stands still unless somebody pauses. */
export function toolsFor(graph: ReturnType<typeof useGraph>, more: Partial<DoctorDeps & BackfillDeps> = {}) {
  const lines: string[] = []
  const progress: string[] = []
  const journalled: { body: string; receivedAt: number }[] = []
  let clock = now
  const tools: DoctorDeps & BackfillDeps = {
    everyMs: 520,
    graph: graph.client,
    print: (line) => lines.push(line),
    progress: { show: (text) => progress.push(text), clear: () => {} },
    now: () => clock,
    signal: new AbortController().signal,
    lastDeliveryAt: () => Promise.resolve(null),
    stopped: () => Promise.resolve(null),
    fetch,
    redis: () =>
      Promise.resolve({
        version: '7.2.4',
        durabilityFaults: [],
        fsync: 'always',
        aofWriteOk: true,
        usedShare: 0.1,
        clockAheadMs: 3,
      }),
    known: () => Promise.resolve(new Set()),
    openHelpdesk: () =>
      Promise.resolve({
        style: 'events',
        forwardEvent: () => Promise.reject(new Error('not asked for')),
        close: () => Promise.resolve(),
      }),
    journal: (body, receivedAt) => {
      journalled.push({ body: body.toString(), receivedAt })
      return Promise.resolve()
    },
    pause: (ms) => {
      clock += ms
      return Promise.resolve()
    },
    ...more,
  }
  return { tools, lines, progress, journalled, text: () => lines.join('\n') }
}
