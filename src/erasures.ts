import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Config } from './config/schema.ts'
import type { Log } from './domain/log.ts'
import type { Page } from './domain/page.ts'
import { inboxStore } from './helpdesk/inbox/store.ts'
import type { InboxStore } from './helpdesk/inbox/store.ts'
import { lookupQueue } from './queue/lookup-queue.ts'
import { rewriteFiles } from './queue/rewrite-files.ts'
import { unsplit } from './queue/unsplit.ts'
import { eraseCustomer } from './routing/erase-customer.ts'
import type { EraseCustomer } from './routing/erase-customer.ts'
import { eraseKnown } from './routing/erase-known.ts'
import type { Store } from './store.ts'

export interface Erasing {
  erase: EraseCustomer
  /** Not waited for; `close` is. */
  eraseKnown(userId: string, code: string): void
  /** Aborts when `close` is called. */
  stopping: AbortSignal
  /** Cuts short what is under way; asking again finishes it. */
  close(): Promise<void>
}

/** Erasing people, put together by hand. The queue is the journal's. */
export function openErasing(
  redis: Redis,
  config: Config,
  deps: {
    pages: ReadonlyMap<string, Page>
    store: Store
    queue: Queue
    ring: (lanes: string[]) => Promise<void>
    log: Log
    /** Where files are copied: see `eraseCopies` of src/attachments. */
    eraseCopies?: (conversationId: string) => Promise<number>
  },
): Erasing {
  const { pages, store, queue, ring, log, eraseCopies = () => Promise.resolve(0) } = deps
  const { prefix } = config.redis
  const inboxes = new Map(
    Object.entries(config.helpdesks).flatMap(([helpdesk, settings]): [string, InboxStore][] => {
      if (settings.adapter !== 'inbox') return []
      return [[helpdesk, inboxStore(redis, { prefix, helpdesk, retentionDays: settings.retentionDays })]]
    }),
  )
  const lookups = lookupQueue(redis, prefix)
  const stop = new AbortController()
  const underWay = new Set<Promise<void>>()
  const erase = eraseCustomer({
    ...store,
    pages,
    ring,
    prefix,
    eraseCopies,
    dropLookups: lookups.drop,
    helpdesks: Object.keys(config.helpdesks),
    inboxes,
    unsplit: (holds) => unsplit(queue, holds),
    rewriteFiles: (signal) => rewriteFiles(redis, signal),
    now: Date.now,
  })
  const known = eraseKnown({ ...store, pages, inboxes: [...inboxes.values()], erase, log })

  return {
    erase,
    eraseKnown(userId, code) {
      const running = known(userId, code, stop.signal).finally(() => underWay.delete(running))
      underWay.add(running)
    },
    stopping: stop.signal,
    close: async () => {
      stop.abort()
      await Promise.all(underWay)
      await lookups.close()
    },
  }
}
