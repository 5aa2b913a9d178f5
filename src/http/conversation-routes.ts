import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import { laneName } from '../lanes/keys.ts'
import type { LaneStatus, LaneStatuses } from '../lanes/lane-status.ts'
import type { Conversations } from '../records/conversations.ts'
import type { People } from '../records/people.ts'
import type { PrivateReplies } from '../records/private-replies.ts'
import type { RouteMemories } from '../records/route-memories.ts'
import { HttpProblem } from './problems.ts'
import { conversationParams, conversationView, problemResponses } from './schemas.ts'

export interface ConversationDeps {
  pages: ReadonlyMap<string, Page>
  conversations: Pick<Conversations, 'get'>
  laneStatuses: Pick<LaneStatuses, 'of'>
  people: Pick<People, 'customer'>
  privateReplies: Pick<PrivateReplies, 'linkedTo'>
  routeMemories: Pick<RouteMemories, 'of'>
}

/** What is known of a conversation, and what waits in its lanes and why. */
export const conversationRoutes: FastifyPluginAsyncZod<ConversationDeps> = async (app, deps) => {
  app.get(
    '/v1/conversations/:conversationId',
    {
      config: { scopes: ['conversations:read'] },
      schema: {
        operationId: 'getConversation',
        summary: 'A conversation and what waits in it',
        tags: ['Conversations'],
        params: conversationParams,
        response: { 200: conversationView, ...problemResponses(401, 403, 404, 429, 503) },
      },
    },
    async (request) => {
      const id = request.params.conversationId
      const parsed = parseConversationId(id)
      const page = deps.pages.get(parsed?.pageId ?? '')
      const [record, customer, linkedConversationId, [memory], inbound, outbound] = await Promise.all([
        deps.conversations.get(id),
        deps.people.customer(id),
        deps.privateReplies.linkedTo(id),
        deps.routeMemories.of([id]),
        deps.laneStatuses.of(laneName('in', id)),
        deps.laneStatuses.of(laneName('out', id)),
      ])
      const isKnown = record !== undefined || inbound.waiting + outbound.waiting > 0
      if (!parsed || !page || !isKnown) {
        throw new HttpProblem(
          'NOT_FOUND',
          'nothing was received for this conversation, or its Page is not in the config',
        )
      }
      const others = memory?.been.filter((name) => name !== page.helpdesk) ?? []
      const routed = others.map(async (helpdesk) => ({
        helpdesk,
        ...laneView(await deps.laneStatuses.of(laneName('in', id, helpdesk))),
      }))
      return {
        id,
        pageId: page.id,
        pageName: page.name,
        psid: parsed.psid,
        customer: customer ?? null,
        channel: page.channel,
        helpdesk: page.helpdesk,
        lastEventAt: iso(record?.lastEventAt),
        lastCustomerAt: iso(record?.lastCustomerAt),
        linkedConversationId,
        lanes: { in: laneView(inbound), out: laneView(outbound), routed: await Promise.all(routed) },
      }
    },
  )
}

function laneView(status: LaneStatus) {
  return { ...status, oldestSince: iso(status.oldestSince), notBefore: iso(status.notBefore) }
}

function iso(ms: number | null | undefined): string | null {
  return ms == null ? null : new Date(ms).toISOString()
}
