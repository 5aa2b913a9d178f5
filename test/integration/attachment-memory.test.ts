import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { messages, messageWith, open, startCopyWorld, write } from '../support/attachment-kit.ts'
import { flood } from '../support/file-server.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { startS3Server } from '../support/s3-server.ts'
import type { Service } from '../support/service.ts'

const redis = useRedis({ appendfsync: 'no' })
const fileBytes = 25 * 1024 * 1024
const mebibyte = 1024 * 1024

/** Memory and progress, as the service tells them. Every time it is asked, the peak of its memory is kept. */
function watch(service: Service) {
  let peak = 0
  async function look() {
    const text = await (await fetch(`${service.adminUrl}/metrics`)).text()
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
    const memory = value('process_resident_memory_bytes') / mebibyte
    peak = Math.max(peak, memory)
    return { memory, copied: value('deskbridge_attachment_bytes_total') }
  }
  return { look, peak: () => peak }
}

describe('files of customers are never whole in memory', () => {
  test.each([
    // All at once: whole, they would be 500 MiB. Half of that leaves room for a collector that comes late.
    ['in a folder', { files: 20, concurrency: 20, allowed: 250 }],
    // Four at once, each with a part of 5 MiB and its copy on the way out.
    ['in a bucket', { files: 8, concurrency: 4, allowed: 150 }],
  ])(
    'while they are copied, nor while they are served: %s',
    async (where, { files, concurrency, allowed }) => {
      const s3 = where === 'in a bucket' ? { ...(await startS3Server()).settings } : undefined
      const { cdn, service } = await startCopyWorld(redis.url, `memory-${concurrency}`, {
        attachments: { concurrency, ...(s3 ? { store: { s3 } } : {}) },
      })
      const path = `/${randomBytes(4).toString('hex')}.mp4`
      cdn.files.set(path, flood({ 'content-type': 'video/mp4' }, fileBytes))
      const { look, peak } = watch(service)
      // One before the others, so that what is loaded once is loaded.
      await write(service, messageWith({ type: 'video', url: cdn.url + path }))
      await poll(look, ({ copied }) => copied === fileBytes)
      const { memory: before } = await look()
      for (let n = 0; n < files; n++)
        await write(service, messageWith({ type: 'video', url: cdn.url + path }))
      await poll(look, ({ copied }) => copied === (files + 1) * fileBytes, 60_000)
      expect(peak() - before).toBeLessThan(allowed)

      const shown = await messages(service, files + 1)
      const answers = await Promise.all(
        shown.map(({ attachments }) => open(service, attachments?.[0]?.url ?? '')),
      )
      let bytes = 0
      for (const { body } of answers) {
        for await (const chunk of body ?? []) bytes += chunk.length
        await look()
      }
      expect(bytes).toBe((files + 1) * fileBytes)
      expect(peak() - before).toBeLessThan(allowed)
    },
    60_000,
  )
})
