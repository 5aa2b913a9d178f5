import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ReplyRecord } from '../domain/reply.ts'
import type { Conversations } from '../records/conversations.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { Timeline, TimelineEntry } from '../records/timeline.ts'
import { HttpProblem } from './problems.ts'
import { conversationParams, problemResponses } from './schemas.ts'

export interface TimelineDeps {
  timeline: Pick<Timeline, 'page'>
  conversations: Pick<Conversations, 'get'>
  privateReplies: Pick<PrivateReplies, 'linkedTo'>
  reply: (id: string) => Promise<ReplyRecord | undefined>
}

const timelineQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many, of the newest.'),
  before: z
    .string()
    .max(600)
    .regex(/^[\w-]+$/, 'must be a cursor of an earlier answer')
    .optional()
    .describe('`before` of an answer, for what happened before it.'),
})

const timelineEntry = z.object({
  at: z.iso.datetime(),
  kind: z
    .string()
    .describe(
      'Of an event as in docs/events.md, or `reply`, `notification`, `receipt`, `private_reply`, `comment_hidden`, `comment_shown`, `ticket_opened`, `ticket_solved`, `ticket_closed`, `ticket_gone`, `ticket_reopened`.',
    ),
  by: z.enum(['customer', 'agent', 'bot', 'system']),
  name: z.string().optional().describe('Who it was, where that is known.'),
  text: z.string().optional().describe('The first 1000 characters of what was said, or what happened.'),
  removed: z.literal(true).optional().describe('It was taken back, and what it said is not kept.'),
  conversationId: z.string().describe('In which of the conversations that belong together.'),
  ticket: z.object({ helpdesk: z.string(), id: z.string() }).optional(),
  replyId: z.string().optional(),
  status: z
    .enum(['queued', 'sending', 'sent', 'delivered', 'read', 'failed'])
    .optional()
    .describe('What became of the reply, as long as that is kept.'),
})

const timelineView = z
  .object({
    entries: z.array(timelineEntry).describe('Oldest first.'),
    before: z.string().nullable().describe('Leads to what happened before; null when nothing did.'),
  })
  .meta({
    example: {
      entries: [
        {
          at: '2026-11-20T09:30:00.000Z',
          kind: 'message',
          by: 'customer',
          text: 'Is it there in blue?',
          conversationId: '1234567890:8765432109876543',
        },
        {
          at: '2026-11-20T09:30:00.000Z',
          kind: 'ticket_opened',
          by: 'system',
          conversationId: '1234567890:8765432109876543',
          ticket: { helpdesk: 'main', id: '4711' },
        },
        {
          at: '2026-11-20T09:41:07.000Z',
          kind: 'reply',
          by: 'agent',
          name: 'Grace',
          text: 'It is. Shall I put one aside?',
          conversationId: '1234567890:8765432109876543',
          replyId: 'rpl_Q2hhbmdlLW1lLW9yLW5vdA',
          status: 'read',
        },
      ],
      before: null,
    },
  })

/** The whole story of a customer: what was said and done, in whichever ticket, and what led to it in public. */
export const timelineRoutes: FastifyPluginAsyncZod<TimelineDeps> = async (app, deps) => {
  app.get(
    '/v1/conversations/:conversationId/timeline',
    {
      config: { scopes: ['conversations:read'] },
      schema: {
        operationId: 'getTimeline',
        summary: 'What happened with a customer, across tickets, comments, orders and notifications',
        description:
          'The newest page first, oldest first within it; the newest 500 entries of a conversation are kept. A thread of ' +
          'comments that went on in private, and the conversation that it went on in, are one story.',
        tags: ['Conversations'],
        params: conversationParams,
        querystring: timelineQuery,
        response: { 200: timelineView, ...problemResponses(401, 403, 404, 422, 429, 503) },
      },
    },
    async (request) => {
      const id = request.params.conversationId
      const linked = await deps.privateReplies.linkedTo(id)
      const [record, { entries, before }] = await Promise.all([
        deps.conversations.get(id),
        deps.timeline.page(linked === null ? [id] : [id, linked], request.query),
      ])
      if (record === undefined && entries.length === 0) {
        throw new HttpProblem('NOT_FOUND', 'nothing is known of this conversation')
      }
      return { entries: await Promise.all(entries.map((entry) => entryView(deps, entry))), before }
    },
  )
}

async function entryView({ reply }: TimelineDeps, entry: TimelineEntry) {
  const { at, kind, by, name, text, conversationId, ticket, replyId, removed } = entry
  const fate = replyId === undefined ? undefined : await reply(replyId)
  return {
    at: new Date(at).toISOString(),
    kind,
    by,
    ...(name === undefined ? {} : { name }),
    ...(text === undefined ? {} : { text }),
    ...(removed === undefined ? {} : { removed }),
    conversationId,
    ...(ticket === undefined ? {} : { ticket }),
    ...(replyId === undefined ? {} : { replyId }),
    ...(fate === undefined ? {} : { status: fate.status }),
  }
}
