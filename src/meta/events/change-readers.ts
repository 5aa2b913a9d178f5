import type { Thread } from '../../domain/conversation.ts'
import type { LabelEvent, MentionEvent, ReviewEvent } from '../../domain/page-events.ts'
import type { DomainEvent } from '../../domain/event.ts'
import { eventId } from './event-frame.ts'
import { changeBase, changeMark, readAuthor, readVerb } from './change-frame.ts'
import type { ChangeFrame, ChangeReader } from './change-frame.ts'
import { id, member, milliseconds, number, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { readInstagramComment } from './read-comment.ts'
import { readFeed } from './read-feed.ts'

/** By the `field` of a change, or of an entry of an app with Instagram Login. */
export const changeReaders: ReadonlyMap<string, ChangeReader> = new Map<string, ChangeReader>([
  ['feed', readFeed],
  ['group_feed', readFeed],
  ['ratings', readReview],
  ['mention', readMention],
  ['mentions', readMention],
  ['leadgen', readLeadgen],
  ['inbox_labels', readLabel],
  ['business_integrity', readPageIntegrity],
  ['comments', readInstagramComment(false)],
  ['live_comments', readInstagramComment(true)],
  ['story_insights', readStoryInsight],
])

/** A recommendation, or what others said and felt about one: all of it is told under the story of the recommendation. */
function readReview(value: JsonObject, frame: ChangeFrame): ReviewEvent | null {
  const storyId = id(value['open_graph_story_id'])
  const verb = readVerb(value['verb'])
  const item = string(value['item'])
  if (storyId === null || !verb || item === null) return null
  const { pageId, place } = frame
  const author = readAuthor(value)
  const commentId = id(value['comment_id'])
  const isTimeless = value['created_time'] === undefined && verb !== 'edit'
  const mark = `${changeMark(verb, value, frame)}${isTimeless ? `|${place.entryTime}` : ''}`
  return {
    ...changeBase(value, frame, { kind: 'review', id: storyId }),
    id: eventId(`review|${pageId}|${storyId}|${item}|${commentId}|${author.id}|${mark}`),
    kind: 'review',
    storyId,
    verb,
    item,
    author,
    text: string(value['review_text']) ?? string(value['message']),
    rating: number(value['rating']),
    recommendation: string(value['recommendation_type'])?.toLowerCase() ?? null,
    commentId,
    reaction: string(value['reaction_type']),
    byPage: author.id === pageId,
  }
}

/** Page: `post_id`, often without an author. Instagram: `media_id`, and the comment that names the account. */
function readMention(value: JsonObject, frame: ChangeFrame): MentionEvent | null {
  const postId = id(value['post_id']) ?? id(value['media_id'])
  const commentId = id(value['comment_id'])
  const verb = readVerb(value['verb'] ?? 'add')
  const thread = mentionThread(postId, commentId)
  if (!thread || !verb) return null
  const { pageId } = frame
  return {
    ...changeBase(value, frame, thread),
    id: eventId(`mention|${pageId}|${postId}|${commentId}|${changeMark(verb, value, frame)}`),
    kind: 'mention',
    verb,
    item: string(value['item']) ?? (commentId === null ? 'post' : 'comment'),
    postId,
    commentId,
    author: readAuthor(value),
    text: string(value['message']) ?? string(value['text']),
  }
}

/** What is said about it is said under the comment, or about the post. */
function mentionThread(postId: string | null, commentId: string | null): Thread | null {
  if (commentId !== null) return { kind: 'comment', id: commentId }
  return postId === null ? null : { kind: 'mention', id: postId }
}

/** Who filled in the form of a lead ad is not told: the answers are fetched by the lead's id. */
function readLeadgen(value: JsonObject, frame: ChangeFrame): DomainEvent | null {
  const leadgenId = id(value['leadgen_id'])
  if (leadgenId === null) return null
  return {
    ...changeBase(value, frame, null),
    id: eventId(`lead|${frame.pageId}|${leadgenId}`),
    kind: 'lead',
    leadgenId,
    formId: id(value['form_id']),
    adId: id(value['ad_id']),
    adgroupId: id(value['adgroup_id']),
    answers: [],
    isComplete: true,
  }
}

function readLabel(value: JsonObject, frame: ChangeFrame): LabelEvent | null {
  const label = member(value, 'label')
  const person = id(member(value, 'user')?.['id'])
  if (!label || person === null) return null
  const action = string(value['action'])
  const labelId = id(label['id'])
  // Nothing in it says when: put on, taken off and put on again are told apart by their entry's time.
  const when = milliseconds(value['created_time']) ?? frame.place.entryTime
  return {
    ...changeBase(value, frame, person),
    id: eventId(`label|${frame.pageId}|${person}|${labelId}|${action}|${when}`),
    kind: 'label',
    action,
    labelId,
    label: string(label['page_label_name']),
  }
}

function readPageIntegrity(value: JsonObject, frame: ChangeFrame): DomainEvent {
  const base = changeBase(value, frame, null)
  const mark = `${frame.place.entryTime}|${JSON.stringify(value)}`
  return { ...base, id: eventId(`page_integrity|${frame.pageId}|${mark}`), kind: 'page_integrity', value }
}

function readStoryInsight(value: JsonObject, frame: ChangeFrame): DomainEvent {
  const mediaId = id(value['media_id'])
  const figures = Object.entries(value).filter(
    (entry): entry is [string, number] => entry[0] !== 'media_id' && typeof entry[1] === 'number',
  )
  const mark = `${mediaId ?? frame.place.entryTime}|${JSON.stringify(value)}`
  return {
    ...changeBase(value, frame, null),
    id: eventId(`story_insight|${frame.pageId}|${mark}`),
    kind: 'story_insight',
    mediaId,
    figures: Object.fromEntries(figures),
  }
}
