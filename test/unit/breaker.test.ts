import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import { breaker, type Breaker } from '../../src/lanes/breaker.ts'

const down = () =>
  new StepError('down', {
    code: 'HELPDESK_SILENT',
    verdict: 'retry',
    arrived: 'unknown',
    destinationDown: true,
  })
const busy = () => new StepError('busy', { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' })
const refused = () =>
  new StepError('refused', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' })

/** Longer than the longest rest of an open breaker. */
const rest = 10_001

let changes: boolean[]
let one: Breaker
let runs: number

beforeEach(() => {
  vi.useFakeTimers({ now: 1_772_442_000_000 })
  changes = []
  runs = 0
  one = breaker((isOpen) => changes.push(isOpen))
})
afterEach(() => vi.useRealTimers())

const works = () => {
  runs++
  return Promise.resolve('done')
}
/** Runs work that fails, and gives back what came of it. */
async function fails(error: () => Error): Promise<unknown> {
  const work = () => {
    runs++
    return Promise.reject(error())
  }
  try {
    return await one.run(work)
  } catch (thrown) {
    return thrown
  }
}

async function open(): Promise<void> {
  for (let i = 0; i < 10; i++) await fails(down)
  changes.length = 0
  runs = 0
}

test('what the work gives and throws passes through', async () => {
  expect(await one.run(works)).toBe('done')
  const error = down()
  await expect(one.run(() => Promise.reject(error))).rejects.toBe(error)
  await expect(
    one.run(() => {
      throw error
    }),
  ).rejects.toBe(error)
  expect(changes).toEqual([])
})

test('nine failures in a row leave it closed, ten open it', async () => {
  for (let i = 0; i < 9; i++) await fails(down)
  expect(await one.run(works)).toBe('done')
  for (let i = 0; i < 9; i++) await fails(down)
  expect(changes).toEqual([])
  await fails(down)
  expect(changes).toEqual([true])
})

test('while open it answers so without running anything', async () => {
  await open()
  expect(await one.run(works)).toBe('open')
  expect(await fails(down)).toBe('open')
  expect(runs).toBe(0)
  expect(changes).toEqual([])
})

test.each([
  ['a refusal', refused],
  ['a wish to slow down', busy],
  ['something that nobody classified', () => new TypeError('a fault of ours')],
])('%s is no sign of a destination that is down, however often', async (_name, error) => {
  for (let i = 0; i < 30; i++) expect(await fails(error)).toBeInstanceOf(Error)
  expect(await one.run(works)).toBe('done')
  expect(changes).toEqual([])
})

test('ten at the same time open it, too', async () => {
  await Promise.all(Array.from({ length: 10 }, () => fails(down)))
  expect(changes).toEqual([true])
})

describe('after its rest', () => {
  beforeEach(async () => {
    await open()
    vi.advanceTimersByTime(rest)
  })

  test('one probe that succeeds closes it', async () => {
    expect(await one.run(works)).toBe('done')
    expect(await one.run(works)).toBe('done')
    expect(changes).toEqual([true, false])
  })

  test('while the probe is out the others are told open, at once', async () => {
    let finish = (_result: string) => {}
    const probe = one.run(() => new Promise<string>((resolve) => (finish = resolve)))
    expect(await Promise.all([one.run(works), one.run(works)])).toEqual(['open', 'open'])
    expect(runs).toBe(0)
    finish('probed')
    expect(await probe).toBe('probed')
    expect(await one.run(works)).toBe('done')
  })

  test('one probe that fails keeps it open', async () => {
    expect(await fails(down)).toBeInstanceOf(StepError)
    expect(await one.run(works)).toBe('open')
    expect(runs).toBe(1)
    vi.advanceTimersByTime(rest)
    expect(await one.run(works)).toBe('done')
  })

  test('a probe that is refused has reached somebody, and closes it', async () => {
    expect(await fails(refused)).toBeInstanceOf(StepError)
    expect(await one.run(works)).toBe('done')
    expect(changes.at(-1)).toBe(false)
  })
})

test('it rests for ten seconds at the most, however long the outage', async () => {
  await open()
  for (let i = 0; i < 20; i++) {
    vi.advanceTimersByTime(rest)
    expect(await fails(down)).toBeInstanceOf(StepError)
    expect(await one.run(works)).toBe('open')
  }
})

test('one breaker knows nothing of another', async () => {
  await open()
  expect(await breaker(() => {}).run(works)).toBe('done')
})
