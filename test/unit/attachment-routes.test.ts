import { request as httpRequest } from 'node:http'
import type { Readable } from 'node:stream'
import { fastify } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CopyFault } from '../../src/attachments/copy-fault.ts'
import { folderStore } from '../../src/attachments/folder-store.ts'
import type { FileStore } from '../../src/attachments/file-store.ts'
import { attachmentLinks } from '../../src/attachments/links.ts'
import { attachmentRoutes } from '../../src/http/attachment-routes.ts'
import { handleErrors } from '../../src/http/error-handler.ts'
import type { CopyRecord } from '../../src/records/copies.ts'
import { tempFolder } from '../support/attachment-kit.ts'
import { memoryLog } from '../support/lane-kit.ts'
import { poll } from '../support/poll.ts'

const id = 'att_Vv0vYb3mB4s0h2l1Qm9zJQ'
const later = Date.now() + 3_600_000
const links = attachmentLinks({ baseUrl: '', secrets: ['the-app-secret'] })
const page = Buffer.from('<script>alert(1)</script>')
const copied: CopyRecord = {
  state: 'copied',
  expiresAt: later,
  name: null,
  contentType: 'text/html',
  bytes: page.length,
}

/** The route alone, with one file behind it, and what is known of it as the test says. */
async function open(
  options: { record?: CopyRecord | undefined; patienceMs?: number; read?: FileStore['read'] } = {},
) {
  const known = { record: 'record' in options ? options.record : copied }
  const store = folderStore(await tempFolder())
  await store.write(id, {
    contentType: 'text/html',
    bytes: (async function* () {
      yield await Promise.resolve(page)
    })(),
  })
  const looked: string[] = []
  const bodies: Readable[] = []
  const read: FileStore['read'] = async (...wanted) => {
    const file = await store.read(...wanted)
    if (file) bodies.push(file.body)
    return file
  }
  const app = fastify({ forceCloseConnections: true })
  handleErrors(app, { log: memoryLog(), isStoreError: () => false })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(attachmentRoutes, {
    attachments: {
      links,
      copies: { get: async (ids) => (looked.push(...ids), Promise.resolve([known.record])) },
      store: { read: options.read ?? read },
      patienceMs: options.patienceMs ?? 0,
    },
    badSignaturesPerMinute: 3,
  })
  const ended: Error[] = []
  app.addHook('onError', (_request, _reply, error, done) => {
    ended.push(error)
    done()
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return {
    url,
    known,
    looked,
    /** What was opened of the file. */
    bodies,
    /** What answering ended with, where it was no file. */
    ended,
    get: (path = links.urlOf(id, later), init?: RequestInit) => fetch(url + path, init),
  }
}

async function told(answer: Response) {
  const { code, detail } = (await answer.json()) as { code: string; detail: string }
  return { status: answer.status, code, detail }
}

describe('a file', () => {
  test('that is a page can do nothing: it is saved, and would run in a sandbox', async () => {
    const { get } = await open()
    const answer = await get()
    expect([answer.status, await answer.text()]).toEqual([200, page.toString()])
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html',
      'content-disposition': `attachment; filename="${id}"; filename*=UTF-8''${id}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=300',
    })
  })

  test('is the whole for what asks again with If-Range, since nothing tells versions apart', async () => {
    const { get } = await open()
    const answer = await get(undefined, { headers: { range: 'bytes=0-3', 'if-range': '"x"' } })
    expect([answer.status, await answer.text()]).toEqual([200, page.toString()])
  })

  test('leaves nothing open behind it: not for HEAD, not for one who goes away', async () => {
    const { url, get, bodies } = await open()
    for (let n = 0; n < 5; n++) {
      await get(undefined, { method: 'HEAD' })
      await new Promise<void>((resolve) => {
        const call = httpRequest(url + links.urlOf(id, later), (answer) => {
          answer.destroy()
          resolve()
        })
        call.end()
      })
    }
    const unclosed = () => Promise.resolve(bodies.filter(({ closed }) => !closed).length)
    expect(await poll(unclosed, (count) => count === 0)).toBe(0)
    expect(bodies).toHaveLength(10)
  })
})

describe('a link', () => {
  test('that is not ours is 403, and nobody looks for its file', async () => {
    const { get, looked } = await open()
    const good = links.urlOf(id, later)
    for (const path of [
      good.replace('att_V', 'att_W'),
      good.replace(/signature=./, (was) => (was.endsWith('A') ? 'signature=B' : 'signature=A')),
      good.replace(/expires=(\d+)/, (_all, was: string) => `expires=${Number(was) + 1}`),
    ]) {
      expect(await told(await get(path))).toMatchObject({ status: 403, code: 'LINK_INVALID' })
    }
    // Too many of them from one address; good ones from there go on.
    const refused = await get(good.replace('att_V', 'att_W'))
    expect(await told(refused)).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(looked).toEqual([])
    expect((await get(good)).status).toBe(200)
  })

  test('that has expired is 410', async () => {
    const { get, looked } = await open()
    expect(await told(await get(links.urlOf(id, Date.now() - 1000)))).toEqual({
      status: 410,
      code: 'ATTACHMENT_GONE',
      detail: 'the link has expired',
    })
    expect(looked).toEqual([])
  })

  test.each([
    '/v1/attachments/..%2f..%2f..%2fetc%2fpasswd?expires=1&signature=x',
    '/v1/attachments/../../etc/passwd',
    `/v1/attachments/${id}`,
    `/v1/attachments/${id}?expires=1&expires=2&signature=${'a'.repeat(43)}`,
    `/v1/attachments/${id}?expires=-1&signature=${'a'.repeat(43)}`,
    `/v1/attachments/${id}?expires=1e99&signature=${'a'.repeat(43)}`,
    `/v1/attachments/${id}%00?expires=1&signature=${'a'.repeat(43)}`,
  ])('%s is refused before anything else', async (path) => {
    const { get, looked } = await open()
    const { status } = await get(path)
    expect([404, 422]).toContain(status)
    expect(looked).toEqual([])
  })
})

describe('without the file', () => {
  test.each<[CopyRecord | undefined, string]>([
    [undefined, 'its time is over'],
    [{ state: 'erased' }, 'it was erased'],
    [
      { state: 'failed', expiresAt: later, reason: 'too-large' },
      'it could not be fetched: it is larger than attachments.maxBytes',
    ],
    [
      { state: 'failed', expiresAt: later, reason: 'of a later version' },
      'it could not be fetched: of a fault of ours',
    ],
  ])('%j is 410: %s', async (record, detail) => {
    const { get } = await open({ record })
    expect(await told(await get())).toEqual({ status: 410, code: 'ATTACHMENT_GONE', detail })
  })

  test('what is on its way is waited for, and had as soon as it is there', async () => {
    const { get, known, looked } = await open({
      record: { state: 'waiting', expiresAt: later },
      patienceMs: 60_000,
    })
    const answer = get()
    await poll(
      () => Promise.resolve(looked.length),
      (count) => count > 1,
    )
    known.record = copied
    expect(await (await answer).text()).toBe(page.toString())
  })

  test('what is still on its way after the patience is 503', async () => {
    const { get } = await open({ record: { state: 'waiting', expiresAt: later } })
    const answer = await get()
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(await told(answer)).toMatchObject({ status: 503, code: 'ATTACHMENT_UNAVAILABLE' })
  })

  test('nobody is waited for who has gone', async () => {
    const { url, looked, ended } = await open({
      record: { state: 'waiting', expiresAt: later },
      patienceMs: 3_600_000,
    })
    const call = httpRequest(url + links.urlOf(id, later))
    call.on('error', () => {})
    call.end()
    await poll(
      () => Promise.resolve(looked.length),
      (count) => count > 0,
    )
    call.destroy()
    await poll(
      () => Promise.resolve(ended),
      (errors) => errors.length > 0,
    )
    expect(ended).toMatchObject([{ code: 'ATTACHMENT_UNAVAILABLE' }])
  })

  test('a record without its file, or with another one, is 410', async () => {
    const other = { ...copied, bytes: page.length + 1 }
    const { get, known, bodies } = await open({ record: other })
    expect(await told(await get())).toMatchObject({ status: 410, code: 'ATTACHMENT_GONE' })
    const gone = await open({ read: () => Promise.resolve(undefined) })
    expect(await told(await gone.get())).toMatchObject({ status: 410, code: 'ATTACHMENT_GONE' })
    // Of what was not the file nothing stays open.
    const unclosed = () => Promise.resolve(bodies.filter(({ closed }) => !closed).length)
    expect([bodies.length, await poll(unclosed, (count) => count === 0)]).toEqual([1, 0])
    known.record = copied
    expect((await get()).status).toBe(200)
  })

  test('a store that does not answer is 503, and a fault of ours is 500', async () => {
    const { get } = await open({ read: () => Promise.reject(new CopyFault('store', { detail: 'EIO' })) })
    expect(await told(await get())).toMatchObject({ status: 503, code: 'ATTACHMENT_UNAVAILABLE' })
    const broken = await open({ read: () => Promise.reject(new TypeError('of ours')) })
    expect((await broken.get()).status).toBe(500)
  })
})

test('where nothing is copied there is nothing', async () => {
  const app = fastify()
  handleErrors(app, { log: memoryLog(), isStoreError: () => false })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(attachmentRoutes, { attachments: null, badSignaturesPerMinute: 3 })
  expect((await app.inject(links.urlOf(id, later))).statusCode).toBe(404)
  await app.close()
})
