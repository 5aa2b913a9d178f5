import type { DomainEvent } from '../domain/event.ts'
import type { Timeline } from '../records/timeline.ts'
import { storyOf } from './describe-story.ts'
import { mayBeOurs } from './place-comments.ts'

export interface StoryDeps {
  timeline: Pick<Timeline, 'add'>
  /** Whether a comment is a reply that we sent: it is in the story then. */
  wroteComment: (commentId: string, pageId: string) => Promise<boolean>
}

/** Keeps events for the timelines of their customers: one command for all of them. Idempotent. */
export function tellStory(deps: StoryDeps): (events: readonly DomainEvent[]) => Promise<void> {
  return async (events) => {
    const isOurs = await Promise.all(events.map((event) => isReply(deps, event)))
    await deps.timeline.add(events.flatMap((event, at) => (isOurs[at] ? [] : (storyOf(event) ?? []))))
  }
}

async function isReply({ wroteComment }: StoryDeps, event: DomainEvent): Promise<boolean> {
  return event.kind === 'comment' && mayBeOurs(event) && wroteComment(event.commentId, event.pageId)
}
