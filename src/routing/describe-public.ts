import type { DomainEvent } from '../domain/event.ts'
import type { Author } from '../domain/event-base.ts'
import type { FeedReactionEvent, MentionEvent, ReviewEvent, Verb } from '../domain/page-events.ts'
import { describeAttachments, listing, sentence } from './describe-words.ts'

type PublicEvent = Extract<
  DomainEvent,
  {
    kind: 'comment' | 'post' | 'feed_reaction' | 'review' | 'mention' | 'page_integrity' | 'story_insight'
  }
>

/** What happened in public, and what Meta says about the Page. */
export function describePublic(event: PublicEvent): string {
  switch (event.kind) {
    case 'comment':
      return sentence(
        changed(event, 'commented', 'comment'),
        // What was taken away is not said once more.
        event.verb === 'remove' ? null : event.text,
        describeAttachments(event.verb === 'remove' ? [] : event.attachments),
      )
    case 'post':
      return sentence(
        changed(event, 'posted on the Page', 'post'),
        event.text,
        describeAttachments(event.attachments),
      )
    case 'feed_reaction':
      return describeFeedReaction(event)
    case 'review':
      return describeReview(event)
    case 'mention':
      return describeMention(event)
    case 'page_integrity':
      return sentence('Meta changed what the Page may do', JSON.stringify(event.value))
    case 'story_insight':
      return listing(
        'How a story did',
        Object.entries(event.figures).map(([name, figure]) => `${name}: ${figure}`),
      )
  }
}

/** Hiding and blocking is done by the Page's staff: Meta names the author of what is hidden, not who hid it. */
function changed(
  { verb, author, byPage }: { verb: Verb; author: Author; byPage: boolean },
  added: string,
  thing: string,
) {
  const who = byPage ? 'The Page' : named(author)
  switch (verb) {
    case 'add':
      return `${who} ${added}`
    case 'edit':
      return `${who} edited a ${thing}`
    case 'remove':
      return `A ${thing} of ${lower(who)} was removed`
    case 'hide':
    case 'mute':
      return `A ${thing} of ${lower(who)} was hidden`
    case 'unhide':
      return `A ${thing} of ${lower(who)} is shown again`
    case 'block':
      return `A ${thing} of ${lower(who)} was blocked`
    case 'unblock':
      return `A ${thing} of ${lower(who)} was unblocked`
    case 'follow':
      return `${who} follows a ${thing}`
  }
}

function named({ name }: Author): string {
  return name ?? 'Somebody'
}

/** Inside a sentence; a person's name stays as it is. */
function lower(who: string): string {
  return who === 'Somebody' ? 'somebody' : who === 'The Page' ? 'the Page' : who
}

function describeFeedReaction({ verb, reaction, postId, commentId, author }: FeedReactionEvent): string {
  const what = commentId !== null ? 'a comment' : postId !== null ? 'a post' : 'the Page'
  return verb === 'remove'
    ? `${named(author)} took back a reaction (${reaction}) to ${what}.`
    : `${named(author)} reacted to ${what}: ${reaction}`
}

function describeReview(event: ReviewEvent): string {
  const who = event.byPage ? 'The Page' : named(event.author)
  if (event.item === 'comment')
    return sentence(changed(event, 'commented on a review', 'comment'), event.text)
  if (event.item !== 'rating') return `${who} reacted to a review: ${event.reaction ?? event.item}`
  if (event.verb !== 'add') {
    const now = event.verb === 'edit' ? `, and now ${judged(event)}` : ''
    return sentence(`${changed(event, '', 'review')}${now}`, event.text)
  }
  return sentence(`${who} ${judged(event)}`, event.text)
}

function judged({ recommendation, rating }: ReviewEvent): string {
  if (recommendation === 'positive') return 'recommends the Page'
  if (recommendation === 'negative') return 'does not recommend the Page'
  return rating === null ? 'reviewed the Page' : `gave the Page ${rating} of 5 stars`
}

function describeMention(event: MentionEvent): string {
  const where = event.commentId ?? event.postId
  return sentence(`${named(event.author)} mentioned the Page in a ${event.item} (${where})`, event.text)
}
