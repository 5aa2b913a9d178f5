import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { addressOf } from './address-of.ts'
import type { Random } from '../chaos/random.ts'
import { readReplyMetadata } from '../../src/domain/reply-metadata.ts'
import type { Targets } from './targets.ts'
import type { Wire } from './wire.ts'

/** Stands between the worker and Graph, and holds a send before Graph takes it or before its answer comes back. */
export interface GraphGate {
  url: string
  close(): void
}

/** How long a send is on its way at most, ms: so that there is always something on its way when a worker dies. */
const slowMs = 40

export async function graphGate(deps: {
  graphUrl: string
  wire: Wire
  targets: Targets
  random: Random
}): Promise<GraphGate> {
  const { wire, targets, random } = deps

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const { replyId, part = 0 } = messageOf(request, body) ?? {}
    if (replyId === undefined) return answer(response, await forward(request, body))
    wire.note('requested', replyId, part)
    // Held for good: the answer comes when the worker is dead, to nobody.
    if (targets.holds('written', replyId, part)) return
    await wait(random.int(0, slowMs))
    // What was written arrives, whether or not its writer lives.
    const answered = await forward(request, body)
    wire.note(answered.ok ? 'taken' : 'refused', replyId, part)
    if (answered.ok && targets.holds('answer lost', replyId, part)) return
    if (response.destroyed) return
    // Before it is written: what the worker does with it comes after.
    if (answered.ok) wire.note('answered', replyId, part)
    await answer(response, answered)
  }

  async function forward(request: IncomingMessage, body: Buffer): Promise<Response> {
    const { authorization = '', 'content-type': type } = request.headers
    return fetch(`${deps.graphUrl}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization, ...(type === undefined ? {} : { 'content-type': type }) },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    })
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${addressOf(server)}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(response: ServerResponse, answered: Response): Promise<void> {
  const bytes = Buffer.from(await answered.arrayBuffer())
  const type = answered.headers.get('content-type') ?? 'application/json'
  response.writeHead(answered.status, { 'content-type': type }).end(bytes)
}

/** Which part of which reply it is; undefined for what is no message of ours. */
function messageOf(request: IncomingMessage, body: Buffer): { replyId: string; part: number } | undefined {
  if (request.method !== 'POST' || !/\/messages(\?|$)/.test(request.url ?? '')) return undefined
  const { message } = JSON.parse(body.toString()) as { message?: { metadata?: string } }
  return readReplyMetadata(message?.metadata)
}
