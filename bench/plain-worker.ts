import { Worker } from 'bullmq'
import { webhookHelpdesk } from '../src/helpdesk/webhook/adapter.ts'
import { splitDelivery } from '../src/meta/split.ts'
import { workerConnection } from '../src/queue/connections.ts'
import type { Delivery } from '../src/queue/journal.ts'
import { bullPrefix } from '../src/queue/queues.ts'
import { helpdeskSecret } from './support/children.ts'

/**
 * The pipeline that one would write with BullMQ alone: a job per event, worked off `concurrency` at a time. It splits
 * and posts with our own code, and keeps neither order nor dedupe. `node plain-worker.ts <redis url> <helpdesk url> <concurrency>`
 */
const [redisUrl = '', helpdeskUrl = '', concurrency = ''] = process.argv.slice(2)
const helpdesk = webhookHelpdesk({
  adapter: 'webhook',
  url: helpdeskUrl,
  secret: helpdeskSecret,
  allowPrivateNetwork: true,
})

const worker = new Worker<Delivery>(
  'events',
  async (job) => {
    // A limit for the call, as any pipeline needs one; made as ours is made.
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), 4500)
    try {
      for (const event of splitDelivery(job.data.body, job.data.receivedAt).events) {
        const { id, pageId, psid, conversationId } = event
        const conversation = { id: conversationId, pageId, psid, channel: 'messenger' as const }
        const step = { idempotencyKey: id, attempt: job.attemptsMade + 1, signal: controller.signal }
        await helpdesk.forwardEvent(event, conversation, step)
      }
    } finally {
      clearTimeout(timer)
    }
  },
  {
    connection: workerConnection(redisUrl),
    prefix: bullPrefix('bench-plain'),
    concurrency: Number(concurrency),
    removeOnComplete: { count: 0 },
  },
)
worker.on('error', (error) => console.error(error))
worker.on('failed', (_job, error) => console.error(error))
process.on('disconnect', () => process.exit(0))
await worker.waitUntilReady()
process.send?.({ port: 0 })
