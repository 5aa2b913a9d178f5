import type { Queue } from 'bullmq'
import type { DeliveryBatch } from './journal.ts'

/** A job may have a megabyte. */
const readAtOnce = 20

/** Wherever a job can be that is not done. Asked for together, so that none is missed on its way from one to the next. */
const places = ['wait', 'active', 'delayed', 'prioritized', 'failed'] as const

/**
 * How many journal writes that no worker has split yet hold such a text. They are not rewritten: the bytes are what
 * Meta signed, a splitter may have them already, and others' events stand beside. Once split, what they held is in lanes.
 */
export async function unsplit(queue: Queue, holds: (text: string) => boolean): Promise<number> {
  const ids = await queue.getRanges([...places], 0, -1)
  let count = 0
  for (let from = 0; from < ids.length; from += readAtOnce) {
    const jobs = await Promise.all(ids.slice(from, from + readAtOnce).map((id) => queue.getJob(id)))
    for (const job of jobs) if (job && textsOf(job.data as DeliveryBatch).some(holds)) count++
  }
  return count
}

/** A job of another version is looked at as a whole. */
function textsOf(batch: DeliveryBatch): string[] {
  if (batch.v !== 1 || !Array.isArray(batch.deliveries)) return [JSON.stringify(batch)]
  return batch.deliveries.map(({ body, encoding }) =>
    encoding === 'utf8' ? body : Buffer.from(body, 'base64').toString('latin1'),
  )
}
