import type { z } from 'zod'
import { commentedSchema, type Commented, type Comments, type WrittenComment } from './comments.ts'
import { controlSchemas as shapes } from './control-schemas.ts'
import { writtenSchema, type Customer, type Written } from './customer.ts'
import type { Messenger } from './messenger.ts'
import type { Page, Pages } from './pages.ts'
import type { People } from './people.ts'
import { templateSchema, type Template, type TemplateInput, type Templates } from './templates.ts'
import type { ThreadControl } from './thread-control.ts'
import { inboxOf, type Threads } from './threads.ts'
import type { Uploads } from './uploads.ts'
import type { WebhookAnswer } from './webhook-client.ts'

/** What tests, the demo and people at a shell can do to this Meta. Each is a function, and a POST below `/_sim`. */

type In<K extends keyof typeof shapes> = z.input<(typeof shapes)[K]>

export type Controls = {
  write(written: Written): Promise<{ mid: string; webhook: WebhookAnswer }>
  person(input: In<'person'>): { pageId: string; psid: string }
  optIn(input: In<'optIn'>): Promise<WebhookAnswer>
  read(input: In<'read'>): Promise<WebhookAnswer>
  owner(input: In<'owner'>): Promise<{ webhook: WebhookAnswer | undefined }>
  request(input: In<'request'>): Promise<{ webhook: WebhookAnswer | undefined }>
  inbox(input: In<'inbox'>): Promise<{ mid: string }>
  token(input: In<'token'>): { pageId: string }
  page(input: In<'page'>): { pageId: string }
  usage(input: In<'usage'>): { pageId: string }
  attachment(input: In<'attachment'>): { attachmentId: string }
  template(input: TemplateInput): Template
  comment(commented: Commented): Promise<WrittenComment>
}

/** Something was named that is not here. */
export class UnknownName extends Error {}

export function createControls(deps: {
  pages: Pages
  people: People
  customer: Customer
  comments: Comments
  templates: Templates
  uploads: Uploads
  messenger: Messenger
  threads: Threads
  threadControl: ThreadControl
  now: () => number
}): Controls {
  const { pages, people, customer, comments, templates, uploads, messenger, threads, threadControl, now } =
    deps

  function find(id: string): Page {
    const page = pages.get(id)
    if (page) return page
    const all = pages.all().map((one) => one.id)
    throw new UnknownName(`no Page ${id} here: ${all.join(', ')}`)
  }

  return {
    async write(input) {
      const written = writtenSchema.parse(input)
      return customer.write(find(written.pageId), written)
    },
    person(input) {
      const { pageId, psid, lastWroteAt, blocked, stopped, profile } = shapes.person.parse(input)
      const person = people.meet(find(pageId), psid)
      if (lastWroteAt !== undefined) person.lastWroteAt = lastWroteAt
      if (blocked !== undefined) person.blocked = blocked
      if (stopped !== undefined) person.stopped = stopped
      if (profile !== undefined) person.profile = profile
      return { pageId, psid }
    },
    async optIn(input) {
      const optin = shapes.optIn.parse(input)
      return customer.optIn(find(optin.pageId), optin)
    },
    async read(input) {
      const { pageId, psid } = shapes.read.parse(input)
      return customer.read(find(pageId), psid)
    },
    async owner(input) {
      const { pageId, psid, appId, by, metadata } = shapes.owner.parse(input)
      const page = find(pageId)
      const person = people.meet(page, psid)
      if (appId !== null) {
        return { webhook: await threadControl[by](page, person, String(appId), { metadata }) }
      }
      threadControl.release(person)
      return { webhook: undefined }
    },
    async request(input) {
      const { pageId, psid, appId, metadata } = shapes.request.parse(input)
      const page = find(pageId)
      const person = people.meet(page, psid)
      return { webhook: await threadControl.request(page, person, String(appId), { metadata }) }
    },
    async inbox(input) {
      const { pageId, psid, text } = shapes.inbox.parse(input)
      const page = find(pageId)
      const person = people.meet(page, psid)
      const appId = inboxOf(page)
      if (threads.isRouted()) await threadControl.take(page, person, appId)
      return { mid: messenger.answerElsewhere(page, person, { appId: Number(appId), text }) }
    },
    token(input) {
      const { pageId, valid, subcode, newToken, expiresAt, scopes } = shapes.token.parse(input)
      const page = find(pageId)
      if (newToken !== undefined) pages.replaceToken(page, newToken, subcode)
      else if (valid === false) page.token.deadWith = subcode ?? null
      else if (valid) delete page.token.deadWith
      if (expiresAt !== undefined) page.token.expiresAt = expiresAt
      if (scopes) page.token.scopes = scopes
      return { pageId }
    },
    page(input) {
      const { pageId, restricted, missingPermission, humanAgent, products } = shapes.page.parse(input)
      const page = find(pageId)
      if (restricted !== undefined) page.restricted = restricted
      if (missingPermission !== undefined) page.missingPermission = missingPermission
      if (humanAgent !== undefined) page.humanAgent = humanAgent
      if (products) page.products = new Set(products)
      return { pageId }
    },
    usage(input) {
      const { pageId, ...usage } = shapes.usage.parse(input)
      pages.setUsage(find(pageId), usage)
      return { pageId }
    },
    attachment(input) {
      const { pageId, attachmentId, type, uploadedAt } = shapes.attachment.parse(input)
      const upload = uploads.keep(find(pageId), { id: attachmentId, type, at: uploadedAt ?? now() })
      return { attachmentId: upload.id }
    },
    template(input) {
      const { pageId, ...template } = templateSchema.parse(input)
      return templates.set(find(pageId), template)
    },
    async comment(input) {
      const commented = commentedSchema.parse(input)
      return comments.write(find(commented.pageId), commented)
    },
  }
}
