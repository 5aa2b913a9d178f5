import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { alarmQueue, openQueue } from './queues.ts'

/** An alarm says "look at these lanes" and carries no message: losing, repeating or reordering it costs time only. */
export interface Alarm {
  lanes: string[]
}

const lanesPerAlarm = 50
/** Above this many alarms in a queue the timer adds none: the lanes stay dirty and their workers are busy anyway. */
const enough = 200

export interface Alarms {
  ring(lanes: string[]): Promise<void>
  /** Like ring, but leaves out destinations whose queue already holds plenty. */
  remind(lanes: string[]): Promise<void>
  close(): Promise<void>
}

export function alarms(
  connection: Redis,
  prefix: string,
  destinations: string[],
  destinationOf: (lane: string) => string,
): Alarms {
  const queues = new Map(destinations.map((name) => [name, openQueue(alarmQueue(name), connection, prefix)]))

  async function add(queue: Queue, lanes: string[]): Promise<void> {
    const jobs = []
    for (let from = 0; from < lanes.length; from += lanesPerAlarm) {
      const data: Alarm = { lanes: lanes.slice(from, from + lanesPerAlarm) }
      jobs.push({ name: 'alarm', data, opts: { removeOnFail: true } })
    }
    if (jobs.length === 1) await queue.add(jobs[0]!.name, jobs[0]!.data, jobs[0]!.opts)
    else await queue.addBulk(jobs)
  }

  async function send(lanes: string[], isWanted: (queue: Queue) => Promise<boolean>): Promise<void> {
    const groups = Map.groupBy(lanes, destinationOf)
    await Promise.all(
      [...groups].map(async ([destination, group]) => {
        const queue = queues.get(destination)
        if (!queue) throw new Error(`no alarm queue for ${destination}`)
        if (await isWanted(queue)) await add(queue, group)
      }),
    )
  }

  return {
    ring: (lanes) => send(lanes, () => Promise.resolve(true)),
    remind: (lanes) => send(lanes, async (queue) => (await queue.getWaitingCount()) < enough),
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()))
    },
  }
}
