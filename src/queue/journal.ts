import { isUtf8 } from 'node:buffer'
import type { Queue } from 'bullmq'
import { gather } from '../lanes/gather.ts'

/** One POST from Meta, as it came. `base64` only where the bytes are no UTF-8, which no JSON of Meta's is. */
export interface Delivery {
  receivedAt: number
  body: string
  encoding: 'utf8' | 'base64'
  /** Id of the dead letter that this delivery was, which goes once it can be read. */
  replays?: string
}

export interface DeliveryBatch {
  v: 1
  deliveries: Delivery[]
}

const maxWeight = 1024 * 1024
const maxItems = 1000

export interface Journal {
  /** Resolves when Redis has confirmed the write, and rejects when it did not; then it may still have happened. */
  write(delivery: Delivery): Promise<void>
}

/** Deliveries that arrive while a write is under way go together into the next one, as one job. */
export function journal(queue: Pick<Queue, 'add'>, onWritten: (count: number, ms: number) => void): Journal {
  const write = gather<Delivery, void>(
    async (deliveries) => {
      const began = performance.now()
      const batch: DeliveryBatch = { v: 1, deliveries }
      await queue.add('deliveries', batch)
      onWritten(deliveries.length, performance.now() - began)
      return deliveries.map(() => undefined)
    },
    { maxItems, maxWeight, weigh: (delivery) => delivery.body.length, failWaiting: true },
  )
  return { write }
}

export function delivery(body: Buffer, receivedAt: number): Delivery {
  const encoding = isUtf8(body) ? 'utf8' : 'base64'
  return { receivedAt, body: body.toString(encoding), encoding }
}
