import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { badParameter } from './graph-error.ts'
import type { Page } from './pages.ts'
import { createRing } from './ring.ts'

/** Reusable attachments: an id belongs to one Page, and works for 90 days. */

export type Upload = { id: string; pageId: string; type: string; at: number }

export type Uploads = {
  keep(page: Page, upload: { id?: string | undefined; type: string; at: number }): Upload
  /** Throws for an id that this Page cannot use as this type. */
  check(page: Page, id: string, type: string, now: number): void
}

export const UPLOAD_LIFE_MS = 90 * 86_400_000
const MEGABYTE = 1024 * 1024

export function createUploads(keep: number): Uploads {
  const byId = new Map<string, Upload>()
  const newest = createRing<Upload>(keep)
  return {
    keep(page, { id = newId(), type, at }) {
      const upload = { id, pageId: page.id, type, at }
      const gone = newest.push(upload)
      if (gone && byId.get(gone.id) === gone) byId.delete(gone.id)
      byId.set(id, upload)
      return upload
    },
    check(page, id, type, now) {
      const upload = byId.get(id)
      if (!upload || upload.pageId !== page.id || now - upload.at >= UPLOAD_LIFE_MS) {
        throw badParameter('Invalid attachment_id: not of this Page, or expired', 2018074)
      }
      if (upload.type !== type) throw badParameter(`The attachment is ${upload.type}, not ${type}`, 2018047)
    },
  }
}

/** A part of a multipart body that is a file; its bytes are counted and let go. */
export const fileSchema = z.strictObject({ name: z.string(), type: z.string(), size: z.int() })
export type UploadedFile = z.output<typeof fileSchema>

/** Is this file what its attachment says, and not too big? */
export function checkFile(file: UploadedFile, type: string, page: Page): void {
  const limit = type === 'image' ? 8 : 25
  if (file.size > limit * MEGABYTE) throw badParameter(`More than ${limit} MB`, 2018109)
  const fits =
    type === 'file'
      ? page.channel !== 'instagram' || file.type === 'application/pdf'
      : file.type.startsWith(`${type}/`)
  if (!fits) throw badParameter(`A ${file.type || 'file without a type'} is no ${type}`, 2018047)
}

export function newId(): string {
  return String(randomInt(1e14, 2.8e14))
}
