import { z } from 'zod'
import type { Page } from '../domain/page.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphAnswer, GraphCall, GraphClient } from '../meta/graph-client.ts'
import { classifyGraphError } from '../meta/graph-errors.ts'
import { inboxOf } from '../meta/events/meta-inboxes.ts'
import { remedies } from './park-page.ts'

/** What can be done about who has a conversation, by Meta's Conversation Routing. */
export type ThreadAction =
  /** `target` is an app id, or `inbox` for Meta's own inbox of the Page's channel. */
  | { action: 'pass'; target: string; metadata?: string | undefined }
  | { action: 'release' }
  | { action: 'request' | 'take'; metadata?: string | undefined }
  | { action: 'extend'; seconds: number }

/** Of a failure: whether the same may work later, and a sentence that says what to do. */
export type ThreadAnswer<T> = { ok: true; value: T } | { ok: false; retry: boolean; message: string }

export interface ThreadOwner {
  /** Null when Meta does not say: it tells only the owner and the default app. */
  appId: string | null
  /** ms since the epoch. */
  expiresAt: number | null
}

export interface ThreadDeps {
  graph: Pick<GraphClient, 'call'>
}

/** For all calls of one request, ms: whoever asks, waits. */
const timeoutMs = 4000

/**
 * Asks Meta at once. Safe to repeat: a pass or release that Meta refuses because it was done already counts as done.
 * Never throws.
 */
export async function changeThread(
  { graph }: ThreadDeps,
  page: Page,
  psid: string,
  wanted: ThreadAction,
): Promise<ThreadAnswer<null>> {
  const signal = AbortSignal.timeout(timeoutMs)
  const answer = await graph.call(callOf(page, psid, wanted), signal)
  if (answer.outcome === 'ok') {
    if (!isDenied(answer.body)) return { ok: true, value: null }
    return { ok: false, retry: false, message: `Meta did not ${wanted.action} the conversation` }
  }
  if (isNotOurs(answer) && (wanted.action === 'pass' || wanted.action === 'release')) {
    const now = await askOwner(graph, page, psid, signal)
    if (now.ok && isDone(page, wanted, now.value)) return { ok: true, value: null }
  }
  return failed(answer, wanted.action)
}

/** Who has the conversation; null when nobody does. */
export function threadOwner({ graph }: ThreadDeps, page: Page, psid: string) {
  return askOwner(graph, page, psid, AbortSignal.timeout(timeoutMs))
}

function callOf(page: Page, psid: string, wanted: ThreadAction): GraphCall {
  const { action } = wanted
  const recipient = { id: psid }
  const metadata = 'metadata' in wanted && wanted.metadata !== undefined ? { metadata: wanted.metadata } : {}
  const more =
    action === 'pass'
      ? { target_app_id: targetOf(page, wanted.target) }
      : action === 'extend'
        ? { duration: wanted.seconds }
        : {}
  return {
    method: 'POST',
    path: pathOf(page.id, `${action}_thread_control`),
    accessToken: page.accessToken,
    body: { recipient, ...more, ...metadata },
  }
}

function targetOf({ channel }: Page, target: string): string {
  return target === 'inbox' ? inboxOf(channel) : target
}

const deniedBody = z.object({ success: z.literal(false) })

function isDenied(body: unknown): boolean {
  return deniedBody.safeParse(body).success
}

function isNotOurs(answer: GraphAnswer): boolean {
  if (answer.outcome !== 'error') return false
  return classifyGraphError(answer.code, answer.subcode, answer.isTransient).verdict === 'thread'
}

function isDone(
  page: Page,
  wanted: Extract<ThreadAction, { action: 'pass' | 'release' }>,
  owner: ThreadOwner | null,
): boolean {
  if (wanted.action === 'release') return owner === null
  return owner?.appId === targetOf(page, wanted.target)
}

const ownerBody = z.object({
  data: z.array(
    z.object({
      thread_owner: z.object({
        app_id: z.union([z.string(), z.number()]).transform(String).nullish(),
        expiration: z.coerce.number().nullish(),
      }),
    }),
  ),
})

async function askOwner(
  graph: ThreadDeps['graph'],
  page: Page,
  psid: string,
  signal: AbortSignal,
): Promise<ThreadAnswer<ThreadOwner | null>> {
  const path = pathOf(page.id, 'thread_owner')
  const { accessToken } = page
  const answer = await graph.call({ method: 'GET', path, accessToken, query: { recipient: psid } }, signal)
  if (answer.outcome !== 'ok') return failed(answer, 'tell the owner')
  const read = ownerBody.safeParse(answer.body)
  if (!read.success) return { ok: false, retry: true, message: 'Meta named the owner in an unknown way' }
  const owner = read.data.data[0]?.thread_owner
  if (!owner) return { ok: true, value: null }
  const { app_id: appId = null, expiration } = owner
  return { ok: true, value: { appId, expiresAt: expiration ? expiration * 1000 : null } }
}

type What = ThreadAction['action'] | 'tell the owner'

function failed(answer: Exclude<GraphAnswer, { outcome: 'ok' }>, what: What) {
  if (answer.outcome === 'none') {
    const message =
      answer.arrived === 'no'
        ? 'Meta was not reached; try again'
        : 'Meta gave no answer, so nobody knows whether it was done; do it again, which does no harm'
    return { ok: false, retry: true, message } as const
  }
  const { code, subcode, isTransient } = answer
  const known = classifyGraphError(code, subcode, isTransient)
  const retry = known.verdict === 'retry' || known.verdict === 'unsure'
  const message = `Meta refused it with ${code}/${subcode ?? '-'}: ${adviceFor(known, what)}`
  return { ok: false, retry, message } as const
}

function adviceFor({ verdict, stop }: ReturnType<typeof classifyGraphError>, what: What): string {
  if (what === 'take' && stop === 'permission') {
    return (
      "only the Page's default app, and apps that its conversation routing allows, may take conversations; allow it in " +
      'the settings of the Page, request the conversation instead, or give the token pages_messaging'
    )
  }
  switch (verdict) {
    case 'thread':
      return 'another app or person has the conversation; take or request it first, or wait until it is released'
    case 'page':
      return remedies[stop ?? 'permission']
    case 'retry':
    case 'unsure':
      return 'try again later'
    case 'refused':
      return 'look at the target and at whether the Page routes conversations; as it is, it will not be taken'
  }
}
