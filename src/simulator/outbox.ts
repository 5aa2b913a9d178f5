import { setTimeout as wait } from 'node:timers/promises'
import { delivery, messagingEntry } from './delivery.ts'
import type { WebhookAnswer, WebhookClient } from './webhook-client.ts'

/**
 * What the webhook is still to be told. What waits goes together into one delivery, as Meta does it; what concerns one
 * person goes in order, since it goes through one line, and a line has one delivery under way.
 */

export type Notice = {
  object: 'page' | 'instagram'
  pageId: string
  /** Whose order it is: the person, or the thread of comments. */
  about: string
  kind: 'messaging' | 'standby' | 'changes'
  event: unknown
  /** Told with which bytes it went, before they go. */
  onBytes?: (bytes: Buffer) => void
  onAnswer?: (answer: WebhookAnswer) => void
}

export type OutboxCounts = { posts: number; events: number; failed: number; waiting: number }

export type Outbox = {
  put(notice: Notice): void
  /** The same, resolving with what the webhook answered. */
  tell(notice: Notice): Promise<WebhookAnswer>
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>
  read(): OutboxCounts
  reset(): void
}

const LINES = 4
/** Meta puts up to 1000 into one; a quarter of it keeps a delivery well below what receivers take. */
const MAX_EVENTS = 250
/** A line that carries more than this is busy: it gives the next events a moment to gather. */
const BUSY = 10
const GATHER_MS = 20

type Line = { waiting: Notice[]; running: Promise<void> | undefined }

export function createOutbox(deps: {
  webhook: Pick<WebhookClient, 'post'>
  now: () => number
  closing: AbortSignal
}): Outbox {
  const { webhook, now, closing } = deps
  const lines: Line[] = Array.from({ length: LINES }, () => ({ waiting: [], running: undefined }))
  let [posts, events, failed] = [0, 0, 0]

  async function run(line: Line): Promise<void> {
    // What is put in the same moment goes along.
    await Promise.resolve()
    while (line.waiting.length > 0) {
      const batch = takeBatch(line.waiting)
      const bytes = pack(batch, now())
      for (const { onBytes } of batch) onBytes?.(bytes)
      const answer = await webhook.post(bytes)
      posts += 1
      events += batch.length
      if (answer.status !== 200) failed += batch.length
      for (const { onAnswer } of batch) onAnswer?.(answer)
      if (batch.length > BUSY) await wait(GATHER_MS, undefined, { signal: closing }).catch(() => undefined)
    }
    line.running = undefined
  }

  function put(notice: Notice): void {
    const line = lines[lineOf(notice.about)]!
    line.waiting.push(notice)
    line.running ??= run(line)
  }

  return {
    put,
    tell: (notice) => new Promise((resolve) => put({ ...notice, onAnswer: resolve })),
    async idle() {
      for (;;) {
        const running = lines.flatMap((line) => line.running ?? [])
        if (running.length === 0) return
        await Promise.all(running)
      }
    },
    read: () => ({
      posts,
      events,
      failed,
      waiting: lines.reduce((sum, line) => sum + line.waiting.length, 0),
    }),
    reset() {
      ;[posts, events, failed] = [0, 0, 0]
    },
  }
}

/** One delivery is of one object; and of one kind, so that nothing overtakes what is of another. */
function takeBatch(waiting: Notice[]): Notice[] {
  const [head] = waiting
  const end = waiting.findIndex(({ object, kind }) => object !== head?.object || kind !== head.kind)
  return waiting.splice(0, Math.min(end === -1 ? waiting.length : end, MAX_EVENTS))
}

function pack(batch: readonly Notice[], at: number): Buffer {
  const entries = [...Map.groupBy(batch, ({ pageId }) => pageId)].map(([id, notices]) => {
    const events = notices.map(({ event }) => event)
    const [{ kind } = { kind: 'messaging' }] = notices
    if (kind === 'messaging') return messagingEntry(id, events, at)
    if (kind === 'standby') return { id, time: at, standby: events }
    // Changes count time in seconds.
    return { id, time: Math.floor(at / 1000), changes: events }
  })
  return delivery(entries, batch[0]?.object)
}

function lineOf(about: string): number {
  let hash = 0
  for (let index = 0; index < about.length; index++) hash = (hash * 31 + about.charCodeAt(index)) >>> 0
  return hash % LINES
}
