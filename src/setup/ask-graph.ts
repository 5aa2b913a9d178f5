import type { z } from 'zod'
import type { GraphAnswer, GraphCall, GraphClient } from '../meta/graph-client.ts'

/** One call takes at most this long, ms. */
export const callTimeoutMs = 10_000

export interface Refusal {
  ok: false
  /** Graph's code and subcode; null when there was no usable answer. */
  code: number | null
  subcode: number | null
  /** Worth another try later, as it is. */
  passing: boolean
  /** How long Meta wants no calls, ms. */
  regainMs: number
  /** A sentence that says what happened, with the codes. */
  message: string
  /** What to do about it. */
  remedy: string
}

export type Asked<T> = { ok: true; body: T } | Refusal

/** Calls Graph with a deadline, and reads what came; never throws. */
export async function askGraph<T>(
  graph: Pick<GraphClient, 'call'>,
  call: GraphCall,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Asked<T>> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(callTimeoutMs)])
  const answer = await graph.call(call, deadline)
  if (answer.outcome !== 'ok') return refusalOf(answer)
  const read = schema.safeParse(answer.body)
  if (read.success) return { ok: true, body: read.data }
  return {
    ok: false,
    code: null,
    subcode: null,
    passing: false,
    regainMs: 0,
    message: 'Graph answered in a shape that this version does not know.',
    remedy: 'Is meta.graphUrl Graph, and meta.graphVersion one that Meta still serves?',
  }
}

function refusalOf(answer: Exclude<GraphAnswer, { outcome: 'ok' }>): Refusal {
  if (answer.outcome === 'none') {
    return {
      ok: false,
      code: null,
      subcode: null,
      passing: true,
      regainMs: 0,
      message: `Graph did not answer${answer.code === 'NO_ANSWER' ? '' : ` (${answer.code})`}.`,
      remedy:
        'Can this machine reach meta.graphUrl? Look at DNS, the firewall and the proxy, then try again.',
    }
  }
  const { code, subcode, isTransient, usage } = answer
  return {
    ok: false,
    code,
    subcode,
    passing: isTransient || passingCodes.has(code),
    regainMs: usage?.regainMs ?? 0,
    message: `Graph refused (code ${code}${subcode === null ? '' : `, subcode ${subcode}`}).`,
    remedy: remedyFor(code, subcode),
  }
}

/** Outages and limits. What nobody knows is not tried again here: somebody reads what is printed. */
const passingCodes: ReadonlySet<number> = new Set([1, 2, 4, 17, 32, 341, 613, 80001, 80002, 80006])

const tokenRemedy =
  'Make a new Page access token from a long-lived user token (it then has no end), and put it into the config.'

const remedies: Readonly<Record<string, string>> = {
  '10/1893063': 'Meta has restricted this Page for a time: look at Page Quality in the Meta Business Suite.',
  '10/2534077': 'The Instagram account is no longer linked to its Page: link it again in the Page settings.',
  '100/2534013': 'The Instagram account is not linked to this Page: link it in the Page settings.',
  '200/2534041':
    'Allow access to messages in the Instagram app, under the account’s settings for messages and connected tools.',
  '2200': 'Meta could not verify the callback URL: is the service up, and reachable from outside under it?',
}

/** By code only: Graph's own words are localised. */
function remedyFor(code: number, subcode: number | null): string {
  const exact = remedies[`${code}/${subcode}`] ?? remedies[String(code)]
  if (exact !== undefined) return exact
  if (code === 102 || code === 190) return tokenRemedy
  if (code === 368 || code === 2022) {
    return 'Meta has blocked this for a policy violation: look at Page Quality in the Meta Business Suite, and wait.'
  }
  if (code === 3 || code === 10 || (code >= 200 && code <= 299)) {
    return 'The token lacks a permission for this: grant it to the app, and make a new Page access token.'
  }
  if (passingCodes.has(code)) {
    return 'This passes: wait a few minutes and try again.'
  }
  return 'See Meta’s list of error codes for what it means.'
}

/** Codes by which Meta says that a whole Page or account may not send. */
export function isRestriction({ code, subcode }: Refusal): boolean {
  return code === 368 || code === 2022 || (code === 10 && subcode === 1893063)
}
