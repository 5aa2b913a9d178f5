import type { Page } from '../domain/page.ts'
import type { Reply } from '../domain/reply.ts'
import type { Verdict } from '../lanes/lanes.ts'
import { uploadIdOf } from '../meta/outgoing/compose.ts'
import type { Uploads } from '../records/uploads.ts'

/** What Meta calls the upload that a reply shows, if it shows one; a verdict when it is known no longer. */
export async function knownUpload(
  deps: { uploads: Pick<Uploads, 'get'> },
  { message }: Reply,
  page: Page,
): Promise<{ attachmentId?: string } | Verdict> {
  const uploadId = uploadIdOf(message)
  if (uploadId === undefined) return {}
  const upload = await deps.uploads.get(uploadId)
  if (upload?.pageId === page.id) return { attachmentId: upload.attachmentId }
  return {
    verdict: 'dead',
    code: 'MESSAGE_REFUSED',
    message: 'its upload has expired; upload the file again',
  }
}
