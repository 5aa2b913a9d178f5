import type { CopyJob } from '../domain/copy-job.ts'
import type { Log } from '../domain/log.ts'
import type { Trace } from '../domain/stage.ts'
import type { Copies } from '../records/copies.ts'
import { CopyFault, copyFault } from './copy-fault.ts'
import type { CopyReason } from './copy-fault.ts'
import type { FileFetcher } from './fetch-file.ts'
import type { FileStore } from './file-store.ts'

export interface CopyDeps {
  copies: Pick<Copies, 'get' | 'keepCopied' | 'keepFailed'>
  store: Pick<FileStore, 'write' | 'remove'>
  files: Pick<FileFetcher, 'fetch'>
  /** Age at which a file that cannot be had is given up, ms. */
  giveUpMs: number
  onCopied: (bytes: number) => void
  onFailed: (reason: CopyReason) => void
  trace: Trace
  log: Log
  now: () => number
}

/** How a try stands to those before it. */
export interface CopyTry {
  /** Tries that have failed. */
  failed: number
  /** Workers that ended in the middle of one. */
  crashed: number
  /** When the job was added, ms since the epoch. */
  since: number
  /** Aborts when the worker stops. */
  signal: AbortSignal
}

/** A file that ends this many workers is not tried again. */
const mostCrashes = 3

/**
 * Fetches a file and keeps it. Returns when the matter is settled: copied, given up, or erased meanwhile. Throws when it
 * is to be tried again. Done twice, also at the same time, it leaves one whole file.
 */
export function copyAttachment(deps: CopyDeps): (job: CopyJob, one: CopyTry) => Promise<void> {
  const { copies, store, log } = deps

  return async (job, one) => {
    const { id } = job
    const [known] = await copies.get([id])
    if (known?.state === 'copied') return
    // Erased, expired or given up. A file may be there all the same, when a worker ended before it could say so.
    if (known?.state !== 'waiting') return store.remove(id)
    const began = deps.now()
    try {
      if (one.crashed > mostCrashes) throw new CopyFault('crashed', { tries: 1 })
      const bytes = await copy(job, one.signal)
      if (bytes === undefined) return
      deps.onCopied(bytes)
      deps.trace('copy', { conversation: job.conversation, bytes, ms: deps.now() - began })
    } catch (error) {
      const fault = copyFault(error)
      const about = { attachment: id, reason: fault.reason, err: fault.message }
      // A worker that stops has not tried in earnest.
      if (one.signal.aborted) throw fault
      if (one.failed + 1 < fault.tries && deps.now() - one.since < deps.giveUpMs) {
        log.warn(about, 'a file could not be copied and will be tried again')
        throw fault
      }
      log.error(about, 'a file was given up')
      if ((await copies.keepFailed(id, fault.reason)) === 'failed') deps.onFailed(fault.reason)
    }
  }

  /** How many bytes it was; undefined when it was erased meanwhile. */
  async function copy(job: CopyJob, signal: AbortSignal): Promise<number | undefined> {
    // Ends the fetch, too, when the store fails before it has read anything.
    const over = new AbortController()
    try {
      const wanted = { isFile: job.type === 'file', signal: AbortSignal.any([signal, over.signal]) }
      const file = await deps.files.fetch(job.url, wanted)
      const bytes = await store.write(job.id, file)
      const state = await copies.keepCopied(job.id, { contentType: file.contentType, bytes })
      if (state === 'copied') return bytes
      await store.remove(job.id)
      return undefined
    } finally {
      over.abort()
    }
  }
}
