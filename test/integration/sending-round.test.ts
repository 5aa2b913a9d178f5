import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
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
import type { Service } from '../support/service.ts'

const redis = useRedis()
const replies = `/v1/conversations/${conversation}/replies`
const token = 'token-of-the-page'
const scopes = ['replies:write', 'replies:raw', 'conversations:read', 'pages:read', 'pages:write']

/** The service, and in Meta's place the simulator, where the person has just written. */
async function startRound(prefix: string, more: Record<string, unknown> = {}) {
  const meta = await startSimulator({ port: 0, appSecret, pages: [{ id: pageId, accessToken: token }] })
  onTestFinished(() => meta.close())
  const service = await startService(
    configWith(redis.url, {
      redis: { url: redis.url, prefix },
      meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
      apiKeys: [{ id: 'desk', key: apiKey, scopes }],
      ...more,
    }),
  )
  meta.pointAt(`${service.url}/webhooks/meta`)
  await meta.write({ pageId, psid, text: 'Where is my parcel?' })
  return { meta, service }
}

async function say(service: Service, body: object): Promise<string> {
  const answer = await service.rest('POST', replies, body)
  expect([answer.status, await answer.clone().text()]).toEqual([202, expect.stringContaining('queued')])
  return ((await answer.json()) as { id: string }).id
}

type Fate = { status: string; possibleRepeat: boolean; parts: { mid: string | null; status: string }[] }

function fate(service: Service, id: string, fits: (reply: Fate) => boolean): Promise<Fate> {
  return poll(async () => (await (await service.rest('GET', `/v1/replies/${id}`)).json()) as Fate, fits)
}

type Pages = {
  pages: { sending: string; waiting: number; stopped: { reason: string; nextTryAt: string } | null }[]
}

function page(service: Service, fits: (page: Pages['pages'][number]) => boolean) {
  const ask = async () => ((await (await service.rest('GET', '/v1/pages')).json()) as Pages).pages[0]!
  return poll(ask, fits)
}

describe('a reply', () => {
  it('is sent, delivered and read, and the inbox shows how far it is', async () => {
    const { meta, service } = await startRound('fates')
    const id = await say(service, { text: 'With you today.', agent: { name: 'Grace' } })
    await fate(service, id, ({ status }) => status === 'delivered')
    await meta.read({ pageId, psid })
    expect(await fate(service, id, ({ status }) => status === 'read')).toMatchObject({
      possibleRepeat: false,
    })
    const inbox = async () =>
      (await (await service.rest('GET', `/v1/inbox/conversations/${conversation}`)).json()) as {
        messages: { id: string; status?: string }[]
      }
    await poll(inbox, ({ messages }) => messages.some((one) => one.id === id && one.status === 'read'))
  })

  it('that is long arrives in several messages, in order', async () => {
    const { meta, service } = await startRound('long')
    const text = `${'first '.repeat(300)}\n\n${'second '.repeat(200)}`
    const id = await say(service, { text })
    const { parts } = await fate(service, id, ({ status }) => status === 'delivered')
    const shown = meta.shown({ psid }).filter(({ from }) => from === 'page')
    expect(shown.map(({ mid }) => mid)).toEqual(parts.map(({ mid }) => mid))
    expect(shown.map((one) => one.text?.split(' ')[0])).toEqual(['first', 'second'])
  })

  it('may be an upload, which Meta gets once and which is sent as often as one likes', async () => {
    const { meta, service } = await startRound('uploads')
    const form = new FormData()
    form.set('pageId', pageId)
    form.set('type', 'image')
    form.set('file', new Blob([Buffer.alloc(100_000, 7)], { type: 'image/png' }), 'parcel.png')
    const headers = { authorization: `Bearer ${apiKey}` }
    const answer = await fetch(`${service.url}/v1/uploads`, { method: 'POST', headers, body: form })
    expect(answer.status).toBe(201)
    const { id: uploadId } = (await answer.json()) as { id: string }
    for (let n = 0; n < 2; n++) {
      const id = await say(service, { attachment: { type: 'image', uploadId } })
      await fate(service, id, ({ status }) => status === 'delivered')
    }
    expect(meta.sent).toHaveLength(2)
    const other = await service.rest('POST', replies, { attachment: { type: 'video', uploadId } })
    expect(await other.json()).toMatchObject({
      status: 422,
      errors: [{ path: 'body.attachment.uploadId', message: expect.stringContaining('uploaded as image') }],
    })
  })

  it('may be raw for a key that has the scope, and says nothing about its own tag', async () => {
    const { meta, service } = await startRound('raw')
    const raw = { messaging_type: 'UPDATE', message: { text: 'as it is' } }
    const id = await say(service, { raw })
    await fate(service, id, ({ status }) => status === 'delivered')
    expect(meta.sent[0]?.body).toMatchObject({ messaging_type: 'RESPONSE', message: { text: 'as it is' } })
  })
})

describe('a Page whose token dies', () => {
  it('keeps its replies, tells everywhere, and goes on by itself when the token works again', async () => {
    const { meta, service } = await startRound('revoked')
    meta.token({ pageId, valid: false, subcode: 460 })
    const ids = [await say(service, { text: 'one' }), await say(service, { text: 'two' })]
    expect(await page(service, ({ waiting }) => waiting === 1)).toMatchObject({
      sending: 'stopped',
      stopped: { reason: 'token', graph: '190/460', message: expect.stringContaining('SIGHUP') },
    })
    const ready = await fetch(`${service.adminUrl}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      {
        status: 'degraded',
        checks: expect.arrayContaining([expect.objectContaining({ name: `page ${pageId}` })]),
      },
    ])
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text()
    expect(metrics).toContain(`deskbridge_page_stopped{page="${pageId}",reason="token"} 1`)
    // Events flow on meanwhile.
    await meta.write({ pageId, psid, text: 'Hello?' })
    await service.line(({ stage }) => stage === 'forward')
    expect(meta.sent).toEqual([])
    meta.token({ pageId, valid: true })
    for (const id of ids) await fate(service, id, ({ status }) => status === 'delivered')
    expect(meta.sent.map(({ body }) => body.message?.text)).toEqual(['one', 'two'])
    expect(await page(service, () => true)).toMatchObject({ sending: 'running', waiting: 0, stopped: null })
    expect(((await (await fetch(`${service.adminUrl}/readyz`)).json()) as { status: string }).status).toBe(
      'ok',
    )
  })

  it('in the middle of many replies: nothing is sent meanwhile, nothing lost or doubled, and it resumes in 10 s', async () => {
    const { meta, service } = await startRound('mid-run', { rateLimit: { restPerMinute: 100_000 } })
    const people = Array.from({ length: 30 }, (_, n) => `${2_500_000_000_000_000 + n}`)
    for (const person of people) meta.person({ pageId, psid: person, lastWroteAt: Date.now() })
    const wanted: string[] = []
    const ids = await Promise.all(
      people.flatMap((person) =>
        ['1', '2', '3', '4', '5', '6', '7', '8'].map(async (n) => {
          wanted.push(`${person} ${n}`)
          const path = `/v1/conversations/${pageId}:${person}/replies`
          // One after the other for each person, so that their order is known.
          if (n === '5') meta.token({ pageId, valid: false })
          const answer = await service.rest(
            'POST',
            path,
            { text: `${person} ${n}` },
            { 'idempotency-key': `${person}-${n}` },
          )
          return ((await answer.json()) as { id: string }).id
        }),
      ),
    )
    const { stopped } = await page(service, ({ sending }) => sending === 'stopped')
    // The worker has asked Meta in vain whether the token works again.
    await page(service, (now) => now.stopped !== null && now.stopped.nextTryAt !== stopped?.nextTryAt)
    const before = meta.sent.length
    expect(before).toBeLessThan(wanted.length)
    await page(service, (now) => now.waiting === people.length)
    expect(meta.sent).toHaveLength(before)
    const restored = performance.now()
    meta.token({ pageId, valid: true })
    await poll(
      () => Promise.resolve(meta.sent.length),
      (count) => count > before,
    )
    expect(performance.now() - restored).toBeLessThan(10_000)
    for (const id of ids) await fate(service, id, ({ status }) => status === 'delivered' || status === 'read')
    const texts = meta.sent.map(({ body }) => body.message?.text)
    expect(texts.toSorted()).toEqual(wanted.toSorted())
  }, 60_000)

  it('goes on at once with a new token, after SIGHUP; a faulty file changes nothing', async () => {
    const { meta, service } = await startRound('hangup')
    meta.token({ pageId, valid: false, newToken: 'another-token' })
    const id = await say(service, { text: 'one' })
    await page(service, ({ sending }) => sending === 'stopped')
    const good = await readFile(service.configFile, 'utf8')
    await writeFile(service.configFile, good.replace(token, ''))
    service.child.kill('SIGHUP')
    await service.line(({ code }) => code === 'CONFIG_FAULTY')
    await writeFile(service.configFile, good.replace(token, 'another-token'))
    meta.token({ pageId, valid: true })
    service.child.kill('SIGHUP')
    await service.line(({ msg }) => msg === 'the Pages were read again')
    await fate(service, id, ({ status }) => status === 'delivered')
    expect(JSON.stringify(service.lines)).not.toContain('another-token')
  })

  it('tries again when somebody asks for it, and stops again if Meta says no', async () => {
    const { meta, service } = await startRound('asked')
    meta.page({ pageId, restricted: true })
    const id = await say(service, { text: 'one' })
    expect(await page(service, ({ sending }) => sending === 'stopped')).toMatchObject({
      stopped: { reason: 'restricted' },
    })
    const resume = () => service.rest('POST', `/v1/pages/${pageId}/resume`)
    expect((await resume()).status).toBe(200)
    await page(service, ({ sending }) => sending === 'stopped')
    meta.page({ pageId, restricted: false })
    expect(await (await resume()).json()).toMatchObject({ sending: 'running' })
    await fate(service, id, ({ status }) => status === 'delivered')
    expect((await service.rest('POST', '/v1/pages/9/resume')).status).toBe(404)
  })
})
