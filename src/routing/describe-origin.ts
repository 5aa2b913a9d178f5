import type { CommentEvent } from '../domain/page-events.ts'
import { quote, sentence } from './describe-words.ts'

/** What a ticket begins with that a comment opens: who wrote where, and what they saw there. */
export function describeOrigin(
  event: CommentEvent,
  seen: { post: string | null; pageComment: string | null },
): string {
  const lines = [
    sentence(
      `${event.author.name ?? 'Somebody'} commented under ${place(event)}`,
      event.permalinkUrl ?? event.postId,
    ),
    ...(seen.post === null ? [] : [`The post says: ${quote(seen.post)}`]),
    ...(seen.pageComment === null ? [] : [`It answers the Page's comment: ${quote(seen.pageComment)}`]),
  ]
  return lines.join('\n')
}

function place({ isLive, adTitle, adId, groupId }: CommentEvent): string {
  if (isLive) return 'a live video'
  if (adTitle !== undefined) return `the ad ${quote(adTitle)}`
  if (adId !== undefined) return `the ad ${adId}`
  return groupId === undefined ? 'a post' : 'a post in a group'
}
