import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StepErrorFacts } from '../../src/domain/step-error.ts'
import { helpdeskHttp, retryAfterMs, type HelpdeskHttp } from '../../src/helpdesk/http-client.ts'
import { closedPort, cutAfter, endless, hangUp, silence, status, useServer } from '../support/http-server.ts'

const server = useServer()
let http: HelpdeskHttp
beforeEach(() => {
  http = helpdeskHttp({ allowPrivateNetwork: true })
})
afterEach(() => http.close())

const post = (url = `${server.url}/events`, signal: AbortSignal = AbortSignal.timeout(10_000)) =>
  http.post({ url, signal, headers: { 'content-type': 'application/json', 'x-own': '1' }, body: '{"a":"ä"}' })

const busy = { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' } as const
const failed = {
  code: 'HELPDESK_FAILED',
  verdict: 'retry',
  arrived: 'unknown',
  destinationDown: true,
} as const
const refused = { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' } as const
const silent = {
  code: 'HELPDESK_SILENT',
  verdict: 'retry',
  arrived: 'unknown',
  destinationDown: true,
} as const

async function factsOf(sent: Promise<void>): Promise<StepErrorFacts> {
  const error: unknown = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'StepError' })
  return (error as { facts: StepErrorFacts }).facts
}

test.each([200, 201, 202, 204, 299])('%i is accepted', async (code) => {
  server.answers = [status(code)]
  await post()
  expect(server.calls).toMatchObject([
    { method: 'POST', url: '/events', body: '{"a":"ä"}', headers: { 'x-own': '1', 'content-length': '10' } },
  ])
})

test.each<[number, Record<string, string>, StepErrorFacts]>([
  [408, {}, failed],
  [425, {}, busy],
  [429, {}, busy],
  [429, { 'retry-after': '7' }, { ...busy, retryAfterMs: 7000 }],
  [429, { 'retry-after': '0' }, { ...busy, retryAfterMs: 0 }],
  [429, { 'retry-after': 'soon' }, busy],
  [500, {}, failed],
  [502, {}, failed],
  [503, { 'retry-after': '120' }, { ...failed, retryAfterMs: 120_000 }],
  [504, {}, failed],
  [599, {}, failed],
  [301, { location: '/elsewhere' }, refused],
  [302, { location: '/elsewhere' }, refused],
  [307, { location: '/elsewhere' }, refused],
  [308, { location: '/elsewhere' }, refused],
  [400, {}, refused],
  [401, {}, refused],
  [404, { 'retry-after': '7' }, refused],
  [410, {}, refused],
  [422, {}, refused],
])('%i with %j', async (code, headers, facts) => {
  server.answers = [status(code, headers, 'why: because')]
  expect(await factsOf(post())).toEqual(facts)
  // Neither tried again nor sent on to where a redirect points.
  expect(server.calls).toHaveLength(1)
})

test('Retry-After as a date', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-02T09:00:00Z') })
  try {
    server.answers = [status(429, { 'retry-after': 'Mon, 02 Mar 2026 09:00:30 GMT' })]
    expect(await factsOf(post())).toEqual({ ...busy, retryAfterMs: 30_000 })
  } finally {
    vi.useRealTimers()
  }
})

test.each<[string | string[] | undefined, number | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['120', 120_000],
  ['1e3', undefined],
  ['in a while', undefined],
  [['1', '2'], undefined],
  ['Mon, 02 Mar 2026 09:01:00 GMT', 60_000],
  ['Mon, 02 Mar 2026 08:59:00 GMT', 0],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(retryAfterMs(header, Date.parse('2026-03-02T09:00:00Z'))).toBe(ms)
})

describe('no answer', () => {
  test('a refused connection: it never left', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    expect(await factsOf(post(url))).toEqual({ ...silent, arrived: 'no' })
  })

  test('a name that does not exist: it never left', async () => {
    // An empty label is no name to the resolver either, which so asks nobody on the network.
    expect(await factsOf(post('http://desk..invalid'))).toEqual({ ...silent, arrived: 'no' })
  })

  test('a connection that ends before the answer', async () => {
    server.answers = [hangUp]
    expect(await factsOf(post())).toEqual(silent)
    expect(server.calls).toHaveLength(1)
  })

  test('silence: the signal ends it at once', async () => {
    server.answers = [silence]
    const controller = new AbortController()
    const called = server.nextCall()
    const facts = factsOf(post(undefined, controller.signal))
    await called
    const began = performance.now()
    controller.abort()
    expect(await facts).toEqual(silent)
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test('a signal that is over already: nothing is sent', async () => {
    expect(await factsOf(post(undefined, AbortSignal.abort()))).toMatchObject({ verdict: 'retry' })
    expect(server.calls).toHaveLength(0)
  })
})

describe('an answer whose status came, and whose body', () => {
  test('is cut half-way: the status counts', async () => {
    server.answers = [cutAfter(200, 'half'), cutAfter(404, 'half'), cutAfter(500, 'half')]
    await post()
    expect(await factsOf(post())).toEqual(refused)
    expect(await factsOf(post())).toEqual(failed)
  })

  test('never ends: the signal ends it at once', async () => {
    const written = new Promise<void>((resolve) => {
      server.answers = [(response) => response.writeHead(200).write('a', () => resolve())]
    })
    const controller = new AbortController()
    const sent = Promise.allSettled([post(undefined, controller.signal)])
    await written
    const began = performance.now()
    controller.abort()
    const [outcome] = await sent
    // The desk has said 200; whether the rest of its answer counts is a matter of taste, hanging on it is not.
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ facts: silent })
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test.each([
    ['told', { 'content-length': String(2 ** 40) }],
    ['not told', {}],
  ])('has no end (its length %s): we hang up, and go on with the next', async (_name, headers) => {
    const hungUp = new Promise<void>((resolve) => {
      server.answers = [endless(headers, resolve)]
    })
    // With a signal that never ends, so that nothing but the limit can.
    await post(undefined, new AbortController().signal)
    await hungUp
    server.answers = [status(204)]
    await post()
    expect(server.calls).toHaveLength(2)
  })
})

test('an error tells neither the URL nor what was sent or answered', async () => {
  server.answers = [status(500, {}, 'token=s3cret'), hangUp]
  for (let i = 0; i < 2; i++) {
    const error: unknown = await post(`${server.url}/events?token=s3cret`).catch((reason: unknown) => reason)
    expect((error as Error).message).not.toMatch(/s3cret|127\.0\.0\.1|"a"/)
  }
})
