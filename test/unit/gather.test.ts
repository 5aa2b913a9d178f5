import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { gather, type GatherSettings } from '../../src/lanes/gather.ts'

/** A flush that ends when the test says so, and keeps what it was given. */
function harness(settings: Partial<GatherSettings<string>> = {}) {
  const batches: string[][] = []
  const open: { succeed(): void; fail(error: unknown): void }[] = []
  const add = gather<string, string>(
    (items) => {
      batches.push(items)
      return new Promise((resolve, reject) => {
        open.push({ succeed: () => resolve(items.map((item) => `${item}!`)), fail: reject })
      })
    },
    { maxItems: 3, ...settings },
  )
  return { add, batches, open }
}

/** Lets everything that is ready happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('an idle caller is served at once', () => {
  const { add, batches } = harness()
  void add('a')
  expect(batches).toEqual([['a']])
})

test('what comes while a flush is under way goes together into the next one, and no earlier', async () => {
  const { add, batches, open } = harness()
  const results = ['a', 'b', 'c'].map(add)
  await settle()
  expect(batches).toEqual([['a']])
  open[0]!.succeed()
  await settle()
  expect(batches).toEqual([['a'], ['b', 'c']])
  open[1]!.succeed()
  expect(await Promise.all(results)).toEqual(['a!', 'b!', 'c!'])
})

test('each waits for its own flush only', async () => {
  const { add, open } = harness()
  const [first, second] = [add('a'), add('b')]
  let isSecondDone = false
  void second.then(() => (isSecondDone = true))
  open[0]!.succeed()
  expect(await first).toBe('a!')
  await settle()
  expect(isSecondDone).toBe(false)
  open[1]!.succeed()
  expect(await second).toBe('b!')
})

test('after a rest it serves at once again', async () => {
  const { add, batches, open } = harness()
  const first = add('a')
  open[0]!.succeed()
  await first
  await settle()
  void add('b')
  expect(batches).toEqual([['a'], ['b']])
})

test('a batch holds no more than maxItems', async () => {
  const { add, batches, open } = harness({ maxItems: 2 })
  for (const item of ['a', 'b', 'c', 'd', 'e']) void add(item)
  for (let i = 0; i < 4; i++) {
    open[i]?.succeed()
    await settle()
  }
  expect(batches).toEqual([['a'], ['b', 'c'], ['d', 'e']])
})

test('a batch ends before its weight exceeds maxWeight, and one item may exceed it alone', async () => {
  const { add, batches, open } = harness({ maxItems: 9, maxWeight: 5, weigh: (item) => item.length })
  for (const item of ['x', 'aa', 'bbb', 'c', 'dddddddd', 'e', 'ffff', 'g']) void add(item)
  for (let i = 0; i < 6; i++) {
    open[i]?.succeed()
    await settle()
  }
  expect(batches).toEqual([['x'], ['aa', 'bbb'], ['c'], ['dddddddd'], ['e', 'ffff'], ['g']])
})

describe('a flush that fails', () => {
  test('fails its own items; those who wait go into the next', async () => {
    const { add, batches, open } = harness()
    const results = Promise.allSettled(['a', 'b', 'c'].map(add))
    const error = new Error('down')
    open[0]!.fail(error)
    await settle()
    expect(batches).toEqual([['a'], ['b', 'c']])
    open[1]!.succeed()
    expect(await results).toEqual([
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: 'b!' },
      { status: 'fulfilled', value: 'c!' },
    ])
  })

  test('with failWaiting fails those who wait too, and the next is served at once', async () => {
    const { add, batches, open } = harness({ failWaiting: true })
    const results = Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(add))
    const error = new Error('down')
    open[0]!.fail(error)
    expect((await results).map((one) => one.status === 'rejected' && one.reason === error)).toEqual(
      Array.from({ length: 5 }, () => true),
    )
    await settle()
    const later = add('f')
    expect(batches).toEqual([['a'], ['f']])
    open[1]!.succeed()
    expect(await later).toBe('f!')
  })

  test('by throwing at once is the same', async () => {
    let calls = 0
    const add = gather<string, string>(
      (items) => {
        calls++
        if (calls === 1) throw new Error('at once')
        return Promise.resolve(items)
      },
      { maxItems: 3 },
    )
    await expect(add('a')).rejects.toThrow('at once')
    expect(await add('b')).toBe('b')
  })
})

describe('for any arrivals', () => {
  const arrivals = fc.array(
    fc.record({ weight: fc.nat({ max: 12 }), pause: fc.nat({ max: 3 }), fails: fc.boolean() }),
    {
      maxLength: 30,
    },
  )

  prop.prop([arrivals, fc.integer({ min: 1, max: 5 }), fc.nat({ max: 10 }), fc.boolean()])(
    'each gets its own answer once, in order, one flush at a time, within both limits',
    async (items, maxItems, maxWeight, failWaiting) => {
      let running = 0
      const flushed: number[] = []
      const failed = new Set<number>()
      const add = gather<number, number>(
        async (batch) => {
          running++
          expect(running).toBe(1)
          expect(batch.length).toBeLessThanOrEqual(maxItems)
          const weight = batch.reduce((sum, at) => sum + items[at]!.weight, 0)
          expect(batch.length === 1 || weight <= maxWeight).toBe(true)
          flushed.push(...batch)
          await settle()
          running--
          if (batch.some((at) => items[at]!.fails)) {
            for (const at of batch) failed.add(at)
            throw new Error('down')
          }
          return batch.map((at) => at * 10)
        },
        { maxItems, maxWeight, weigh: (at) => items[at]!.weight, failWaiting },
      )
      const answers: Promise<PromiseSettledResult<number>[]>[] = []
      for (const [at, { pause }] of items.entries()) {
        answers.push(Promise.allSettled([add(at)]))
        for (let i = 0; i < pause; i++) await settle()
      }
      const settled = (await Promise.all(answers)).flat()
      const isFlushed = new Set(flushed)
      expect(flushed).toEqual([...isFlushed].sort((a, b) => a - b))
      for (const [at, answer] of settled.entries()) {
        const ok = isFlushed.has(at) && !failed.has(at)
        expect(answer).toMatchObject(ok ? { status: 'fulfilled', value: at * 10 } : { status: 'rejected' })
      }
      if (!failWaiting) expect(flushed).toHaveLength(items.length)
    },
  )
})
