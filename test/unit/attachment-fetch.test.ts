import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CopyFault } from '../../src/attachments/copy-fault.ts'
import { fileFetcher } from '../../src/attachments/fetch-file.ts'
import type { FetchSettings, Reach } from '../../src/attachments/fetch-file.ts'
import { isPublicAddress, publicLookup } from '../../src/helpdesk/address-guard.ts'
import {
  chunked,
  drip,
  flood,
  partly,
  redirect,
  startFileServer,
  status,
  whole,
} from '../support/file-server.ts'
import { closedPort } from '../support/http-server.ts'

const settings: FetchSettings = {
  maxBytes: 1000,
  timeoutMs: 10_000,
  concurrency: 4,
  allowPrivateNetwork: true,
}
const png = Buffer.alloc(500, 'p')

function open(more: Partial<FetchSettings> = {}, reach?: Reach) {
  const files = fileFetcher({ ...settings, ...more }, ...(reach ? [reach] : []))
  onTestFinished(() => files.close())

  async function read(url: string, wanted: { isFile?: boolean; signal?: AbortSignal } = {}) {
    const { isFile = false, signal = new AbortController().signal } = wanted
    const { contentType, bytes } = await files.fetch(url, { isFile, signal })
    const chunks: Uint8Array[] = []
    for await (const chunk of bytes) chunks.push(chunk)
    return { contentType, body: Buffer.concat(chunks) }
  }
  /** Why it was not had, and after how many tries it is given up. */
  async function faultOf(url: string, wanted?: Parameters<typeof read>[1]) {
    const error: unknown = await read(url, wanted).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof CopyFault)) throw new Error(`no fault but ${String(error)}`)
    return [error.reason, error.tries]
  }
  return { read, faultOf }
}

describe('a file', () => {
  test.each([
    ['with its length', whole(png, 'image/png')],
    ['in chunks', chunked(png, 'image/png')],
  ])('%s comes as it is', async (_how, answer) => {
    const cdn = await startFileServer()
    cdn.files.set('/a.png', answer)
    expect(await open().read(`${cdn.url}/a.png?x=1`)).toEqual({ contentType: 'image/png', body: png })
  })

  test('is asked for as it is, without a hint of who we are', async () => {
    const cdn = await startFileServer()
    let headers = {}
    cdn.files.set('/a.png', (response, request) => {
      headers = request.headers
      whole(png, 'image/png')(response, request)
    })
    await open().read(`${cdn.url}/a.png`)
    expect(headers).toMatchObject({ 'accept-encoding': 'identity' })
    expect(Object.keys(headers).toSorted()).toEqual(['accept-encoding', 'connection', 'host', 'user-agent'])
  })

  test.each([
    ['image/jpeg', 'image/jpeg'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['audio/mp4;codecs="mp4a.40.2"', 'audio/mp4;codecs="mp4a.40.2"'],
    ['nonsense', 'application/octet-stream'],
    ['text/html\u00a0; x', 'application/octet-stream'],
    [`image/${'x'.repeat(200)}`, 'application/octet-stream'],
  ])('of type %j is told as %j', async (given, told) => {
    const cdn = await startFileServer()
    cdn.files.set('/a', whole(png, given))
    expect(await open().read(`${cdn.url}/a`)).toMatchObject({ contentType: told })
  })

  test('without a type is told as bytes', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/a', (response) => response.writeHead(200).end(png))
    expect(await open().read(`${cdn.url}/a`)).toMatchObject({ contentType: 'application/octet-stream' })
  })

  test('that is a page is refused in place of a picture, but may be what was sent as a file', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/login', whole(png, 'text/html; charset=utf-8'))
    expect(await open().faultOf(`${cdn.url}/login`)).toEqual(['page', 3])
    expect(await open().read(`${cdn.url}/login`, { isFile: true })).toMatchObject({ body: png })
  })
})

describe('too large', () => {
  test('by its announcement: nothing is read', async () => {
    const cdn = await startFileServer()
    const hungUp = Promise.withResolvers<void>()
    const tell = () => hungUp.resolve()
    cdn.files.set(
      '/a',
      partly(png, 1001, (response) => response.on('close', tell)),
    )
    expect(await open().faultOf(`${cdn.url}/a`)).toEqual(['too-large', 1])
    await hungUp.promise
  })

  test('in truth: it ends there, and the connection too', async () => {
    const cdn = await startFileServer()
    const hungUp = Promise.withResolvers<void>()
    cdn.files.set('/a', (response, request) => {
      response.on('close', () => hungUp.resolve())
      flood({ 'content-type': 'image/png' })(response, request)
    })
    expect(await open().faultOf(`${cdn.url}/a`)).toEqual(['too-large', 1])
    await hungUp.promise
  })

  test('by one byte, and not at the limit', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/limit', chunked(Buffer.alloc(1000), 'image/png'))
    cdn.files.set('/over', chunked(Buffer.alloc(1001), 'image/png'))
    expect((await open().read(`${cdn.url}/limit`)).body).toHaveLength(1000)
    expect(await open().faultOf(`${cdn.url}/over`)).toEqual(['too-large', 1])
  })
})

describe('no whole file', () => {
  test('when the connection is cut', async () => {
    const cdn = await startFileServer()
    cdn.files.set(
      '/a',
      partly(png, 900, (response) => response.socket?.destroy()),
    )
    expect(await open().faultOf(`${cdn.url}/a`)).toEqual(['silent', Infinity])
  })

  test('when it only drips', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/a', drip(20))
    expect(await open({ timeoutMs: 300 }).faultOf(`${cdn.url}/a`)).toEqual(['silent', Infinity])
  })

  test('when there is no answer at all, or nobody', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/a', () => {})
    expect(await open({ timeoutMs: 300 }).faultOf(`${cdn.url}/a`)).toEqual(['silent', Infinity])
    expect(await open().faultOf(`http://127.0.0.1:${await closedPort()}/`)).toEqual(['silent', Infinity])
  })

  test('when we stop', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/a', drip(20))
    const stop = new AbortController()
    const fault = open().faultOf(`${cdn.url}/a`, { signal: stop.signal })
    stop.abort()
    expect(await fault).toEqual(['silent', Infinity])
  })

  test('when it is packed though nobody asked for that', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/a', whole(png, 'image/png', { 'content-encoding': 'gzip' }))
    expect(await open().faultOf(`${cdn.url}/a`)).toEqual(['encoding', 3])
  })

  test.each([
    [400, 'refused', 3],
    [401, 'refused', 3],
    [403, 'refused', 3],
    [404, 'refused', 3],
    [410, 'refused', 3],
    [204, 'refused', 3],
    [206, 'refused', 3],
    [304, 'refused', 3],
    [408, 'failed', Infinity],
    [425, 'failed', Infinity],
    [429, 'failed', Infinity],
    [500, 'failed', Infinity],
    [503, 'failed', Infinity],
  ])('with %i: %s, given up after %d', async (code, reason, tries) => {
    const cdn = await startFileServer()
    cdn.files.set('/a', status(code))
    expect(await open().faultOf(`${cdn.url}/a`)).toEqual([reason, tries])
    expect(cdn.asked).toEqual(['/a'])
  })
})

describe('redirects', () => {
  test('are followed three times, also relative ones', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/1', redirect('2', 301))
    cdn.files.set('/2', redirect('/3', 307))
    cdn.files.set('/3', redirect(`${cdn.url}/4`, 308))
    cdn.files.set('/4', whole(png, 'image/png'))
    expect((await open().read(`${cdn.url}/1`)).body).toEqual(png)
    cdn.files.set('/0', redirect('/1', 303))
    expect(await open().faultOf(`${cdn.url}/0`)).toEqual(['redirects', 1])
    expect(cdn.asked).toEqual(['/1', '/2', '/3', '/4', '/0', '/1', '/2', '/3'])
  })

  test('that lead nowhere end it', async () => {
    const cdn = await startFileServer()
    cdn.files.set('/none', status(302))
    cdn.files.set('/odd', redirect('http://'))
    cdn.files.set('/file', redirect('file:///etc/passwd'))
    cdn.files.set('/data', redirect('data:image/png;base64,AAAA'))
    const { faultOf } = open()
    expect(await faultOf(`${cdn.url}/none`)).toEqual(['redirects', 1])
    expect(await faultOf(`${cdn.url}/odd`)).toEqual(['redirects', 1])
    expect(await faultOf(`${cdn.url}/file`)).toEqual(['address', 1])
    expect(await faultOf(`${cdn.url}/data`)).toEqual(['address', 1])
  })
})

describe('the own network', () => {
  const guarded = { allowPrivateNetwork: false }

  test.each([
    'http://scontent.example/a.png',
    'https://127.0.0.1/a.png',
    'https://[::1]/a.png',
    'https://[::ffff:127.0.0.1]/a.png',
    'https://2130706433/a.png',
    'https://0x7f.1/a.png',
    'https://169.254.169.254/latest/meta-data',
    'https://10.1.2.3/',
    'ftp://scontent.example/a.png',
    'file:///etc/passwd',
  ])('is never called by a link: %s', async (url) => {
    expect(await open(guarded).faultOf(url)).toEqual(['address', 1])
  })

  test('is never called by a name, though a wrong answer of a resolver may be mended', async () => {
    expect(await open(guarded).faultOf('https://localhost/a.png')).toEqual(['address', Infinity])
  })

  test('is never called by a redirect, whatever way it is written', async () => {
    const cdn = await startFileServer()
    const port = new URL(cdn.url).port
    cdn.files.set('/secret', whole(png, 'image/png'))
    // As fetching works outside of tests, but that `cdn.example` stands for what is public.
    const cdnLookup: LookupFunction = (name, options, done) =>
      name === 'cdn.example' ? lookup('127.0.0.1', options, done) : publicLookup(name, options, done)
    const { read, faultOf } = open(guarded, {
      protocols: ['http:'],
      allows: isPublicAddress,
      lookup: cdnLookup,
    })
    const start = `http://cdn.example:${port}`
    cdn.files.set('/start', redirect('/secret'))
    expect((await read(`${start}/start`)).body).toEqual(png)
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '[::ffff:7f00:1]', '0.0.0.0']) {
      cdn.files.set('/start', redirect(`http://${host}:${port}/secret`))
      const [reason] = await faultOf(`${start}/start`)
      expect([host, reason]).toEqual([host, 'address'])
    }
    cdn.files.set('/start', redirect('https://cdn.example/secret'))
    expect(await faultOf(`${start}/start`)).toEqual(['address', 1])
    expect(cdn.asked.filter((path) => path === '/secret')).toHaveLength(1)
  })
})
