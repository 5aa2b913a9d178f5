import type { Send } from './check-send.ts'
import type { Comment, Comments } from './comments.ts'
import { badParameter, refusal } from './graph-error.ts'
import type { Page } from './pages.ts'
import type { People, Person } from './people.ts'
import type { Threads } from './threads.ts'

/** May the Page write to this person now? Windows, tags, blocks, threads, and the one private reply. */

const DAY_MS = 86_400_000

export type Recipient = { person: Person; comment: Comment | undefined }

export type PermitDeps = {
  people: People
  comments: Comments
  threads: Threads
  /** false: everybody counts as having just written, unless a test says otherwise. */
  windows: boolean
  now: () => number
}

/** Who gets it. Throws when the recipient is nobody. */
export function findRecipient(deps: PermitDeps, page: Page, { recipient }: Send): Recipient {
  const { people, comments, windows } = deps
  const about = recipient.comment_id ?? recipient.post_id
  if (about !== undefined) {
    const comment = comments.get(page, about)
    const isPost = comment?.id === comment?.postId
    if (!comment || comment.from.id === page.id || isPost !== (recipient.post_id !== undefined)) {
      throw badParameter(
        'no comment or post that can be answered',
        page.channel === 'instagram' ? 2534025 : 2018292,
      )
    }
    return { person: people.meet(page, comment.from.id), comment }
  }
  const psid = recipient.id ?? `user_ref:${recipient.user_ref}`
  if (recipient.user_ref !== undefined && windows && !people.get(page, psid)) throw noMatchingUser(page)
  return { person: people.meet(page, psid), comment: undefined }
}

/** Throws when the Page may not send this to anybody, or not to this person, or not now. */
export function permitSend(deps: PermitDeps, page: Page, send: Send, to: Recipient): void {
  const { person, comment } = to
  if (person.blocked) throw refusal(551, 1545041, "This person isn't available right now")
  if (comment) {
    permitPrivateReply(deps, page, comment)
    return
  }
  if (person.stopped) throw refusal(10, 1893015, 'This person stopped the notifications of the Page')
  deps.threads.checkSend(page, person)
  if (send.thread_control && !deps.threads.isRouted()) {
    throw badParameter('thread_control: there is no conversation routing here')
  }
  permitWindow(deps, page, person, send)
}

/** Code 10 when the Page may send nothing at all. */
export function permitPage(page: Page): void {
  if (page.restricted) throw refusal(10, 1893063, 'This Page is temporarily restricted')
  if (page.missingPermission !== null) {
    throw refusal(page.missingPermission, undefined, 'The app has no permission for this action')
  }
}

function permitWindow({ windows, now }: PermitDeps, page: Page, person: Person, send: Send): void {
  const { tag, messaging_type, reply_to } = send
  if (tag === 'HUMAN_AGENT' && !page.humanAgent) {
    throw refusal(10, undefined, 'The app has no feature Human Agent')
  }
  const wroteAt = person.lastWroteAt
  if (wroteAt === undefined && !windows) return
  if (wroteAt === undefined || wroteAt === null) throw outsideWindow(page)
  const age = now() - wroteAt
  if (age < DAY_MS) return
  // To answer one message in particular, the person must have written within the day, whatever the tag.
  if (reply_to === undefined) {
    // Its template was looked at before: it exists and is approved.
    if (messaging_type === 'UTILITY') return
    if (tag !== undefined && age < 7 * DAY_MS) return
  }
  throw outsideWindow(page)
}

/** Once for each comment or post, within seven days. */
function permitPrivateReply({ now }: PermitDeps, page: Page, comment: Comment): void {
  // What Meta says to the second one is in none of its tables; this is the code next to it.
  if (comment.answered) throw refusal(10_902, undefined, 'This was answered in private already')
  if (now() - comment.createdAt >= 7 * DAY_MS) throw outsideWindow(page)
}

function outsideWindow({ channel }: Page) {
  return refusal(
    10,
    channel === 'instagram' ? 2534022 : 2018278,
    'This message is sent outside of allowed window',
  )
}

function noMatchingUser({ channel }: Page) {
  return badParameter('No matching user found', channel === 'instagram' ? 2534014 : 2018001)
}
