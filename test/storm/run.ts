import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { stringify } from 'yaml'
import { freePort } from '../../scripts/free-port.ts'
import { startRedisServer } from '../../scripts/redis-server.ts'
import { delivery, messageEvent, sign } from '../../src/simulator/delivery.ts'
import { program } from '../chaos/program.ts'
import { apiToken, openZendesk, signingSecret } from '../support/vendors/zendesk.ts'
import type { Phase, Scenario } from './scenario.ts'
import { audit, percentile } from './tally.ts'
import type { Heard } from './tally.ts'
import { wellHelpdesk } from './well-helpdesk.ts'

const appSecret = 'app-secret-of-the-storm'
const sickPage = '1000000001'
const wellPage = '1000000002'

export interface PhaseReport {
  name: string
  /** Of the helpdesk that is well, from the POST until it has the message, ms. */
  p50: number
  p99: number
  messages: number
}

export interface StormReport {
  phases: PhaseReport[]
  recoverySeconds: number
  written: { sick: number; well: number }
  sick: Heard
  well: Heard
  /** Calls that the sick helpdesk got in all, and those that wrote messages. */
  updates: number
  deadLetters: number
  refused: number
}

/** Two Pages, two helpdesks: one of them gets sick, and the other must not notice. */
export async function runStorm(scenario: Scenario, say: (line: string) => void): Promise<StormReport> {
  const redis = await startRedisServer({ appendfsync: 'always', detached: true })
  const sick = await openZendesk()
  const well = await wellHelpdesk()
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-storm-'))
  const [port, adminPort] = [await freePort(), await freePort()]
  const file = join(dir, 'deskbridge.yaml')
  await writeFile(file, stringify(config(redis.url, sick.server.url, sick.account.api.id, well.url)))
  const service = program({
    name: 'deskbridge',
    args: ['src/main.ts', 'all'],
    env: () => ({ DESKBRIDGE_CONFIG: file, PORT: String(port), ADMIN_PORT: String(adminPort) }),
    logFile: join(dir, 'deskbridge.log'),
    onExit: ({ code }) => say(`deskbridge ended with ${code}`),
  })
  const client = new Redis(redis.url)
  try {
    service.start()
    await ready(adminPort)
    const wrote = { sick: counts(scenario.customers), well: counts(scenario.customers) }
    const sentAt = new Map<string, number>()
    let refused = 0

    async function write(page: string, written: number[], at: number): Promise<void> {
      const customer = at % written.length
      const n = written[customer]!++
      const mark = `#${customer}-${n}`
      if (page === wellPage) sentAt.set(mark, performance.now())
      const mid = `m_${page}_${customer}_${n}`
      const psid = String(6_000_000_000_000_000 + customer)
      const event = messageEvent({
        pageId: page,
        psid,
        mid,
        timestamp: Date.now(),
        text: `Where is my order? ${mark}`,
      })
      const body = delivery([{ id: page, time: Date.now(), messaging: [event] }])
      const headers = { 'content-type': 'application/json', 'x-hub-signature-256': sign(body, appSecret) }
      const url = `http://127.0.0.1:${port}/webhooks/meta`
      const { status } = await fetch(url, { method: 'POST', headers, body: Buffer.from(body) })
      if (status !== 200) refused++
    }

    /** Writes at both rates, by the clock, whatever the helpdesks do. */
    async function play({ name, seconds, misbehaves }: Phase, from: { sick: number; well: number }) {
      if (misbehaves) sick.server.misbehave(misbehaves)
      else sick.server.behave()
      say(`${name}, ${seconds} s`)
      const [began, first] = [performance.now(), sentAt.size]
      const posts: Promise<void>[] = []
      const end = { sick: seconds * scenario.sickPerSecond, well: seconds * scenario.wellPerSecond }
      for (let sicks = 0, wells = 0; sicks < end.sick || wells < end.well;) {
        const passed = (performance.now() - began) / 1000
        for (; sicks < Math.min(end.sick, passed * scenario.sickPerSecond); sicks++)
          posts.push(write(sickPage, wrote.sick, from.sick++))
        for (; wells < Math.min(end.well, passed * scenario.wellPerSecond); wells++)
          posts.push(write(wellPage, wrote.well, from.well++))
        await pause(5)
      }
      await Promise.all(posts)
      const marks = [...sentAt.keys()].slice(first)
      await until(() => marks.every((mark) => well.arrived.has(mark)), 60)
      const times = marks.map((mark) => well.arrived.get(mark)! - sentAt.get(mark)!)
      return { name, p50: percentile(times, 50), p99: percentile(times, 99), messages: marks.length }
    }

    const from = { sick: 0, well: 0 }
    await play({ name: 'warming up', seconds: scenario.warmUpSeconds }, from)
    const phases: PhaseReport[] = []
    for (const phase of scenario.phases) phases.push(await play(phase, from))

    sick.server.behave()
    const began = performance.now()
    const total = sum(wrote.sick)
    let shown = 0
    await until(() => {
      const held = sum(
        [...textsOf(sick)].map(([, texts]) => texts.join(' ').match(/#\d+-\d+\b/g)?.length ?? 0),
      )
      if (performance.now() - shown > 10_000) {
        say(`recovering: the helpdesk has ${held} of ${total}`)
        shown = performance.now()
      }
      return held >= total
    }, scenario.recoverySeconds)
    const recoverySeconds = (performance.now() - began) / 1000
    // What would come twice is in the lanes still.
    await until(async () => (await client.zcard('deskbridge:{0}:dirty')) === 0, 120)
    return {
      phases,
      recoverySeconds,
      written: { sick: total, well: sum(wrote.well) },
      sick: audit(wrote.sick, textsOf(sick)),
      well: audit(wrote.well, well.texts),
      updates: sick.server.exchanges.filter(({ route }) => route === 'PUT /api/v2/tickets/:id').length,
      deadLetters: await client.zcard('deskbridge:{0}:dead'),
      refused,
    }
  } finally {
    await service.term(10_000)
    client.disconnect()
    await Promise.all([sick.adapter.close(), sick.server.close(), well.close(), redis.stop()])
    await rm(dir, { recursive: true, force: true })
  }
}

/** What the sick helpdesk's customers said there, over all tickets that they have. */
function textsOf(sick: Awaited<ReturnType<typeof openZendesk>>): Map<number, string[]> {
  const texts = new Map<number, string[]>()
  for (const { customer, entries } of sick.tickets()) {
    const number = Number(customer.split(':')[1]) - 6_000_000_000_000_000
    const said = entries.filter(({ from }) => from === 'customer').map(({ text }) => text ?? '')
    texts.set(number, [...(texts.get(number) ?? []), ...said])
  }
  return texts
}

function config(redisUrl: string, sickUrl: string, userId: number, wellUrl: string) {
  const token = 'token-of-the-page'
  return {
    redis: { url: redisUrl },
    logLevel: 'warn',
    meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: 'http://127.0.0.1:9' },
    pages: [
      { id: sickPage, name: 'Sick', accessToken: token, helpdesk: 'sick' },
      { id: wellPage, name: 'Well', accessToken: token, helpdesk: 'well' },
    ],
    helpdesks: {
      sick: {
        adapter: 'zendesk',
        url: sickUrl,
        email: 'desk@acme.example',
        apiToken,
        userId,
        callbackSecrets: [signingSecret],
        allowPrivateNetwork: true,
        perMinute: 700,
      },
      well: {
        adapter: 'webhook',
        url: wellUrl,
        secret: `whsec_${'c'.repeat(32)}`,
        allowPrivateNetwork: true,
      },
    },
  }
}

async function ready(adminPort: number): Promise<void> {
  const isReady = async () => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined)
    return answer?.status === 200
  }
  await until(isReady, 30)
}

async function until(isSo: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await isSo()) && performance.now() < end) await pause(100)
}

function counts(customers: number): number[] {
  return Array.from({ length: customers }, () => 0)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
