import type { DomainEvent } from '../domain/event.ts'
import type { ThreadControlEvent } from '../domain/messaging-events.ts'
import { isMetaInbox } from '../meta/events/meta-inboxes.ts'
import { describeForm } from './describe-form.ts'
import { describePublic } from './describe-public.ts'
import { describeAttachments, quote, sentence } from './describe-words.ts'
import { describeReferral } from './describe-referral.ts'

/**
 * One event as a note that helps an agent: who did what, with the words that were used. `who` is the customer's name,
 * or what stands for it when nobody knows it.
 */
export function describeEvent(event: DomainEvent, who = 'The customer'): string {
  switch (event.kind) {
    case 'message':
      if (event.isUnsupported) return `${who} sent something that only Meta's own inbox can show.`
      return sentence(`${who} wrote`, event.text, describeAttachments(event.attachments))
    case 'message_edit':
      return sentence(`${actor(event, who)} edited a message`, event.text)
    case 'message_deleted':
      return `${actor(event, who)} took back a message.`
    case 'echo':
      return sentence(answeredIn(event), event.text, describeAttachments(event.attachments))
    case 'postback':
      return `${who} tapped ${quote(event.title ?? event.payload ?? 'a button')}.`
    case 'reaction':
      return event.action === 'unreact'
        ? `${actor(event, who)} took back a reaction to a message.`
        : `${actor(event, who)} reacted ${event.emoji ?? event.reaction ?? ''} to a message.`.replace(
            '  ',
            ' ',
          )
    case 'read':
      return `${who} has read the messages${upTo(event.watermark)}.`
    case 'delivery':
      return `The messages${upTo(event.watermark)} have arrived.`
    case 'referral':
      return describeReferral(event.referral, who)
    case 'account_linking':
      return event.status === 'linked' ? `${who} linked their account.` : `${who} unlinked their account.`
    case 'policy_enforcement':
      return sentence(`Meta ${enforced.get(event.action) ?? event.action} the Page`, event.reason)
    case 'thread_control':
      return describeThread(event)
    case 'label':
      return `The label ${quote(event.label ?? event.labelId ?? '')} was ${event.action === 'remove' ? 'taken off' : 'added'}.`
    case 'comment':
    case 'post':
    case 'feed_reaction':
    case 'review':
    case 'mention':
    case 'page_integrity':
    case 'story_insight':
      return describePublic(event)
    case 'unknown':
      return `Messenger event: ${event.name}`
    default:
      return describeForm(event, who)
  }
}

const enforced = new Map([
  ['warning', 'warned'],
  ['block', 'blocked'],
  ['unblock', 'unblocked'],
])

/** What came with a message beside its words: how the person found us, or the story that is answered. */
export function describeContext(event: DomainEvent, who = 'The customer'): string | undefined {
  if (event.kind !== 'message' && event.kind !== 'postback') return undefined
  const lines = event.referral ? [describeReferral(event.referral, who)] : []
  if (event.kind === 'message' && event.replyTo && 'story' in event.replyTo) {
    lines.push(sentence(`${who} answered a story`, event.replyTo.story.url ?? event.replyTo.story.id))
  }
  return lines.length > 0 ? lines.join('\n') : undefined
}

function actor(event: { byPage: boolean }, who: string): string {
  return event.byPage ? 'The Page' : who
}

function answeredIn(event: { fromInbox: boolean; appId: string | null }): string {
  return event.fromInbox ? "Answered in Meta's inbox" : `Answered by ${app(event.appId)}`
}

function upTo(watermark: number | null): string {
  return watermark === null ? '' : ` up to ${new Date(watermark).toISOString()}`
}

/** An app's id as people know it. */
export function app(id: string | null): string {
  if (id === null) return 'another app'
  return isMetaInbox(id) ? "Meta's inbox" : `app ${id}`
}

function describeThread(event: ThreadControlEvent): string {
  const { previousOwner, newOwner, requestedOwner, metadata } = event
  switch (event.action) {
    case 'pass':
      return sentence(`The conversation went ${from(previousOwner)}to ${app(newOwner)}`, metadata)
    case 'take':
      return sentence(
        `The conversation was taken by ${app(newOwner)}${previousOwner ? `, from ${app(previousOwner)}` : ''}`,
        metadata,
      )
    case 'request':
      return sentence(`The conversation is asked for by ${app(requestedOwner)}`, metadata)
    case 'app_roles':
      return sentence(
        'Meta changed which apps may answer',
        Object.keys(event.roles ?? {})
          .map(app)
          .join(', '),
      )
  }
}

function from(owner: string | null): string {
  return owner === null ? '' : `from ${app(owner)} `
}
