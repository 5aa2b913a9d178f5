import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'
import type { Loaded } from '../../src/commands/command-deps.ts'
import { runDoctor } from '../../src/commands/doctor.ts'
import { webhookFields } from '../../src/meta/subscribed-fields.ts'
import type { Finding } from '../../src/setup/report.ts'
import { appId, configFor, now, page, toolsFor } from './setup-kit.ts'
import type { useGraph } from './setup-kit.ts'

/** A world in which the doctor finds nothing, for tests that spoil one thing of it. */

type Graph = ReturnType<typeof useGraph>

export const all = (channel: 'messenger' | 'instagram') => {
  const { required, useful } = webhookFields(channel)
  return [...required, ...useful]
}
export const seconds = (at: number) => Math.floor(at / 1000)
export const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000')
export const hour = 3_600_000

/** The webhook of a service that is up, unless a test says otherwise. */
export async function webhook(answers: { get?: [number, string?]; post?: number } = {}): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    const url = new URL(request.url ?? '', 'http://webhook')
    if (request.method === 'POST') return void response.writeHead(answers.post ?? 401).end('no')
    const token = url.searchParams.get('hub.verify_token')
    const [status, body] = answers.get ?? (token === 'verify-token' ? [200] : [403])
    response.writeHead(status, { location: '/login' }).end(body ?? url.searchParams.get('hub.challenge'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

export const token = { app_id: appId, is_valid: true, expires_at: 0, data_access_expires_at: 0 }
export const scopes = [
  'pages_messaging',
  'pages_manage_metadata',
  'pages_read_engagement',
  'pages_show_list',
  'pages_manage_engagement',
]

/** Everything is well, and the last delivery came ten minutes ago. */
export async function healthy(graph: Graph, publicUrl: string) {
  graph.on('GET me', { id: page.id, name: 'Acme Inc.' })
  graph.on('GET debug_token', { data: { ...token, scopes } })
  graph.on(`GET ${page.id}/subscribed_apps`, { data: [{ id: appId, subscribed_fields: all('messenger') }] })
  graph.on(`GET ${page.id}/conversations`, { data: [{ id: 't_1', updated_time: at(now - 10 * 60_000) }] })
  graph.on(`GET ${appId}/subscriptions`, {
    data: [
      {
        object: 'page',
        callback_url: `${publicUrl}/webhooks/meta`,
        active: true,
        fields: all('messenger').map((name) => ({ name, version: 'v26.0' })),
      },
    ],
  })
}

export async function examine(
  graph: Graph,
  options: { more?: Parameters<typeof toolsFor>[1]; sections?: object; url?: string } = {},
) {
  const publicUrl = options.url ?? (await webhook())
  const config = configFor(graph.url, { server: { publicUrl }, ...options.sections })
  const kit = toolsFor(graph, {
    now: () => now,
    lastDeliveryAt: () => Promise.resolve(now - 10 * 60_000),
    ...options.more,
  })
  const load = (): Loaded => ({ ok: true, file: 'deskbridge.yaml', config })
  const deps = { print: kit.tools.print, load, open: () => kit.tools }
  const exitCode = await runDoctor([], deps)
  const text = kit.text()
  const shown = kit.lines.filter((line) => /^ {2}(warning|fault)/.test(line))
  kit.lines.length = 0
  await runDoctor(['--json'], deps)
  const json = JSON.parse(kit.text()) as {
    ok: boolean
    sections: { findings: Finding[] }[]
  }
  const findings = json.sections.flatMap((section) => section.findings)
  const faults = findings.filter(({ level }) => level === 'fault').map(({ check }) => check)
  const of = (check: string) => findings.find((finding) => finding.check === check)
  return { exitCode, text, shown, json, faults, of }
}

/** The loopback is no https, and nothing else is wrong. */
export const onlyHttps = ['callback.https']
