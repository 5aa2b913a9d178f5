import { z } from 'zod'
import type { HelpdeskEvent } from '../callback.ts'
import type { SalesforceApi } from './api.ts'
import type { SalesforceSettings } from './settings.ts'
import { readTime } from './soql.ts'

/** What every query for events needs. */
export interface Own {
  api: SalesforceApi
  settings: SalesforceSettings
  userId: string
  signal: AbortSignal
}

/** A record that was found, and what it tells; nothing, when it is our own or is no news. */
export interface Row {
  id: string
  at: number
  events: HelpdeskEvent[]
}

export const rowTime = z.string().transform((text, context) => {
  const at = readTime(text)
  if (at !== undefined) return at
  context.addIssue({ code: 'custom', message: 'is no time' })
  return z.NEVER
})

const author = z.object({ Name: z.string().nullable() }).nullish()
/** Of every record that is asked for by when it was made. */
export const rowBase = { Id: z.string(), CreatedDate: rowTime, CreatedById: z.string(), CreatedBy: author }
