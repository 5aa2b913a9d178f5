import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import { copyAttachment } from '../../src/attachments/copy-attachment.ts'
import type { CopyDeps, CopyTry } from '../../src/attachments/copy-attachment.ts'
import { eraseCopies } from '../../src/attachments/erase-copies.ts'
import { fileFetcher } from '../../src/attachments/fetch-file.ts'
import { folderStore } from '../../src/attachments/folder-store.ts'
import { attachmentLinks } from '../../src/attachments/links.ts'
import { noteCopies } from '../../src/attachments/note-copies.ts'
import { showLinks } from '../../src/attachments/show-links.ts'
import type { MessageEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import { copyQueue } from '../../src/queue/copy-queue.ts'
import { copies } from '../../src/records/copies.ts'
import { tempFolder } from './attachment-kit.ts'
import { startFileServer } from './file-server.ts'
import { memoryLog, noTrace } from './lane-kit.ts'

export const hourMs = 3_600_000
export const conversationId = '1:2400000000000001'

/** All of copying but the worker, under a prefix of the test's own. */
export async function openCopying(redis: Redis, more: Partial<CopyDeps> = {}) {
  const prefix = `t${randomUUID().slice(0, 8)}`
  const [cdn, folder] = [await startFileServer(), await tempFolder()]
  const store = folderStore(folder)
  const records = copies(redis, { prefix })
  const queue = copyQueue(redis, prefix)
  const files = fileFetcher({
    maxBytes: 10_000,
    timeoutMs: 600_000,
    concurrency: 4,
    allowPrivateNetwork: true,
  })
  onTestFinished(async () => {
    await Promise.all([files.close(), queue.close()])
  })
  const settled: (string | number)[] = []
  const log = memoryLog()
  const deps: CopyDeps = {
    copies: records,
    store,
    files,
    giveUpMs: hourMs,
    onCopied: (bytes) => settled.push(bytes),
    onFailed: (reason) => settled.push(reason),
    trace: noTrace,
    log,
    now: Date.now,
    ...more,
  }
  const page = { id: '1', channel: 'messenger' } as Page
  const note = noteCopies({ pages: new Map([['1', page]]), copies: records, ttlMs: hourMs, now: Date.now })
  const links = attachmentLinks({ baseUrl: 'https://desk.example', secrets: ['s'] })
  const erase = eraseCopies({ copies: records, store, dropJobs: queue.drop })

  function event(id: string, ...paths: string[]): MessageEvent {
    const attachments = paths.map((path) => ({ type: 'image', url: `${cdn.url}${path}` }))
    const about = { pageId: '1', conversationId, psid: '2400000000000001', timestamp: 1, standby: false }
    return { ...about, id, kind: 'message', raw: { attachments }, mid: 'm', text: null, attachments }
  }
  /** A message with one file is noted; then what a worker does with it. */
  async function noted(path = '/a.png') {
    const written = event('evt_1', path)
    const [job] = await note([written])
    if (!job) throw new Error('nothing was noted')
    return { job, written }
  }
  return {
    keyOf: (id: string) => `${prefix}:copy:${id}`,
    /** Names of keys that hold this. */
    keys: (part: string) => redis.keys(`${prefix}*${part}*`),
    cdn,
    folder,
    store,
    records,
    queue,
    settled,
    log,
    copy: copyAttachment(deps),
    note,
    noted,
    event,
    erase,
    links,
    show: showLinks({ copies: records, links }),
    state: async (id: string) => (await records.get([id]))[0],
  }
}

export const attempt = (more: Partial<CopyTry> = {}): CopyTry => ({
  failed: 0,
  crashed: 0,
  since: Date.now(),
  signal: new AbortController().signal,
  ...more,
})
