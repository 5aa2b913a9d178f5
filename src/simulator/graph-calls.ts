import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { checkNode, type Access } from './access.ts'
import { isTaken, type Fault, type Faults, type Struck, type Surface } from './faults.ts'
import { graphErrorBody, GraphRefusal, type GraphError } from './graph-error.ts'
import type { Page } from './pages.ts'

/** What every call of Graph goes through: version, token and proof, usage headers, planned faults, refusals. */

export type GraphCallDeps = {
  access: Access
  faults: Faults
  closing: AbortSignal
  log: (line: string) => void
}

export type GraphCall = {
  request: FastifyRequest
  reply: FastifyReply
  page: Page
  /** The first part of the path below the version. */
  node: string
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export type GraphCalls = {
  /** A route whose token must be a Page's. `run` may answer with `finish`, and throws its refusals. */
  ofPage(surface: Surface, run: (call: GraphCall) => unknown): Handler
  /** The same, with the Page itself (or `me`) as the node, and nothing else to decide before a fault strikes. */
  onPage(surface: Surface, act: (call: GraphCall) => unknown): Handler
  /** A route whose token must be the app's. */
  ofApp(surface: Surface, act: (call: Omit<GraphCall, 'page'>) => unknown): Handler
  /** Does it and answers, unless a planned fault decides otherwise. */
  finish(
    call: Omit<GraphCall, 'page'> & { page?: Page },
    struck: Struck,
    act: () => unknown,
  ): Promise<unknown>
  /** An answer of Graph that is no. */
  refuse(reply: FastifyReply, error: GraphError, headers?: Readonly<Record<string, string>>): FastifyReply
}

export function createGraphCalls({ access, faults, closing, log }: GraphCallDeps): GraphCalls {
  async function finish(
    { reply, page }: Omit<GraphCall, 'page'> & { page?: Page },
    struck: Struck,
    act: () => unknown,
  ): Promise<unknown> {
    const fault = faults.next(struck)
    if (!fault) return act()
    page?.counts.struck()
    if (fault.delayMs !== undefined) await pause(fault.delayMs)
    const result = isTaken(fault) ? await act() : undefined
    return (await strike(fault, reply)) ? reply : result
  }

  /** True when the fault has answered (or cut) instead of us. */
  async function strike({ hangMs, cut, error, status }: Fault, reply: FastifyReply): Promise<boolean> {
    if (hangMs !== undefined) await pause(hangMs)
    if (cut !== undefined || closing.aborted) {
      reply.hijack()
      reply.raw.destroy()
      return true
    }
    if (error) void refuse(reply, error, {}, status)
    else if (status !== undefined)
      void reply.code(status).type('text/html').send('<h1>Sorry, something went wrong.</h1>')
    return error !== undefined || status !== undefined
  }

  async function pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: closing }).catch(() => undefined)
  }

  function guarded(run: (call: Omit<GraphCall, 'page'>, use: (page: Page) => void) => unknown): Handler {
    return async (request, reply) => {
      let page: Page | undefined
      const use = (known: Page) => {
        page = known
        if (known.usageHeaders) void reply.headers(known.usageHeaders)
      }
      try {
        return await run({ request, reply, node: readNode(request) }, use)
      } catch (error) {
        if (!(error instanceof GraphRefusal)) throw error
        page?.counts.refused(error.error)
        log(`refused: ${error.message}`)
        return refuse(reply, error.error, error.headers)
      }
    }
  }

  function ofPage(surface: Surface, run: (call: GraphCall) => unknown): Handler {
    return guarded((call, use) => {
      const page = access.page(call.request)
      use(page)
      page.counts.called(surface)
      return run({ ...call, page })
    })
  }

  return {
    finish,
    refuse,
    ofPage,
    onPage: (surface, act) =>
      ofPage(surface, (call) => {
        checkNode(call.node, call.page)
        return finish(call, { surface, pageId: call.page.id }, () => act(call))
      }),
    ofApp: (surface, act) =>
      guarded((call) => {
        access.app(call.request)
        return finish(call, { surface }, () => act(call))
      }),
  }
}

// Graph answers 400 to nearly everything, bad tokens included.
function refuse(
  reply: FastifyReply,
  error: GraphError,
  headers: Readonly<Record<string, string>> = {},
  status = 400,
): FastifyReply {
  return reply.headers(headers).code(status).send(graphErrorBody(error))
}

export function unknownPath({ url }: { url: string }): GraphRefusal {
  return new GraphRefusal({ message: `Unknown path components: ${url.split('?')[0]}`, code: 2500 })
}

function readNode(request: FastifyRequest): string {
  const { version, node = '' } = request.params as { version: string; node?: string }
  if (!/^v\d+\.\d+$/.test(version)) throw unknownPath(request)
  return node
}
