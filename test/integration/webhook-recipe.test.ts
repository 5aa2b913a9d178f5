import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { freePort } from '../../scripts/free-port.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { helpdeskSecret } from '../support/fake-helpdesk.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import {
  apiKey,
  appSecret,
  configWith,
  conversation,
  pageId,
  psid,
  startService,
} from '../support/service.ts'

/** demo/webhook-recipe.ts as somebody runs it, beside the service, with the simulator in Meta's place. */

const redis = useRedis()
const answerToken = 'what-the-helpdesk-says-to-answer'

interface Line {
  id: string
  type: string
  data: {
    event?: { kind: string; text: string }
    reply?: { id: string; status: string }
    conversation: { id: string }
  }
}

async function startRecipe() {
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-recipe-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const store = join(dir, 'store.jsonl')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ReturnType<typeof run> | undefined

  function run(deskbridgeUrl: string) {
    return spawn(process.execPath, ['demo/webhook-recipe.ts'], {
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        DESK_SECRET: helpdeskSecret,
        DESKBRIDGE_URL: deskbridgeUrl,
        API_KEY: apiKey,
        ANSWER_TOKEN: answerToken,
        STORE: store,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  async function stop(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  onTestFinished(stop)

  return {
    url,
    stop,
    async start(deskbridgeUrl: string) {
      child = run(deskbridgeUrl)
      await once(child.stdout, 'data')
    },
    lines: async (): Promise<Line[]> =>
      (await readFile(store, 'utf8').catch(() => ''))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Line),
    answer: (body: object, token = answerToken) =>
      fetch(`${url}/answers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      }),
  }
}

describe('the recipe for helpdesks without an adapter', () => {
  it('stores what comes, once, and passes answers back, once', async () => {
    const recipe = await startRecipe()
    const meta = await startSimulator({
      port: 0,
      appSecret,
      pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
    })
    onTestFinished(() => meta.close())
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'recipe' },
        meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
        helpdesks: {
          main: {
            adapter: 'webhook',
            url: `${recipe.url}/events`,
            secret: helpdeskSecret,
            allowPrivateNetwork: true,
            kinds: ['message'],
            replyStatus: true,
          },
        },
      }),
    )
    meta.pointAt(`${service.url}/webhooks/meta`)
    await recipe.start(service.url)
    await meta.write({ pageId, psid, text: 'Where is my parcel?' })
    const [message] = await poll(recipe.lines, (lines) => lines.length > 0)
    expect(message).toMatchObject({
      type: 'message.received',
      data: { event: { kind: 'message', text: 'Where is my parcel?' }, conversation: { id: conversation } },
    })

    // A restart forgets nothing, and what is sent again is known.
    await recipe.stop()
    await recipe.start(service.url)
    const body = JSON.stringify({ type: message!.type, data: message!.data })
    const at = new Date()
    const headers = {
      'webhook-id': message!.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(helpdeskSecret).sign(message!.id, at, body),
    }
    const post = (more: object) =>
      fetch(`${recipe.url}/events`, { method: 'POST', headers: { ...headers, ...more }, body })
    expect((await post({})).status).toBe(204)
    expect((await post({ 'webhook-id': 'evt_somebody_elses' })).status).toBe(401)
    expect(await recipe.lines()).toHaveLength(1)

    const said = { id: '4711', conversation, text: 'It leaves today.', agent: 'Grace' }
    const first = await recipe.answer(said)
    const again = await recipe.answer(said)
    expect([first.status, again.status, (await recipe.answer(said, 'wrong')).status]).toEqual([202, 202, 401])
    const { id } = (await first.json()) as { id: string }
    expect(await again.json()).toMatchObject({ id })
    const told = await poll(recipe.lines, (lines) =>
      lines.some(({ data }) => data.reply?.status === 'delivered'),
    )
    expect(told.flatMap(({ data }) => data.reply ?? [])).toContainEqual({ id, status: 'delivered' })
    expect(meta.sent.map((one) => (one as { text?: string }).text ?? JSON.stringify(one))).toEqual([
      expect.stringContaining('It leaves today.'),
    ])
  })
})
