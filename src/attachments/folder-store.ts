import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CopyFault } from './copy-fault.ts'
import { isAttachmentId } from './copyable.ts'
import type { FileStore } from './file-store.ts'

/** How long a file may stay half-written, ms: longer than any copy takes, so what is older has nobody who writes it. */
const halfWrittenMs = 3_600_000
const halfWritten = 'half-written'

/** Files in a folder, spread over subfolders. Written beside their place and then renamed into it. */
export function folderStore(folder: string): FileStore {
  const unfinished = join(folder, halfWritten)

  function pathOf(id: string): string {
    if (!isAttachmentId(id)) throw new Error('not the id of an attachment')
    return join(folder, shardOf(id), id)
  }

  async function write(id: string, { bytes }: { bytes: AsyncIterable<Uint8Array> }): Promise<number> {
    const path = pathOf(id)
    const beside = join(unfinished, `${id}.${randomBytes(6).toString('hex')}`)
    let size = 0
    // What the source throws is no fault of the store's.
    let sourceFault: unknown
    async function* counted() {
      try {
        for await (const chunk of bytes) {
          size += chunk.length
          yield chunk
        }
      } catch (error) {
        sourceFault = error
        throw error
      }
    }
    try {
      await Promise.all([mkdir(unfinished, { recursive: true }), mkdir(dirname(path), { recursive: true })])
      const handle = await open(beside, 'wx', 0o640)
      try {
        await handle.writeFile(counted())
        // Else a power cut could leave a name with nothing behind it.
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(beside, path)
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {})
      throw sourceFault ?? storeFault(error)
    }
    return size
  }

  return {
    write,
    async read(id, range) {
      const handle = await open(pathOf(id), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
        (error: unknown) => {
          if (codeOf(error) === 'ENOENT') return undefined
          throw storeFault(error)
        },
      )
      if (!handle) return undefined
      const { size } = await handle.stat()
      const part = range ? { start: range.first, end: range.last } : {}
      return { size, body: handle.createReadStream(part) }
    },
    async remove(id) {
      await rm(pathOf(id), { force: true })
    },
    async sweep(before) {
      const [old] = await Promise.all([
        sweepFolder(folder, before, (shard, name) => isAttachmentId(name) && shard === shardOf(name)),
        sweepFolder(folder, Date.now() - halfWrittenMs, (shard) => shard === halfWritten),
      ])
      return old
    },
    close: () => Promise.resolve(),
  }
}

/** Removes what is older and ours: the folder may hold other things, too. */
async function sweepFolder(
  folder: string,
  before: number,
  isOurs: (shard: string, name: string) => boolean,
): Promise<number> {
  let removed = 0
  for await (const shard of entries(folder)) {
    if (!shard.isDirectory()) continue
    for await (const file of entries(join(folder, shard.name))) {
      if (!file.isFile() || !isOurs(shard.name, file.name)) continue
      const path = join(folder, shard.name, file.name)
      // Another worker may sweep at the same time.
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
      if (mtimeMs >= before) continue
      await rm(path, { force: true })
      removed++
    }
  }
  return removed
}

async function* entries(folder: string) {
  const found = await opendir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  yield* found
}

function shardOf(id: string): string {
  return id.slice('att_'.length, 'att_'.length + 2)
}

function storeFault(error: unknown): CopyFault {
  return new CopyFault('store', { detail: codeOf(error), cause: error })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
