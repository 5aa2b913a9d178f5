import type { DomainEvent } from '../domain/event.ts'
import type { Copies } from '../records/copies.ts'
import { copyableAttachments } from './copyable.ts'
import type { AttachmentLinks } from './links.ts'

/**
 * An event as the helpdesk is to see it: our links where there is, or will be, a copy. What has no record, or was given
 * up on, keeps Meta's link, which may still work. `raw` stays what Meta sent.
 */
export function showLinks(deps: {
  copies: Pick<Copies, 'get'>
  links: Pick<AttachmentLinks, 'urlOf'>
}): (event: DomainEvent) => Promise<DomainEvent> {
  return async (event) => {
    const copyable = copyableAttachments(event)
    if (copyable.length === 0 || event.kind !== 'message') return event
    const records = await deps.copies.get(copyable.map(({ id }) => id))
    const attachments = [...event.attachments]
    for (const [n, { id, at }] of copyable.entries()) {
      const record = records[n]
      const attachment = attachments[at]
      if (!attachment || (record?.state !== 'waiting' && record?.state !== 'copied')) continue
      attachments[at] = { ...attachment, url: deps.links.urlOf(id, record.expiresAt) }
    }
    return { ...event, attachments }
  }
}
