import { z } from 'zod'
import { CallbackFault } from '../callback.ts'
import type { HelpdeskCallback } from '../callback.ts'
import { readTransaction } from './read-transaction.ts'
import type { RtSettings } from './settings.ts'

const id = z.union([z.string().regex(/^\d{1,18}$/), z.number().int().min(0)]).transform(String)

/** What our scrip posts; see `scrip.ts`. */
const posted = z.object({
  ticket: id,
  transaction: id,
  type: z.enum(['Correspond', 'Status']),
  at: z.iso.datetime(),
  creator: z.object({ name: z.string().min(1), realName: z.string().nullish() }),
  status: z.string().nullish(),
  parts: z
    .array(z.object({ id, type: z.string(), name: z.string().nullish(), text: z.string().optional() }))
    .max(200)
    .default([]),
})

/** A scrip of RT's calls us. What it tells comes by the poll as well, under the same ids. */
export function rtCallback(settings: RtSettings, secrets: readonly string[]): HelpdeskCallback {
  return {
    scheme: 'path',
    secrets,
    parse({ body }) {
      const read = posted.safeParse(body)
      if (!read.success) {
        const issue = read.error.issues[0]
        throw new CallbackFault(
          `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is not understood'}`,
        )
      }
      const { transaction, ...rest } = read.data
      return readTransaction(settings, { id: transaction, ...rest })
    },
  }
}
