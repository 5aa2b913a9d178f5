import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { delivery, journal, type DeliveryBatch } from '../../src/queue/journal.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

type Queue = Parameters<typeof journal>[0]

/** A queue that confirms when the test says so. */
function harness() {
  const added: { name: string; batch: DeliveryBatch }[] = []
  const open: { confirm(): void; fail(error: Error): void }[] = []
  const written: number[] = []
  const add = (name: string, batch: DeliveryBatch) => {
    added.push({ name, batch })
    return new Promise<void>((resolve, reject) => open.push({ confirm: resolve, fail: reject }))
  }
  const { write } = journal({ add } as unknown as Queue, (count) => written.push(count))
  const bodies = () => added.map(({ batch }) => batch.deliveries.map((one) => one.body))
  return { write, added, open, written, bodies }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))
const say = (body: string, at = 1) => delivery(Buffer.from(body), at)

test('a delivery is one job when nothing is under way, and written when it is confirmed', async () => {
  const { write, added, open, written } = harness()
  let isWritten = false
  const done = write(say('{"a":1}', 7)).then(() => (isWritten = true))
  await settle()
  expect(added).toEqual([
    {
      name: 'deliveries',
      batch: { v: 1, deliveries: [{ receivedAt: 7, body: '{"a":1}', encoding: 'utf8' }] },
    },
  ])
  expect([isWritten, written]).toEqual([false, []])
  open[0]!.confirm()
  await done
  expect(written).toEqual([1])
})

test('those that come meanwhile are one job together, in their order', async () => {
  const { write, open, bodies, written } = harness()
  const all = ['1', '2', '3', '4'].map((body) => write(say(body)))
  open[0]!.confirm()
  await settle()
  open[1]!.confirm()
  await Promise.all(all)
  expect(bodies()).toEqual([['1'], ['2', '3', '4']])
  expect(written).toEqual([1, 3])
})

test('a job holds no more than a MiB, and a larger delivery goes alone', async () => {
  const { write, open, bodies } = harness()
  const kib = (count: number) => 'x'.repeat(count * 1024)
  const all = [kib(1), kib(512), kib(512), kib(1), kib(2048), kib(1)].map((body) => write(say(body)))
  for (let i = 0; i < 5; i++) {
    open[i]?.confirm()
    await settle()
  }
  await Promise.all(all)
  expect(bodies().map((job) => job.map((body) => body.length / 1024))).toEqual([
    [1],
    [512, 512],
    [1],
    [2048],
    [1],
  ])
})

test('a job holds no more than 1000 deliveries', async () => {
  const { write, open, bodies } = harness()
  const all = Array.from({ length: 1002 }, (_, at) => write(say(String(at))))
  for (let i = 0; i < 3; i++) {
    open[i]!.confirm()
    await settle()
  }
  await Promise.all(all)
  expect(bodies().map((job) => job.length)).toEqual([1, 1000, 1])
})

test('a write that fails fails all who wait, so that Meta hears of it in time; the next one works', async () => {
  const { write, open, bodies, written } = harness()
  const all = Promise.allSettled(['1', '2', '3'].map((body) => write(say(body))))
  const error = new Error('Command timed out')
  open[0]!.fail(error)
  expect(await all).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: error })))
  expect(written).toEqual([])
  const next = write(say('4'))
  open[1]!.confirm()
  await next
  expect(bodies()).toEqual([['1'], ['4']])
})

describe('the bytes', () => {
  const back = ({ body, encoding }: ReturnType<typeof delivery>) => Buffer.from(body, encoding)

  test.each(fixtureNames)('of %s are kept as text', (name) => {
    const kept = delivery(fixture(name), 1)
    expect(kept.encoding).toBe('utf8')
    expect(back(kept).equals(fixture(name))).toBe(true)
  })

  test.each([
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'base64'],
    ['half a character', Buffer.from('ä').subarray(0, 1), 'base64'],
    ['a lone surrogate', Buffer.from([0xed, 0xa0, 0x80]), 'base64'],
    ['nothing', Buffer.alloc(0), 'utf8'],
    ['a byte order mark', Buffer.from('\ufeff{}'), 'utf8'],
    ['zeros', Buffer.alloc(3), 'utf8'],
  ])('that are %s are kept, too', (_name, bytes, encoding) => {
    const kept = delivery(bytes, 1)
    expect(kept.encoding).toBe(encoding)
    expect(back(kept).equals(bytes)).toBe(true)
  })

  prop.prop([fc.uint8Array({ maxLength: 200 })])('come back through JSON, whatever they are', (any) => {
    const kept = JSON.parse(JSON.stringify(delivery(Buffer.from(any), 1))) as ReturnType<typeof delivery>
    expect(back(kept).equals(Buffer.from(any))).toBe(true)
  })
})
