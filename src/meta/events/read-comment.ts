import type { Attachment } from '../../domain/event-base.ts'
import type { CommentEvent } from '../../domain/page-events.ts'
import { eventId } from './event-frame.ts'
import { changeBase, changeMark, readAuthor, readVerb } from './change-frame.ts'
import type { ChangeFrame } from './change-frame.ts'
import { id, member, present, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

/** A comment on a post of the Page or of a group. */
export function readPageComment(value: JsonObject, frame: ChangeFrame): CommentEvent | null {
  const commentId = id(value['comment_id'])
  const verb = readVerb(value['verb'])
  if (commentId === null || !verb) return null
  const { pageId } = frame
  const parentId = parentComment(value, frame)
  const author = readAuthor(value)
  return {
    ...changeBase(value, frame, { kind: 'comment', id: parentId ?? commentId }),
    id: eventId(`comment|${pageId}|${commentId}|${changeMark(verb, value, frame)}`),
    kind: 'comment',
    commentId,
    postId: id(value['post_id']),
    parentId,
    verb,
    author,
    text: string(value['message']),
    attachments: media(value),
    byPage: author.id === pageId,
    ...present({
      permalinkUrl: string(member(value, 'post')?.['permalink_url']),
      groupId: id(value['group_id']),
    }),
  }
}

/**
 * `parent_id` is the post for a comment and the comment for an answer to it. A post may have two ids, so another one that
 * begins with the Page's is a post, too: those of comments begin with the post's own.
 */
function parentComment(value: JsonObject, { pageId }: ChangeFrame): string | null {
  const parent = id(value['parent_id'])
  if (parent === null || parent === id(value['post_id']) || parent === id(value['comment_id'])) return null
  return parent.startsWith(`${pageId}_`) ? null : parent
}

/** `photo`, `video` and `photos` hold links. */
export function media(value: JsonObject): Attachment[] {
  const photos = Array.isArray(value['photos']) ? value['photos'] : []
  const images = [value['photo'], ...photos].filter((url) => typeof url === 'string')
  const video = string(value['video'])
  const found: Attachment[] = images.map((url) => ({ type: 'image', url }))
  if (video !== null) found.push({ type: 'video', url: video })
  return found
}

/** A comment on Instagram: `comment_id` with Facebook Login, `id` with Instagram Login. Meta tells no edits there. */
export function readInstagramComment(isLive: boolean) {
  return (value: JsonObject, frame: ChangeFrame): CommentEvent | null => {
    const commentId = id(value['comment_id']) ?? id(value['id'])
    if (commentId === null) return null
    const { pageId } = frame
    const verb = readVerb(value['verb']) ?? 'add'
    const parentId = id(value['parent_id'])
    const medium = member(value, 'media') ?? {}
    const author = readAuthor(value)
    return {
      ...changeBase(value, frame, { kind: 'comment', id: parentId ?? commentId }),
      id: eventId(`comment|${pageId}|${commentId}|${changeMark(verb, value, frame)}`),
      kind: 'comment',
      commentId,
      postId: id(medium['id']),
      parentId,
      verb,
      author,
      text: string(value['text']) ?? string(value['message']),
      attachments: [],
      byPage: author.id === pageId,
      ...(isLive ? { isLive } : {}),
      ...present({ adId: id(medium['ad_id']), adTitle: string(medium['ad_title']) }),
    }
  }
}
