import type { Attachment } from '../../domain/event-base.ts'
import type { FeedReactionEvent, PostEvent } from '../../domain/page-events.ts'
import type { DomainEvent } from '../../domain/event.ts'
import { eventId } from './event-frame.ts'
import { changeBase, changeMark, readAuthor, readVerb } from './change-frame.ts'
import type { ChangeFrame } from './change-frame.ts'
import { id, milliseconds, present, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { media, readPageComment } from './read-comment.ts'

/** The field `feed`, and `group_feed`, which is written the same way: `item` says what it is about. */
export function readFeed(value: JsonObject, frame: ChangeFrame): DomainEvent | null {
  switch (value['item']) {
    case 'comment':
      return readPageComment(value, frame)
    case 'post':
    case 'status':
    case 'photo':
    case 'video':
    case 'share':
      return readPost(value, value['item'], frame)
    case 'reaction':
    case 'like':
      return readFeedReaction(value, value['item'], frame)
    default:
      return null
  }
}

function readPost(value: JsonObject, item: string, frame: ChangeFrame): PostEvent | null {
  const own = id(value[`${item}_id`])
  const postId = id(value['post_id']) ?? own
  const verb = readVerb(value['verb'])
  if (postId === null || !verb) return null
  const { pageId } = frame
  const author = readAuthor(value)
  return {
    ...changeBase(value, frame, null),
    id: eventId(`post|${pageId}|${postId}|${item}|${own}|${changeMark(verb, value, frame)}`),
    kind: 'post',
    commentId: null,
    postId,
    verb,
    item,
    author,
    text: string(value['message']),
    attachments: [...linked(item, value), ...media(value)],
    isPublished: published(value),
    byPage: author.id === pageId,
    ...present({ groupId: id(value['group_id']) }),
  }
}

/** `link` is the photo or video itself, or the page that is shared. */
function linked(item: string, value: JsonObject): Attachment[] {
  const url = string(value['link'])
  if (url === null) return []
  return [{ type: item === 'photo' ? 'image' : item === 'video' ? 'video' : 'fallback', url }]
}

function published(value: JsonObject): boolean | null {
  const flag = value['published']
  if (typeof flag === 'boolean') return flag
  return typeof flag === 'number' || flag === '0' || flag === '1' ? Number(flag) !== 0 : null
}

/** A like of the Page itself names no post, and says `user_id` where the others say `from`. */
function readFeedReaction(value: JsonObject, item: string, frame: ChangeFrame): FeedReactionEvent | null {
  const verb = readVerb(value['verb'])
  if (!verb) return null
  const { pageId, place } = frame
  const [postId, commentId] = [id(value['post_id']), id(value['comment_id'])]
  const { id: authorId, name } = readAuthor(value)
  const author = { id: authorId ?? id(value['user_id']), name }
  const reaction = string(value['reaction_type']) ?? item
  // Given, taken away and given again: only the time tells these apart.
  const when = milliseconds(value['created_time']) ?? place.entryTime
  const key = [pageId, postId, commentId, author.id, verb, reaction, when].join('|')
  return {
    ...changeBase(value, frame, commentId === null ? null : { kind: 'comment', id: commentId }),
    id: eventId(`feed_reaction|${key}`),
    kind: 'feed_reaction',
    verb,
    reaction,
    postId,
    commentId,
    author,
    byPage: author.id === pageId,
  }
}
