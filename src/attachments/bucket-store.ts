import { bucket, refused } from './bucket.ts'
import type { BucketSettings } from './bucket.ts'
import { isAttachmentId } from './copyable.ts'
import type { FileStore } from './file-store.ts'

/** The least that S3 takes as a part that is not the last, bytes; and all that is ever held in memory of one file. */
export const partBytes = 5 * 1024 * 1024

/**
 * Files in an S3-compatible bucket. What fits into one part is put at once, all else goes up in parts: either way the
 * object is there as a whole or not at all, and no length need be known before.
 */
export function bucketStore(settings: BucketSettings & { prefix: string }): FileStore {
  const s3 = bucket(settings)

  function keyOf(id: string): string {
    if (!isAttachmentId(id)) throw new Error('not the id of an attachment')
    return settings.prefix + id
  }

  async function write(
    id: string,
    file: { contentType: string; bytes: AsyncIterable<Uint8Array> },
  ): Promise<number> {
    const key = keyOf(id)
    const headers = { 'content-type': file.contentType }
    let uploadId: string | undefined
    const etags: string[] = []
    let size = 0
    try {
      for await (const { part, isLast } of parts(file.bytes)) {
        size += part.length
        if (isLast && uploadId === undefined) {
          await s3.ask({ method: 'PUT', key, headers, body: part })
          return size
        }
        uploadId ??= await begin(key, headers)
        const query = { partNumber: String(etags.length + 1), uploadId }
        const { header } = await s3.ask({ method: 'PUT', key, query, body: part })
        etags.push(header('etag') ?? '')
      }
      await finish(key, uploadId ?? '', etags)
      return size
    } catch (error) {
      // What this misses, because we die, the bucket's rule for unfinished uploads clears away.
      if (uploadId !== undefined) await s3.ask({ method: 'DELETE', key, query: { uploadId } }).catch(() => {})
      throw error
    }
  }

  async function begin(key: string, headers: Record<string, string>): Promise<string> {
    const { text } = await s3.ask({ method: 'POST', key, query: { uploads: '' }, headers })
    const uploadId = /<UploadId>([^<]{1,2000})<\/UploadId>/.exec(text)?.[1]
    if (uploadId === undefined) throw refused(200, text)
    return uploadId
  }

  async function finish(key: string, uploadId: string, etags: string[]): Promise<void> {
    const listed = etags.map(
      (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    )
    const body = Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`)
    const { text } = await s3.ask({ method: 'POST', key, query: { uploadId }, body })
    // S3 answers 200 before it knows, so that a failure may stand in a good answer.
    if (text.includes('<Error>')) throw refused(200, text)
  }

  return {
    write,
    async read(id, range) {
      const headers = range ? { range: `bytes=${range.first}-${range.last}` } : {}
      const { status, header, body } = await s3.call({ method: 'GET', key: keyOf(id), headers })
      if (status === 200 || status === 206) return { size: sizeOf(header), body }
      const text = await body.text()
      if (status === 404 && !text.includes('NoSuchBucket')) return undefined
      throw refused(status, text)
    },
    async remove(id) {
      await s3.ask({ method: 'DELETE', key: keyOf(id) })
    },
    close: s3.close,
  }
}

/** `bytes 0-9/1234` of a part, or the length of the whole. */
function sizeOf(header: (name: string) => string | undefined): number {
  const ofRange = /\/(\d+)$/.exec(header('content-range') ?? '')?.[1]
  return Number(ofRange ?? header('content-length'))
}

/** The bytes in parts of `partBytes`; the last may be shorter, or empty when there is nothing at all. */
async function* parts(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<{ part: Buffer; isLast: boolean }> {
  let chunks: Uint8Array[] = []
  let held = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    held += chunk.length
    // Only once there is more than a part, so that the last one can be told.
    while (held > partBytes) {
      const all = Buffer.concat(chunks)
      yield { part: all.subarray(0, partBytes), isLast: false }
      chunks = [all.subarray(partBytes)]
      held -= partBytes
    }
  }
  yield { part: Buffer.concat(chunks), isLast: true }
}
