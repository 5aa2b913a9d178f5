import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { bucketStore } from './attachments/bucket-store.ts'
import { copyAttachment } from './attachments/copy-attachment.ts'
import { copiesFiles } from './attachments/copyable.ts'
import { eraseCopies, eraseCopiesOf } from './attachments/erase-copies.ts'
import { fileFetcher } from './attachments/fetch-file.ts'
import { folderStore } from './attachments/folder-store.ts'
import type { FileStore } from './attachments/file-store.ts'
import { attachmentLinks } from './attachments/links.ts'
import { noteCopies } from './attachments/note-copies.ts'
import { showLinks } from './attachments/show-links.ts'
import type { Config } from './config/schema.ts'
import type { Page } from './domain/page.ts'
import type { Trace } from './domain/stage.ts'
import type { Metrics } from './metrics.ts'
import { copyQueue } from './queue/copy-queue.ts'
import { copyWorker } from './queue/copy-worker.ts'
import { copies } from './records/copies.ts'

const dayMs = 86_400_000
const sweepEveryMs = 3_600_000
/** Below what proxies and browsers wait for. */
const patienceMs = 5000

/** What both roles need of copied files. Undefined where the config has no store, or no address for links. */
export function openAttachments(redis: Redis, config: Config) {
  const { attachments, server, meta } = config
  const baseUrl = attachments.publicUrl ?? server.publicUrl
  const store = openFileStore(attachments)
  if (!store || baseUrl === undefined) return undefined
  const links = attachmentLinks({ baseUrl, secrets: attachments.linkSecrets ?? meta.appSecrets })
  const records = copies(redis, config.redis)
  const queue = copyQueue(redis, config.redis.prefix)
  const erasing = { copies: records, store, dropJobs: queue.drop }
  return {
    store,
    links,
    copies: records,
    queue,
    patienceMs,
    eraseCopies: eraseCopies(erasing),
    eraseCopiesOf: eraseCopiesOf(erasing),
    close: async () => {
      await Promise.all([queue.close(), store.close()])
    },
  }
}

function openFileStore({ store }: Config['attachments']): FileStore | undefined {
  if (store?.s3) return bucketStore(store.s3)
  return store?.folder === undefined ? undefined : folderStore(store.folder)
}

interface CopyingDeps {
  pages: ReadonlyMap<string, Page>
  log: Logger
  trace: Trace
  metrics: Metrics
}

/** The worker's part: notes what is to be copied, copies it, gives helpdesks our links, and clears away what is too old. */
export function startCopying(redis: Redis, config: Config, deps: CopyingDeps) {
  const { pages, log, trace, metrics } = deps
  const opened = openAttachments(redis, config)
  if (!opened) {
    tellOfLinks(config, log)
    return { close: () => Promise.resolve() }
  }
  const { store, queue } = opened
  const settings = config.attachments
  const ttlMs = settings.ttlDays * dayMs
  const files = fileFetcher(settings)
  const worker = copyWorker({
    connection: redis,
    prefix: config.redis.prefix,
    concurrency: settings.concurrency,
    copy: copyAttachment({
      ...opened,
      files,
      giveUpMs: settings.giveUpHours * 3_600_000,
      onCopied: (bytes) => {
        metrics.attachments.inc({ result: 'copied', reason: '' })
        metrics.attachmentBytes.inc(bytes)
      },
      onFailed: (reason) => metrics.attachments.inc({ result: 'failed', reason }),
      trace,
      log,
      now: Date.now,
    }),
    log,
    random: Math.random,
  })
  const sweep = sweeper(store, ttlMs, log)
  return {
    jobs: { note: noteCopies({ ...opened, pages, ttlMs, now: Date.now }), fetch: queue.add },
    showLinks: showLinks(opened),
    eraseCopiesOf: opened.eraseCopiesOf,
    close: async () => {
      sweep.stop()
      await worker.close()
      await Promise.all([files.close(), opened.close()])
    },
  }
}

/** Said once, so that nobody wonders why the pictures of old tickets are gone. */
function tellOfLinks({ attachments, pages }: Config, log: Logger): void {
  const wanting = pages.filter(copiesFiles).map(({ id }) => id)
  if (wanting.length === 0) return
  const missing = attachments.store ? 'server.publicUrl' : 'attachments.store'
  const text = `files of customers stay links of Meta's, which expire: ${missing} is not set`
  log.info({ pages: wanting }, text)
}

/** Removes what is older than a link lives, at start and then every hour. */
function sweeper(store: FileStore, ttlMs: number, log: Logger): { stop(): void } {
  async function sweep(): Promise<void> {
    try {
      const removed = (await store.sweep?.(Date.now() - ttlMs)) ?? 0
      if (removed > 0) log.info({ removed }, 'files that are too old were removed')
    } catch (error) {
      const err = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      log.warn({ err }, 'the folder of files could not be swept')
    }
  }

  void sweep()
  const timer = setInterval(() => void sweep(), sweepEveryMs)
  return { stop: () => clearInterval(timer) }
}
