import { randomBytes } from 'node:crypto'
import { json } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import {
  filesIn,
  linkOf,
  messages,
  messageWith,
  open,
  picture,
  startCopyWorld,
  write,
} from '../support/attachment-kit.ts'
import { partly, startFileServer, status, whole } from '../support/file-server.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { apiKey, appSecret, conversation, pageId, psid, startService } from '../support/service.ts'
import type { Service } from '../support/service.ts'

const redis = useRedis()

async function metric(service: Service, name: string): Promise<number> {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

describe('a picture that a customer sends', () => {
  it('reaches the inbox with our link, which serves the same bytes, also when Meta has forgotten it', async () => {
    const { cdn, folder, service } = await startCopyWorld(redis.url, 'copied')
    const meta = await startSimulator({
      port: 0,
      appSecret,
      pages: [{ id: pageId, accessToken: 'token-of-the-page' }],
      webhookUrl: `${service.url}/webhooks/meta`,
    })
    cdn.files.set('/v/åre 1.png', whole(picture, 'image/png'))
    cdn.files.set('/v/%C3%A5re%201.png', whole(picture, 'image/png'))
    const url = `${cdn.url}/v/%C3%A5re%201.png?oe=1`
    await meta.write({ pageId, psid, text: 'this one', attachments: [{ type: 'image', payload: { url } }] })
    await meta.close()

    const link = await linkOf(service)
    const first = await open(service, link)
    expect(first.status).toBe(200)
    cdn.files.clear()
    const answer = await open(service, link)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(picture)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(picture.length),
      'content-disposition': `attachment; filename="_re 1.png"; filename*=UTF-8''%C3%A5re%201.png`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'accept-ranges': 'bytes',
    })
    expect(cdn.asked).toEqual(['/v/%C3%A5re%201.png'])
    expect(await filesIn(folder)).toHaveLength(1)
    const [copied, bytes] = [
      'deskbridge_attachments_total{result="copied"',
      'deskbridge_attachment_bytes_total',
    ]
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text()
    expect(text).toContain(copied)
    expect(await metric(service, bytes)).toBe(picture.length)
    expect(await metric(service, 'deskbridge_attachments_waiting')).toBe(0)
  })

  it('reaches a helpdesk that takes events under our link, with what Meta sent beside it', async () => {
    const desk = await startFileServer()
    const told = Promise.withResolvers<{ event: { attachments: { url: string }[]; raw: unknown } }>()
    desk.files.set('/events', (response, request) => {
      void json(request).then((body) => told.resolve((body as { data: never }).data))
      response.end()
    })
    const secret = `whsec_${Buffer.from('a secret of the desk, 24+').toString('base64')}`
    const main = { adapter: 'webhook', url: `${desk.url}/events`, secret, allowPrivateNetwork: true }
    const { cdn, service } = await startCopyWorld(redis.url, 'webhook', { sections: { helpdesks: { main } } })
    cdn.files.set('/a.png', whole(picture, 'image/png'))
    await write(service, messageWith({ type: 'image', url: `${cdn.url}/a.png` }))
    const { event } = await told.promise
    expect((await open(service, event.attachments[0]?.url ?? '')).status).toBe(200)
    expect(JSON.stringify(event.raw)).toContain(`${cdn.url}/a.png`)
  })

  it('is served in one range of bytes, and without a body to HEAD', async () => {
    const { cdn, service } = await startCopyWorld(redis.url, 'ranges')
    const body = randomBytes(100_000)
    cdn.files.set('/sound.mp3', whole(body, 'audio/mpeg'))
    await write(service, messageWith({ type: 'audio', url: `${cdn.url}/sound.mp3` }))
    const link = await linkOf(service)
    const part = await open(service, link, { headers: { range: 'bytes=1000-1999' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000-1999/100000'])
    expect(Buffer.from(await part.arrayBuffer())).toEqual(body.subarray(1000, 2000))
    const outside = await open(service, link, { headers: { range: 'bytes=100000-' } })
    expect([outside.status, (await outside.arrayBuffer()).byteLength]).toEqual([200, 100_000])
    const head = await open(service, link, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '100000', ''])
  })

  it('that cannot be fetched holds no text up, and its link says so', async () => {
    const { cdn, service } = await startCopyWorld(redis.url, 'refused')
    cdn.files.set('/gone.png', status(403))
    await write(service, messageWith({ type: 'image', url: `${cdn.url}/gone.png?secret=of-meta` }))
    const link = await linkOf(service)
    // The text is there while the file is still being tried.
    expect(await metric(service, 'deskbridge_attachments_waiting')).toBe(1)
    const answer = await poll(
      () => open(service, link),
      (one) => one.status !== 503,
      20_000,
    )
    expect([answer.status, await answer.json()]).toEqual([
      410,
      {
        type: 'urn:deskbridge:problem:attachment-gone',
        title: 'The file is not here, and will not be',
        status: 410,
        code: 'ATTACHMENT_GONE',
        detail: 'it could not be fetched: Meta no longer gives it out',
      },
    ])
    expect(cdn.asked).toEqual(['/gone.png', '/gone.png', '/gone.png'])
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text()
    expect(text).toContain('deskbridge_attachments_total{result="failed",reason="refused"} 1')
    expect(JSON.stringify(service.lines)).not.toContain('of-meta')
  })

  it('that is still on its way is answered 503 and when to ask again, and then as soon as it is there', async () => {
    const { cdn, service } = await startCopyWorld(redis.url, 'slow')
    const finish = Promise.withResolvers<() => void>()
    cdn.files.set(
      '/slow.png',
      partly(picture.subarray(0, 10), picture.length, (response) =>
        finish.resolve(() => response.end(picture.subarray(10))),
      ),
    )
    await write(service, messageWith({ type: 'image', url: `${cdn.url}/slow.png` }))
    const link = await linkOf(service)
    const early = await open(service, link)
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await early.json()).toMatchObject({ code: 'ATTACHMENT_UNAVAILABLE' })
    const waiting = open(service, link)
    ;(await finish.promise)()
    const answer = await waiting
    expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([200, picture])
  })
})

describe('what is not copied', () => {
  it('keeps the links of Meta: Instagram by default, stories always, and where the Page says so', async () => {
    const [instagram, copying, plain] = ['17841400000000001', '17841400000000002', '99']
    const page = { name: 'Acme', accessToken: 'token-of-the-page', helpdesk: 'main' }
    const { cdn, folder, service } = await startCopyWorld(redis.url, 'links', {
      sections: {
        pages: [
          { ...page, id: instagram, channel: 'instagram' },
          { ...page, id: copying, channel: 'instagram', attachments: 'copy' },
          { ...page, id: plain, attachments: 'link' },
          { ...page, id: pageId },
        ],
      },
    })
    cdn.files.set('/a.png', whole(picture, 'image/png'))
    const url = `${cdn.url}/a.png`
    const from = (id: string, ...attachments: { type: string; url: string }[]) => ({
      ...messageWith(...attachments),
      recipient: { id },
    })
    const image = { type: 'image', url }
    const stories = ['story_mention', 'story', 'ig_story', 'media'].map((type) => ({ type, url }))
    const others = ['fallback', 'share', 'ig_post', 'post', 'reel', 'ig_reel', 'template'].map((type) => ({
      type,
      url,
    }))
    const toStory = from(copying, image)
    const answer = { ...toStory, message: { ...toStory.message, reply_to: { story: { id: '1', url } } } }
    for (const event of [
      from(instagram, image),
      from(plain, image),
      from(copying, ...stories),
      answer,
      from(pageId, ...stories, ...others),
    ]) {
      const entry = { id: event.recipient.id, time: 1, messaging: [event] }
      expect(
        (await service.post(Buffer.from(JSON.stringify({ object: 'page', entry: [entry] })))).status,
      ).toBe(200)
    }
    // What is copied tells that the others had their time.
    await write(service, messageWith(image))
    const shown = await messages(service, 2)
    for (const id of [instagram, plain, copying]) {
      // The answer to a story has a note before it.
      const all = await messages(service, id === copying ? 3 : 1, `${id}:${psid}`)
      const withFiles = all.filter(({ attachments }) => attachments !== undefined)
      expect(withFiles).toHaveLength(id === copying ? 2 : 1)
      for (const { attachments } of withFiles) {
        expect(attachments?.map((one) => one.url)).toEqual(attachments?.map(() => url))
      }
    }
    expect(shown[0]?.attachments?.map((one) => one.url)).toEqual(shown[0]?.attachments?.map(() => url))
    expect((await open(service, shown[1]?.attachments?.[0]?.url ?? '')).status).toBe(200)
    expect([cdn.asked, (await filesIn(folder)).length]).toEqual([['/a.png'], 1])
  })

  it('is everything where there is no store, which is said once', async () => {
    const { cdn, service: first } = await startCopyWorld(redis.url, 'no-store', {
      sections: { attachments: {} },
    })
    const config = { server: {}, attachments: { store: { folder: '/nowhere' } } }
    const { service: second } = await startCopyWorld(redis.url, 'no-url', { sections: config })
    const url = `${cdn.url}/a.png`
    for (const [service, missing] of [
      [first, 'attachments.store'],
      [second, 'server.publicUrl'],
    ] as const) {
      await write(service, messageWith({ type: 'image', url }))
      expect(await linkOf(service)).toBe(url)
      const said = service.lines.filter(({ msg }) => String(msg).includes('files of customers stay links'))
      expect(said).toMatchObject([{ msg: expect.stringContaining(`${missing} is not set`), pages: [pageId] }])
      const answer = await fetch(
        `${service.url}/v1/attachments/att_${'a'.repeat(22)}?expires=9&signature=${'a'.repeat(43)}`,
      )
      expect(answer.status).toBe(404)
    }
    expect(cdn.asked).toEqual([])
  })
})

describe('a worker that is killed in the middle of a copy', () => {
  it('leaves no half file, and the next one copies it once', async () => {
    const { cdn, folder, service, config } = await startCopyWorld(redis.url, 'killed', { role: 'api' })
    const worker = await startService(config, { role: 'worker' })
    const body = randomBytes(3_000_000)
    cdn.files.set(
      '/video.mp4',
      partly(body.subarray(0, 1_000_000), body.length, () => {}),
    )
    const asked = cdn.nextAsked('/video.mp4')
    await write(service, messageWith({ type: 'video', url: `${cdn.url}/video.mp4` }))
    const link = await linkOf(service)
    await asked
    // Some of it is on the disk.
    await poll(
      () => filesIn(folder),
      (names) => names.some((name) => name.startsWith('att_')),
    )
    await worker.stop('SIGKILL')
    const half = await filesIn(folder)
    expect(half).toHaveLength(1)

    cdn.files.set('/video.mp4', whole(body, 'video/mp4'))
    expect((await open(service, link)).status).toBe(503)
    await startService(config, { role: 'worker' })
    const answer = await poll(
      () => open(service, link),
      (one) => one.status !== 503,
      30_000,
    )
    expect([answer.status, Buffer.from(await answer.arrayBuffer()).equals(body)]).toEqual([200, true])
    expect(cdn.asked).toEqual(['/video.mp4', '/video.mp4'])
    expect((await filesIn(folder)).filter((name) => !half.includes(name))).toHaveLength(1)
    expect(await messages(service)).toHaveLength(1)
  }, 60_000)
})

describe('a customer who is erased', () => {
  it('leaves no file, and their links say so', async () => {
    const scopes = ['conversations:read', 'customers:write']
    const apiKeys = [{ id: 'desk', key: apiKey, scopes }]
    const { cdn, folder, service } = await startCopyWorld(redis.url, 'erased', { sections: { apiKeys } })
    cdn.files.set('/a.png', whole(picture, 'image/png'))
    await write(service, messageWith({ type: 'image', url: `${cdn.url}/a.png` }))
    const link = await linkOf(service)
    expect((await open(service, link)).status).toBe(200)
    const erased = await service.rest('POST', `/v1/customers/${conversation}/erase`, {})
    expect([erased.status, await erased.json()]).toMatchObject([200, { erased: { attachments: 1 } }])
    expect(await filesIn(folder)).toEqual([])
    const answer = await open(service, link)
    expect([answer.status, await answer.json()]).toMatchObject([410, { detail: 'it was erased' }])
  })
})
