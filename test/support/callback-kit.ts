import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { fastify } from 'fastify'
import type { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'
import type { Page } from '../../src/domain/page.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import type { HelpdeskCallback, HelpdeskEvent, HelpdeskFile } from '../../src/helpdesk/callback.ts'
import { callbackRoutes } from '../../src/http/callback-routes.ts'
import { handleErrors } from '../../src/http/error-handler.ts'
import { fileRoutes } from '../../src/http/file-routes.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { ingestConnection, isReadyWithin, isStoreError } from '../../src/queue/connections.ts'
import { comments } from '../../src/records/comments.ts'
import { conversations } from '../../src/records/conversations.ts'
import { ownWrites } from '../../src/records/own-writes.ts'
import { pollCursors } from '../../src/records/poll-cursors.ts'
import { replies } from '../../src/records/replies.ts'
import { unclaimedEvents } from '../../src/records/unclaimed-events.ts'
import { uploads } from '../../src/records/uploads.ts'
import { acceptCallback, claimEvents } from '../../src/routing/accept-callback.ts'
import type { AcceptCallbackDeps } from '../../src/routing/accept-callback.ts'
import { acceptReply } from '../../src/routing/accept-reply.ts'
import type { ReplyRequest } from '../../src/routing/accept-reply.ts'
import { agentFileLinks } from '../../src/routing/agent-file-links.ts'
import type { AgentReply } from '../../src/routing/agent-reply.ts'
import { vendors } from './callback-proofs.ts'
import { laneKit, memoryLog, noTrace } from './lane-kit.ts'
import { page } from './lane-replies.ts'

export const helpdeskSecret = 'secret-of-the-helpdesk-0123456789ab'
export const person = '1:2400000000000001'
export const publicUrl = 'https://bridge.example'

/** What an agent writes in ticket 7, the person's. */
export function agentReply(message: string, more: Partial<AgentReply> = {}): AgentReply {
  const said = { ticket: '7', message, at: 1, text: `text of ${message}`, files: [] }
  return { kind: 'reply', ...said, agent: { name: 'Kim' }, ...more }
}

/** A helpdesk that sends our own events as JSON, and an answer that says what they became. */
function plainCallback(scheme: HelpdeskCallback['scheme']): HelpdeskCallback {
  return {
    scheme,
    secrets: [helpdeskSecret],
    parse({ body }) {
      if (!Array.isArray(body)) throw new CallbackFault('the body must be a list of events')
      return body as HelpdeskEvent[]
    },
    answer: (_callback, ids) => ({ body: { ids } }),
  }
}

/** The records and lanes of one test, and what takes callbacks into them. */
export function callbackStore(redis: Redis, prefix = `t${randomUUID().slice(0, 8)}`, withUrl = true) {
  const kit = laneKit(redis, { prefix })
  const keep = { prefix, conversationMs: 600_000, replyMs: 600_000, windowOpening }
  const records = {
    conversations: conversations(redis, keep),
    comments: comments(redis, keep),
    ownWrites: ownWrites(redis, keep),
    pollCursors: pollCursors(redis, keep),
    unclaimed: unclaimedEvents(redis, keep),
    replies: replies(redis, keep),
    uploads: uploads(redis, keep),
  }
  const pages = new Map<string, Page>([['1', page]])
  const counted: string[] = []
  const links = withUrl ? agentFileLinks({ publicUrl, secrets: ['s'] }) : undefined
  const accept = acceptReply({ ...records, lanes: kit.lanes, ring: () => Promise.resolve(), trace: noTrace })
  const deps = (own: (request: ReplyRequest) => ReturnType<typeof accept>): AcceptCallbackDeps => ({
    ...records,
    pages,
    accept: own,
    links,
    linkMs: 60_000,
    onEvent: (_helpdesk, result) => counted.push(result),
    trace: noTrace,
    now: Date.now,
  })
  const taking = (own = accept, more: Partial<AcceptCallbackDeps> = {}) =>
    acceptCallback({ ...deps(own), ...more })
  return {
    ...records,
    kit,
    prefix,
    pages,
    links,
    counted,
    accept,
    taking,
    acceptCallback: taking(),
    claimEvents: claimEvents(deps(accept)),
    /** The replies that wait in a conversation's lane. */
    async waiting(conversation = person): Promise<Reply[]> {
      return (await kit.payloads(`out:${conversation}`)).map((text) => JSON.parse(text) as Reply)
    },
  }
}

/** The routes of helpdesks, served over HTTP with a Redis connection of their own. They end with the test. */
export async function startCallbacks(
  redisUrl: string,
  settings: { prefix?: string; badSignaturesPerMinute?: number; notDurable?: () => string | undefined } = {},
) {
  const connection = ingestConnection(redisUrl)
  connection.on('error', () => {})
  await isReadyWithin(connection, 5000)
  const store = callbackStore(connection, settings.prefix)
  const results: string[] = []
  const log = memoryLog()
  const files = new Map<string, () => Promise<HelpdeskFile>>()
  const app = fastify({ forceCloseConnections: true })
  handleErrors(app, { log, isStoreError })
  const deps = {
    callbacks: new Map([
      ['desk', plainCallback('chatwoot')],
      ['open', plainCallback('path')],
      ['keyed', plainCallback('sunshine')],
    ]),
    acceptCallback: store.acceptCallback,
    badSignaturesPerMinute: settings.badSignaturesPerMinute ?? 1000,
    notDurable: settings.notDurable ?? (() => undefined),
    onCallback: (helpdesk: string, result: string) => void results.push(`${helpdesk} ${result}`),
    fileLinks: store.links,
    agentFile: (_helpdesk: string, ref: string) => files.get(ref)?.(),
    log,
    now: Date.now,
  }
  await app.register((scope) => callbackRoutes(scope, deps))
  await app.register((scope) => fileRoutes(scope, deps))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    await app.close()
    connection.disconnect()
  })

  function post(
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${url}${path}`, { method: 'POST', body: Buffer.from(body), headers })
  }

  return {
    ...store,
    url,
    results,
    log,
    files,
    post,
    /** Signed as the vendor does. */
    tell(events: unknown): Promise<Response> {
      const body = Buffer.from(JSON.stringify(events))
      const { headers } = vendors.chatwoot(body, helpdeskSecret, Date.now())
      return post('/callbacks/desk', body, headers as Record<string, string>)
    },
  }
}

export function fileOf(
  bytes: Buffer | string,
  more: Partial<HelpdeskFile> = {},
): () => Promise<HelpdeskFile> {
  return () =>
    Promise.resolve({
      body: Readable.from([Buffer.from(bytes)]),
      contentType: 'image/png',
      size: null,
      ...more,
    })
}
