import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { runSetupCommand } from '../../src/setup-command.ts'
import type { SetupCommand } from '../../src/setup-command.ts'
import { proofOf } from '../../src/simulator/pages.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { poll } from './poll.ts'
import { appSecret, configWith, conversation, pageId, psid, startService } from './service.ts'
import { appId } from './setup-kit.ts'

let worlds = 0

/** A Meta, a service and its Redis, and the commands as an operator runs them. It all ends with the test. */
export async function startWorld(redisUrl: string, sections: Record<string, unknown> = {}) {
  // Meta's clock: every message is ten seconds after the one before, as people write.
  let ahead = -30 * 60_000
  const now = () => Date.now() + ahead
  const simulator = await startSimulator({
    port: 0,
    appSecret,
    verifyToken: 'verify-token',
    pages: [{ id: pageId, accessToken: 'token-of-the-page', name: 'Acme' }],
    redeliverAfterMs: [],
    // A backfill at Meta's two calls a second would take its time.
    limits: 'off',
    now,
  })
  onTestFinished(() => simulator.close())
  const base = configWith(redisUrl, {
    redis: { url: redisUrl, prefix: `world-${++worlds}` },
    // A test asks often whether something is there yet.
    rateLimit: { restPerMinute: 100_000 },
    rates: { limits: { conversations: { limit: 1000, windowMs: 1000 } } },
    ...sections,
  })
  const meta = { ...base.meta, graphUrl: simulator.url, appId }
  const service = await startService({ ...base, meta })
  simulator.pointAt(`${service.url}/webhooks/meta`)

  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-setup-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const file = join(dir, 'deskbridge.yaml')
  await writeFile(file, stringify({ ...base, meta, server: { publicUrl: service.url } }))

  async function run(command: SetupCommand, ...args: string[]) {
    const lines: string[] = []
    const exitCode = await runSetupCommand(command, args, {
      env: { DESKBRIDGE_CONFIG: file },
      print: (line) => lines.push(line),
      stderr: { write: () => true },
      signal: new AbortController().signal,
    })
    return { exitCode, lines, text: lines.join('\n') }
  }

  /** Meta stops telling of this Page, as after an hour without a 200. */
  async function unsubscribe(): Promise<void> {
    const answer = await fetch(`${simulator.url}/v26.0/${pageId}/subscribed_apps?${proof()}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer token-of-the-page' },
    })
    if (!answer.ok) throw new Error(await answer.text())
  }

  /** What the person writes, whether or not somebody is told. */
  async function say(text: string): Promise<string> {
    ahead += 10_000
    return (await simulator.write({ pageId, psid, text })).mid
  }

  async function inbox(): Promise<string[]> {
    const response = await service.rest('GET', `/v1/inbox/conversations/${encodeURIComponent(conversation)}`)
    if (response.status === 404) return []
    const { messages } = (await response.json()) as { messages: { text: string | null }[] }
    return messages.map(({ text }) => text ?? '')
  }

  /** Resolves when the helpdesk has so many messages. */
  const inboxOf = (count: number) => poll(inbox, (texts) => texts.length === count)

  return { simulator, service, run, unsubscribe, say, inbox, inboxOf, file, prefix: `world-${worlds}` }
}

function proof(): string {
  return `appsecret_proof=${proofOf('token-of-the-page', appSecret)}`
}
