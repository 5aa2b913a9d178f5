import type { DomainEvent } from '../domain/event.ts'
import type { CommentRule, Page } from '../domain/page.ts'
import type { CommentEvent } from '../domain/page-events.ts'
import type { CommentAnswer } from '../domain/reply.ts'
import type { Replies } from '../records/replies.ts'
import { keyedReplyId } from './accept-reply.ts'
import type { Accepted, ReplyRequest } from './accept-reply.ts'
import { quote } from './describe-words.ts'
import { heldWord } from './match-words.ts'

/** A rule of the Page, and the word of it that a comment holds. */
export interface MetRule {
  rule: CommentRule
  word: string
}

/** Whose rule it is, where an API key would stand. */
const by = 'comment-rule'

/**
 * The first rule of the Page that a comment meets. Rules are for what customers newly write: not for what one of our
 * own Pages says, so that no two of them talk to each other for ever, nor for what is edited or hidden.
 */
export function metRule(event: DomainEvent, pages: ReadonlyMap<string, Page>): MetRule | undefined {
  const rules = pages.get(event.pageId)?.comments?.rules ?? []
  if (rules.length === 0 || event.kind !== 'comment' || event.verb !== 'add') return undefined
  if (event.text === null || pages.has(event.author.id ?? '')) return undefined
  for (const rule of rules) {
    const word = heldWord(event.text, rule.words)
    if (word !== undefined) return { rule, word }
  }
  return undefined
}

/**
 * Does what the rule says, by a reply like any other. Its id follows from the event's, so that however often the event
 * is tried, or delivered, the comment is answered once.
 */
export async function followRule(
  deps: { accept: (request: ReplyRequest) => Promise<Accepted> },
  event: CommentEvent,
  { rule }: MetRule,
): Promise<void> {
  const comment = deed(event.commentId, rule)
  if (!comment) return
  await deps.accept({
    conversationId: event.conversationId,
    message: rule.text === undefined || rule.do === 'hide' ? {} : { text: rule.text },
    agent: null,
    topic: null,
    comment,
    parts: 1,
    by,
    idempotencyKey: event.id,
  })
}

/** Whether what the rule says of this event is under way or done. */
export async function wasFollowed(
  { replies }: { replies: Pick<Replies, 'get'> },
  event: CommentEvent,
): Promise<boolean> {
  const status = (await replies.get(keyedReplyId(by, event.id)))?.status
  // What is only queued may be in no lane: whoever took it may have died on the way.
  return status !== undefined && status !== 'queued'
}

function deed(commentId: string, rule: CommentRule): CommentAnswer | undefined {
  switch (rule.do) {
    case 'tag':
      return undefined
    case 'private':
      return {
        do: 'private',
        commentId,
        ...(rule.publicText === undefined ? {} : { publicText: rule.publicText }),
      }
    default:
      return { do: rule.do, commentId }
  }
}

/** For helpdesks that are told events. */
export function shownRule({ rule }: MetRule): NonNullable<CommentEvent['rule']> {
  return { do: rule.do, ...(rule.group === undefined ? {} : { group: rule.group }) }
}

/** What stands in the ticket. */
export function describeRule({ rule, word }: MetRule): string {
  const met = word === '*' ? 'By the rule on every comment' : `By the rule on ${quote(word)}`
  const done = deeds[rule.do]
  const lines = [
    ...(done === '' ? [] : [`${met} it ${done}${rule.text === undefined ? '.' : `: ${quote(rule.text)}`}`]),
    ...(rule.group === undefined
      ? []
      : [done === '' ? `${met} it is for: ${rule.group}` : `For: ${rule.group}`]),
  ]
  return lines.join('\n')
}

const deeds: Readonly<Record<CommentRule['do'], string>> = {
  public: 'is answered in public',
  private: 'is answered in private',
  hide: 'is hidden',
  tag: '',
}
