import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Drain } from '../../src/lanes/drain.ts'
import { alarms } from '../../src/queue/alarms.ts'
import type { Alarm } from '../../src/queue/alarms.ts'
import { lanesWorker } from '../../src/queue/lanes-worker.ts'
import { alarmQueue, openQueue } from '../../src/queue/queues.ts'
import { laneTimer } from '../../src/queue/timer.ts'
import { openConnection } from '../support/lane-connections.ts'
import { laneKit, memoryLog } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const lanesTo = (destination: string, count: number) =>
  Array.from({ length: count }, (_, n) => `in:${destination}:${n}`)

function open(destinations = ['main', 'graph']) {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const connection = openConnection(redis.url)
  const opened = alarms(connection, prefix, destinations, (lane) => lane.split(':')[1]!)
  const queues = destinations.map((name) => openQueue(alarmQueue(name), connection, prefix))
  onTestFinished(async () => {
    await Promise.all([opened.close(), ...queues.map((queue) => queue.close())])
  })
  return {
    prefix,
    connection,
    alarms: opened,
    /** The lanes of each alarm that waits for this destination. */
    async waiting(destination: string): Promise<string[][]> {
      const jobs = await queues[destinations.indexOf(destination)]!.getWaiting()
      return jobs.map((job) => (job.data as Alarm).lanes).toReversed()
    },
  }
}

describe('alarms', () => {
  test('are one job per 50 lanes and destination, in order', async () => {
    const { alarms, waiting } = open()
    await alarms.ring([...lanesTo('main', 120), ...lanesTo('graph', 3)])
    const main = await waiting('main')
    expect(main.map((one) => one.length).toSorted((a, b) => b - a)).toEqual([50, 50, 20])
    expect(main.flat().toSorted()).toEqual(lanesTo('main', 120).toSorted())
    expect(await waiting('graph')).toEqual([lanesTo('graph', 3)])
  })

  test('for no lane are no job', async () => {
    const { alarms, waiting } = open()
    await alarms.ring([])
    expect([await waiting('main'), await waiting('graph')]).toEqual([[], []])
  })

  test('for a destination that is not there are an error', async () => {
    const { alarms } = open()
    await expect(alarms.ring(['in:nowhere:1'])).rejects.toThrow('no alarm queue for nowhere')
  })

  test('a reminder leaves out a destination whose queue is full, and no other', async () => {
    const { alarms, waiting } = open()
    await alarms.ring(lanesTo('main', 199 * 50))
    await alarms.remind(lanesTo('main', 1))
    expect(await waiting('main')).toHaveLength(200)
    await alarms.remind([...lanesTo('main', 60), ...lanesTo('graph', 1)])
    expect(await waiting('main')).toHaveLength(200)
    expect(await waiting('graph')).toEqual([lanesTo('graph', 1)])
    await alarms.ring(lanesTo('main', 1))
    expect(await waiting('main')).toHaveLength(201)
  })
})

describe('the worker of a destination', () => {
  test('offers what its alarms say and leaves nothing behind, also of those that failed', async () => {
    const { alarms, connection, prefix, waiting } = open()
    const offered: string[] = []
    const all = Promise.withResolvers<void>()
    let stopped = 0
    const drain: Drain = {
      async offer(lanes) {
        offered.push(...lanes)
        if (offered.length >= 121) all.resolve()
        if (lanes.includes('in:main:0')) throw new Error('Connection is closed')
        return Promise.resolve()
      },
      async stop() {
        stopped++
        return Promise.resolve()
      },
    }
    await alarms.ring([...lanesTo('main', 120), ...lanesTo('graph', 1)])
    const log = memoryLog()
    const worker = lanesWorker({ connection, prefix, destination: 'main', drain, log })
    await alarms.ring(['in:main:120'])
    await all.promise
    await worker.close()
    expect(offered.toSorted()).toEqual(lanesTo('main', 121).toSorted())
    expect(stopped).toBe(1)
    expect(await waiting('graph')).toHaveLength(1)
    const jobs = (await redis.keys(`${prefix}:*lanes-main:*`)).filter((key) =>
      /:\d+$|active|failed/.test(key),
    )
    expect(jobs).toEqual([])
  })
})

describe('the timer', () => {
  afterEach(() => void vi.useRealTimers())

  /** A timer whose ticks the test makes, and whose reminders it waits for. */
  function ticking(given: Partial<Parameters<typeof laneTimer>[0]> = {}) {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const kit = laneKit(redis.client, { graceMs: 0 })
    const reminded: string[][] = []
    const offered: string[][] = []
    const log = memoryLog()
    let idle = Promise.withResolvers<void>()
    const due = given.lanes?.due ?? kit.lanes.due
    const timer = laneTimer({
      alarms: { remind: async (lanes) => void (await Promise.resolve(reminded.push(lanes))) },
      offer: (lanes) => void offered.push(lanes),
      log,
      ...given,
      lanes: {
        async due() {
          try {
            return await due()
          } finally {
            // The reminder follows in the microtasks after this.
            setImmediate(() => idle.resolve())
          }
        },
      },
    })
    async function tick(): Promise<void> {
      idle = Promise.withResolvers()
      vi.advanceTimersByTime(200)
      await idle.promise
    }
    return { kit, reminded, offered, log, timer, tick }
  }

  test('reminds of the lanes that are due, and of nothing when none is', async () => {
    const { kit, reminded, tick, timer } = ticking()
    await tick()
    expect(reminded).toEqual([])
    await kit.append('in:1:anna', 'a')
    await tick()
    await tick()
    expect(reminded).toEqual([['in:1:anna'], ['in:1:anna']])
    await kit.claimOne('in:1:anna')
    await tick()
    expect(reminded).toHaveLength(2)
    timer.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('hands the lanes to the drains of its own process when no alarm can be sent', async () => {
    const remind = () => Promise.reject(new Error("OOM command not allowed when used memory > 'maxmemory'"))
    const { kit, offered, log, tick, timer } = ticking({ alarms: { remind } })
    await kit.append('in:1:anna', 'a')
    await tick()
    expect(offered).toEqual([['in:1:anna']])
    expect(log.lines).toMatchObject([{ level: 'warn' }])
    timer.stop()
  })

  test('goes on after Redis could not be asked', async () => {
    let fails = true
    const due = () => {
      const failing = fails
      fails = false
      return failing ? Promise.reject(new Error('Connection is closed')) : Promise.resolve(['in:1:anna'])
    }
    const { reminded, log, tick, timer } = ticking({ lanes: { due } })
    await tick()
    await tick()
    expect(reminded).toEqual([['in:1:anna']])
    expect(log.lines).toMatchObject([{ level: 'warn' }])
    timer.stop()
  })

  test('asks no second time while the first has no answer', async () => {
    const answer = Promise.withResolvers<string[]>()
    let asked = 0
    const due = () => {
      asked++
      return answer.promise
    }
    const { tick, timer } = ticking({ lanes: { due } })
    vi.advanceTimersByTime(1000)
    expect(asked).toBe(1)
    answer.resolve([])
    await answer.promise
    await new Promise((resolve) => setImmediate(resolve))
    await tick()
    expect(asked).toBe(2)
    timer.stop()
  })
})
