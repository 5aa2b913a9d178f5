import type { FastifyInstance } from 'fastify'
import { checkNode } from './access.ts'
import { checkReferences, isTemplate, type ReferenceDeps } from './check-references.ts'
import { checkSend, type Send } from './check-send.ts'
import { badParameter, readShape } from './graph-error.ts'
import type { GraphCall, GraphCalls } from './graph-calls.ts'
import type { Messenger } from './messenger.ts'
import type { Page } from './pages.ts'
import { findRecipient, permitPage, permitSend, type PermitDeps, type Recipient } from './permit-send.ts'
import type { ThreadControl } from './thread-control.ts'
import { fileSchema, type UploadedFile } from './uploads.ts'

/** The Send API. */

export type SendDeps = ReferenceDeps &
  PermitDeps & {
    calls: GraphCalls
    messenger: Messenger
    threadControl: ThreadControl
    /** Told of a send that was taken and whose news is not in the outbox yet; the result tells that it is. */
    hold: () => () => void
    log: (line: string) => void
  }

export async function sendRoutes(app: FastifyInstance, deps: SendDeps): Promise<void> {
  const { calls, store } = deps

  app.post(
    '/:version/:node/messages',
    calls.ofPage('messages', (call) => {
      const { page, request } = call
      checkNode(call.node, page)
      permitPage(page)
      const { body, file } = takeFile(request.body)
      const send = checkSend(body, page.channel)
      checkReferences(deps, page, send, file)
      const to = findRecipient(deps, page, send)
      const { psid } = to.person
      if (send.sender_action !== undefined) {
        return calls.finish(call, { surface: 'sender_action', pageId: page.id, psid }, () => {
          page.counts.acted()
          react(send)
          return { recipient_id: psid }
        })
      }
      permitSend(deps, page, send, to)
      takeRate(page, send, to)
      return calls.finish(call, { surface: 'messages', pageId: page.id, psid }, () =>
        take(call, send, to, file),
      )
    }),
  )

  function react({ payload, sender_action }: Send): void {
    const message = payload?.message_id === undefined ? undefined : store.get(payload.message_id)
    if (message) message.reaction = sender_action === 'react' ? payload?.reaction : undefined
  }

  function takeRate(page: Page, send: Send, { comment }: Recipient): void {
    const kind = isMedia(send) ? 'media' : 'text'
    page.counts.offered(kind, deps.now())
    if (comment) page.rates?.take('privateReply')
    page.rates?.take(kind)
  }

  function take({ page, reply }: GraphCall, send: Send, to: Recipient, file: UploadedFile | undefined) {
    const { person, comment } = to
    const taken = deps.messenger.take(page, person, send)
    page.counts.sent()
    if (comment) comment.answered = true
    if (send.thread_control) deps.threadControl.afterSend(page, person, send.thread_control)
    tellAfterAnswer(reply.raw, taken.tell)
    deps.log(`took ${taken.mid}`)
    return {
      ...(send.recipient.user_ref === undefined && { recipient_id: person.psid }),
      message_id: taken.mid,
      ...keepMedia(page, send, file),
    }
  }

  /** Echoes come after the answer, or after the end of a connection that never got one. */
  function tellAfterAnswer(
    raw: { closed: boolean; once(event: 'close', then: () => void): unknown },
    tell: () => void,
  ) {
    const done = deps.hold()
    const over = () => {
      tell()
      done()
    }
    if (raw.closed) over()
    else raw.once('close', over)
  }

  function keepMedia(page: Page, { message }: Send, file: UploadedFile | undefined) {
    const attachment = message?.attachment
    if (attachment && isTemplate(attachment)) {
      const { template_type, order_number } = attachment.payload
      if (template_type === 'receipt') {
        // Bounded, at the price of forgetting them all at once.
        if (page.orderNumbers.size >= 100_000) page.orderNumbers.clear()
        page.orderNumbers.add(String(order_number))
      }
    } else if (attachment?.payload.is_reusable === true && (attachment.payload.url ?? file) !== undefined) {
      return { attachment_id: deps.uploads.keep(page, { type: attachment.type, at: deps.now() }).id }
    }
    return {}
  }
}

/** Only plain audio and video have a rate of their own. */
function isMedia({ message }: Send): boolean {
  const type = message?.attachment?.type
  return type === 'audio' || type === 'video'
}

export function takeFile(body: unknown): { body: unknown; file: UploadedFile | undefined } {
  if (typeof body !== 'object' || body === null || !('filedata' in body)) return { body, file: undefined }
  const { filedata, ...rest } = body
  if (typeof filedata === 'string') throw badParameter('filedata: must be a file')
  return { body: rest, file: readShape(fileSchema, filedata) }
}
