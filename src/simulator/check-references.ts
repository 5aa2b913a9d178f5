import type { MediaAttachment, Send, TemplateAttachment } from './check-send.ts'
import { badParameter } from './graph-error.ts'
import type { MessageStore } from './message-store.ts'
import type { Page } from './pages.ts'
import type { Personas } from './personas.ts'
import type { Templates } from './templates.ts'
import { checkFile, type UploadedFile, type Uploads } from './uploads.ts'

/** Does what a send refers to exist, and is it this Page's? */

export type ReferenceDeps = {
  store: Pick<MessageStore, 'get'>
  uploads: Uploads
  personas: Personas
  templates: Templates
  now: () => number
}

export function checkReferences(deps: ReferenceDeps, page: Page, send: Send, file?: UploadedFile): void {
  const { personas, templates } = deps
  const { message, persona_id, reply_to, payload, recipient } = send
  if (message) {
    const { attachment, attachments, template } = message
    const media = attachments ?? (attachment && !isTemplate(attachment) ? [attachment] : [])
    checkMedia(deps, page, media, file)
    if (attachment && isTemplate(attachment)) checkTemplate(deps, page, attachment.payload)
    if (template) templates.check(page, template)
  }
  if (persona_id !== undefined) personas.check(page, persona_id)
  if (reply_to) checkMid(deps, page, recipient.id, reply_to.mid, 'reply_to[mid]')
  if (payload?.message_id !== undefined) {
    checkMid(deps, page, recipient.id, payload.message_id, 'payload[message_id]')
  }
}

export function isTemplate(
  attachment: MediaAttachment | TemplateAttachment,
): attachment is TemplateAttachment {
  return attachment.type === 'template'
}

function checkMedia(
  { uploads, now }: ReferenceDeps,
  page: Page,
  media: readonly MediaAttachment[],
  file: UploadedFile | undefined,
): void {
  if (file && media.length !== 1) throw badParameter('filedata goes with one attachment')
  for (const { type, payload } of media) {
    const { url, attachment_id } = payload
    if ([url, attachment_id, file].filter((one) => one !== undefined).length !== 1) {
      throw badParameter('message[attachment][payload]: exactly one of url, attachment_id and a file')
    }
    if (attachment_id !== undefined) uploads.check(page, attachment_id, type, now())
    if (file) checkFile(file, type, page)
  }
}

function checkTemplate(deps: ReferenceDeps, page: Page, payload: TemplateAttachment['payload']): void {
  const { template_type, order_number } = payload
  const elements = payload['elements'] as readonly Record<string, unknown>[] | undefined
  const [first] = elements ?? []
  if (template_type === 'media' && typeof first?.['attachment_id'] === 'string') {
    deps.uploads.check(page, first['attachment_id'], String(first['media_type']), deps.now())
  }
  if (template_type === 'product' && page.products) {
    const foreign = elements?.find(({ id }) => !page.products?.has(String(id)))
    if (foreign) throw badParameter(`no product ${String(foreign['id'])} of this Page`, 2018320)
  }
  if (template_type === 'receipt' && page.orderNumbers.has(String(order_number))) {
    throw badParameter('order_number: must be unique')
  }
}

function checkMid(
  { store }: ReferenceDeps,
  page: Page,
  psid: string | undefined,
  mid: string,
  where: string,
): void {
  const message = store.get(mid)
  if (message?.pageId !== page.id || message.psid !== psid) {
    throw badParameter(`${where}: no message of this conversation`)
  }
}
