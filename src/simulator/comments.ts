import { z } from 'zod'
import type { CommentFacts } from './other-events.ts'
import { feedChange, instagramComment } from './other-events.ts'
import type { Outbox } from './outbox.ts'
import type { Page, Pages } from './pages.ts'
import { createRing } from './ring.ts'
import { newId } from './uploads.ts'
import { NOT_SUBSCRIBED, type WebhookAnswer } from './webhook-client.ts'

/** Comments under posts of a Page, and posts of visitors: what a private reply can answer. */

export const commentedSchema = z.strictObject({
  pageId: z.string().min(1),
  message: z.string(),
  from: z.strictObject({ id: z.string().min(1), name: z.string().default('Somebody') }),
  /** Made up when absent, as are the others. */
  postId: z.string().min(1).optional(),
  commentId: z.string().min(1).optional(),
  /** The comment that this one answers. */
  parentId: z.string().min(1).optional(),
  /** A visitor's post instead of a comment. */
  post: z.boolean().default(false),
  /** ms; now when absent. */
  createdAt: z.number().optional(),
})

export type Commented = z.input<typeof commentedSchema>

export type Comment = CommentFacts & {
  pageId: string
  hidden: boolean
  /** Had its one private reply. */
  answered: boolean
}

export type Comments = {
  /** Somebody writes one; resolves with what the webhook answered. */
  write(page: Page, commented: z.output<typeof commentedSchema>): Promise<WrittenComment>
  /** The Page answers in public; the webhook is told of it as of any other. */
  answer(page: Page, comment: Comment, message: string): Comment
  get(page: Page, id: string): Comment | undefined
  /** Oldest first, of one Page or of all. */
  list(pageId?: string): Comment[]
}

export type WrittenComment = { commentId: string; postId: string; webhook: WebhookAnswer }

export function createComments(deps: {
  pages: Pages
  outbox: Outbox
  keep: number
  now: () => number
}): Comments {
  const { pages, outbox, now } = deps
  const byId = new Map<string, Comment>()
  const newest = createRing<Comment>(deps.keep)

  function add(comment: Comment): Comment {
    const gone = newest.push(comment)
    if (gone && byId.get(gone.id) === gone) byId.delete(gone.id)
    byId.set(comment.id, comment)
    return comment
  }

  async function tell(page: Page, comment: Comment): Promise<WebhookAnswer> {
    const isInstagram = page.channel === 'instagram'
    if (!pages.isSubscribed(page, isInstagram ? 'comments' : 'feed')) return NOT_SUBSCRIBED
    return outbox.tell({
      object: isInstagram ? 'instagram' : 'page',
      pageId: page.id,
      about: comment.postId,
      kind: 'changes',
      event: isInstagram ? instagramComment(comment) : feedChange(comment, 'add'),
    })
  }

  return {
    async write(page, { message, from, post, parentId, createdAt = now(), ...ids }) {
      const postId = ids.postId ?? (page.channel === 'instagram' ? newId() : `${page.id}_${newId()}`)
      const ownId = page.channel === 'instagram' ? newId() : `${postId.split('_').at(-1)}_${newId()}`
      const id = post ? postId : (ids.commentId ?? ownId)
      const facts = { id, postId, parentId, from, message, createdAt }
      const comment = add({ ...facts, pageId: page.id, hidden: false, answered: false })
      return { commentId: id, postId, webhook: await tell(page, comment) }
    },

    answer(page, comment, message) {
      const id = page.channel === 'instagram' ? newId() : `${comment.postId.split('_').at(-1)}_${newId()}`
      const from = { id: page.id, name: page.name }
      const facts = { id, postId: comment.postId, parentId: comment.id, from, message, createdAt: now() }
      const answer = add({ ...facts, pageId: page.id, hidden: false, answered: false })
      void tell(page, answer)
      return answer
    },

    get(page, id) {
      const comment = byId.get(id)
      return comment?.pageId === page.id ? comment : undefined
    },
    list: (pageId) => newest.values().filter((one) => (pageId ?? one.pageId) === one.pageId),
  }
}
