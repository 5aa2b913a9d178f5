import { z } from 'zod'
import { readAnswer } from '../http-client.ts'
import { auditSchema, gone } from './api.ts'
import type { ZendeskApi, ZendeskAudit } from './api.ts'

const keyName = 'deskbridge_key'
const eventsName = 'deskbridge_events'
const perPage = 100

const auditsAnswer = z.object({ audits: z.array(auditSchema), count: z.number().nullish() })

/** What an earlier try of a step has already told. */
export interface Told {
  /** Ids of the events that it told. */
  events: Set<string>
  /** Of its last comment. */
  comment: string | undefined
}

/** Stands in the audit of an update, where agents look only when they ask for all events. */
export function marker(key: string, events: string[] = []): Record<string, string> {
  return { [keyName]: key, ...(events.length > 0 ? { [eventsName]: events.join(',') } : {}) }
}

/**
 * Looks for updates of ours under this key, or that told this event together with others. Audits come oldest first, a hundred to a page: the last two pages hold what
 * happened since the try before this one.
 */
export async function findTold(
  api: ZendeskApi,
  ticket: string,
  key: string,
  signal: AbortSignal,
  event?: string,
): Promise<Told | undefined> {
  const first = await page(1)
  const last = Math.ceil((first.count ?? first.audits.length) / perPage)
  const others = last > 2 ? [last - 1, last] : last > 1 ? [last] : []
  const later = await Promise.all(others.map((number) => page(number)))
  const audits = [...(last > 2 ? [] : [first]), ...later].flatMap((each) => each.audits)
  const ours = audits.filter(
    (audit) =>
      audit.metadata?.custom?.[keyName] === key || (event !== undefined && eventsOf(audit).includes(event)),
  )
  if (ours.length === 0) return undefined
  return { events: new Set(ours.flatMap(eventsOf)), comment: ours.map(commentOf).findLast(Boolean) }

  async function page(number: number) {
    const path = `/tickets/${ticket}/audits?page=${number}&per_page=${perPage}`
    const answer = await api.call('GET', path, { signal, also: [404] })
    if (answer.status === 404) throw gone()
    return readAnswer(auditsAnswer, answer)
  }
}

function eventsOf({ metadata }: ZendeskAudit): string[] {
  const list = metadata?.custom?.[eventsName]
  return typeof list === 'string' ? list.split(',') : []
}

/** The id of the comment that an update made, as callbacks name it. */
export function commentOf({ events }: ZendeskAudit): string | undefined {
  const id = events.find(({ type }) => type === 'Comment')?.id
  return id === undefined ? undefined : String(id)
}
