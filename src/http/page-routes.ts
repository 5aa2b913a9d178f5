import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Page } from '../domain/page.ts'
import type { PageStop, PageStops } from '../records/page-stops.ts'
import { remedies } from '../routing/park-page.ts'
import { HttpProblem } from './problems.ts'
import { problemResponses } from './schemas.ts'

export interface PageDeps {
  pages: ReadonlyMap<string, Page>
  stops: Pick<PageStops, 'all' | 'end' | 'parked'>
}

const pageView = z.object({
  id: z.string(),
  name: z.string(),
  channel: z.enum(['messenger', 'instagram']),
  helpdesk: z.string(),
  sending: z.enum(['running', 'stopped']).describe('Whether its replies leave.'),
  waiting: z.number().int().describe('Conversations whose replies wait until it can send again.'),
  stopped: z
    .object({
      reason: z.enum(['token', 'permission', 'restricted']),
      graph: z.string().describe("Graph's error: code/subcode."),
      since: z.iso.datetime(),
      nextTryAt: z.iso.datetime(),
      message: z.string().describe('What to do about it.'),
    })
    .nullable(),
})

const tags = ['Pages']
const pageParams = z.object({ id: z.string().max(100).meta({ example: '1234567890' }) })

/** Which Pages can send, why not, and how to let them run again. */
export const pageRoutes: FastifyPluginAsyncZod<PageDeps> = async (app, deps) => {
  app.get(
    '/v1/pages',
    {
      config: { scopes: ['pages:read', 'pages:write'] },
      schema: {
        operationId: 'listPages',
        summary: 'The Pages of the config, and whether their replies leave',
        tags,
        response: {
          200: z.object({ pages: z.array(pageView) }),
          ...problemResponses(401, 403, 429, 503),
        },
      },
    },
    async () => {
      const pages = [...deps.pages.values()]
      const [stops, waiting] = await Promise.all([
        deps.stops.all(),
        deps.stops.parked(pages.map((page) => page.id)),
      ])
      return { pages: pages.map((page, at) => viewOf(page, stops.get(page.id), waiting[at]!)) }
    },
  )

  app.post(
    '/v1/pages/:id/resume',
    {
      config: { scopes: ['pages:write'] },
      schema: {
        operationId: 'resumePage',
        summary: 'Let the replies of a Page leave again, once it is mended at Meta',
        description:
          'Within two seconds its waiting replies are tried. If Meta refuses again, it stops again.',
        tags,
        params: pageParams,
        response: { 200: pageView, ...problemResponses(401, 403, 404, 409, 429, 503) },
      },
    },
    async (request) => {
      const page = deps.pages.get(request.params.id)
      if (!page) throw new HttpProblem('NOT_FOUND', 'no Page of the config has this id')
      // The workers look every second, find that nothing stops it any more, and wake what was parked.
      await deps.stops.end(page.id)
      const [waiting] = await deps.stops.parked([page.id])
      return viewOf(page, undefined, waiting!)
    },
  )
}

function viewOf({ id, name, channel, helpdesk }: Page, stop: PageStop | undefined, waiting: number) {
  const sending = stop ? ('stopped' as const) : ('running' as const)
  const stopped = stop
    ? {
        reason: stop.reason,
        graph: stop.graph,
        since: new Date(stop.since).toISOString(),
        nextTryAt: new Date(stop.probeAt).toISOString(),
        message: `The Page cannot send: ${remedies[stop.reason]}.`,
      }
    : null
  return { id, name, channel, helpdesk, sending, waiting, stopped }
}
