import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Comment, Comments } from './comments.ts'
import { badParameter, noSuchObject, readShape } from './graph-error.ts'
import type { GraphCall, GraphCalls } from './graph-calls.ts'
import { readParams } from './read-form.ts'

/** Comments in public: answer them, hide them. */

const answerSchema = z.strictObject({ message: z.string().min(1) })
const yes = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
const hideSchema = z.strictObject({ is_hidden: yes })
const instagramHideSchema = z.strictObject({ hide: yes })

export async function commentRoutes(
  app: FastifyInstance,
  deps: { calls: GraphCalls; comments: Comments },
): Promise<void> {
  const { calls, comments } = deps

  function onComment(act: (call: GraphCall, comment: Comment) => unknown) {
    return calls.ofPage('comments', (call) => {
      const { page, node } = call
      const comment = comments.get(page, node)
      if (!comment) throw noSuchObject(node)
      return calls.finish(call, { surface: 'comments', pageId: page.id, psid: comment.from.id }, () =>
        act(call, comment),
      )
    })
  }

  app.post(
    '/:version/:node/comments',
    onComment(({ page, request, node }, comment) => {
      if (page.channel === 'instagram') throw noSuchObject(`${node}/comments`)
      const { message } = readShape(answerSchema, readParams(request))
      return { id: comments.answer(page, comment, message).id }
    }),
  )

  app.post(
    '/:version/:node/replies',
    onComment(({ page, request, node }, comment) => {
      if (page.channel !== 'instagram') throw noSuchObject(`${node}/replies`)
      if (comment.parentId !== undefined) throw badParameter('only top-level comments can be answered')
      const { message } = readShape(answerSchema, readParams(request))
      return { id: comments.answer(page, comment, message).id }
    }),
  )

  app.post(
    '/:version/:node',
    onComment(({ page, request }, comment) => {
      const params = readParams(request)
      comment.hidden =
        page.channel === 'instagram'
          ? readShape(instagramHideSchema, params).hide
          : readShape(hideSchema, params).is_hidden
      return { success: true }
    }),
  )
}
