import type { FailureCode } from '../domain/reply.ts'

/**
 * What a Graph error means for the reply that met it.
 * `retry` later as it is · `refused` never as it is · `page` the whole Page cannot send until someone mends it ·
 * `thread` another app holds the thread · `unsure` the message may have been sent.
 */
export type GraphVerdict = 'retry' | 'refused' | 'page' | 'thread' | 'unsure'

/** `token`: dead, a new one mends it · `permission`: missing or switched off · `restricted`: Meta wants it silent. */
export type GraphStop = 'token' | 'permission' | 'restricted'

export interface GraphErrorClass {
  verdict: GraphVerdict
  /** The code that the agent sees when this ends the reply. */
  failure: FailureCode
  /** False when neither the code with its subcode nor its range is in the table: to be counted, and looked up. */
  known: boolean
  /** On every `page`, and only there: each is tried again in another way. */
  stop?: GraphStop
  /** On a `retry` that is a limit of the whole Page: every further call prolongs it. */
  throttle?: true
  /** On a `retry` that is worth one more try; when that fails too, `failure` ends it. */
  retryOnce?: true
}

type Row = Omit<GraphErrorClass, 'known'>

const retry: Row = { verdict: 'retry', failure: 'GAVE_UP' }
const retryOnce: Row = { verdict: 'retry', failure: 'MESSAGE_REFUSED', retryOnce: true }
const throttled: Row = { verdict: 'retry', failure: 'GAVE_UP', throttle: true }
const refused: Row = { verdict: 'refused', failure: 'MESSAGE_REFUSED' }
const windowClosed: Row = { verdict: 'refused', failure: 'WINDOW_CLOSED' }
const consent: Row = { verdict: 'refused', failure: 'CONSENT_MISSING' }
const person: Row = { verdict: 'refused', failure: 'PERSON_UNAVAILABLE' }
const token: Row = { verdict: 'page', failure: 'PAGE_STOPPED', stop: 'token' }
const permission: Row = { verdict: 'page', failure: 'PAGE_STOPPED', stop: 'permission' }
const restricted: Row = { verdict: 'page', failure: 'PAGE_STOPPED', stop: 'restricted' }
const thread: Row = { verdict: 'thread', failure: 'THREAD_NOT_OURS' }
const unsure: Row = { verdict: 'unsure', failure: 'GAVE_UP' }

/**
 * `code`, `code/subcode`, or a subcode that means the same under every code; never words, for they are localised.
 * Source: Meta's error code pages as of 2026-06-25; where they conflict, the row that sends less wins.
 */
const table: Readonly<Record<string, Row>> = {
  // An outage, or a missing permission that nothing tells apart from one.
  '1': retry,
  '1/99': retry,
  '1/1357046': unsure,
  '1/2018382': refused,
  '2': retry,
  // Sounds transient and is not: somebody has to accept the Page Contact terms.
  '2/2018344': permission,
  '3': permission,
  '4': throttled,
  '4/2018354': refused,
  '9/2018352': refused,
  '10': permission,
  '10/1404170': consent,
  '10/1893015': consent,
  '10/1893063': restricted,
  '10/2018065': windowClosed,
  '10/2018108': person,
  '10/2018278': windowClosed,
  '10/2018336': consent,
  '10/2534022': windowClosed,
  '10/2534077': permission,
  '17': throttled,
  '32': throttled,
  '100': refused,
  '100/33': refused,
  '100/2018001': person,
  '100/2018008': retryOnce,
  '100/2018014': refused,
  '100/2018047': refused,
  '100/2018074': refused,
  '100/2018109': refused,
  '100/2018164': refused,
  '100/2018292': refused,
  '100/2018294': retryOnce,
  '100/2018320': refused,
  '100/2018328': refused,
  // The Page is not linked to its Instagram account: no message would pass.
  '100/2534013': permission,
  '100/2534014': person,
  '100/2534015': refused,
  '100/2534025': refused,
  '100/2534029': restricted,
  '100/2534037': thread,
  '102': token,
  '190': token,
  '190/458': token,
  '190/459': token,
  '190/460': token,
  '190/463': token,
  '190/467': token,
  // Some of Meta's pages say that the window is closed; sending less is right under both.
  '200/1545041': person,
  '200/2018021': permission,
  '200/2018027': permission,
  '200/2018028': permission,
  '200/2534041': permission,
  '341': throttled,
  '368': restricted,
  '506': refused,
  '551': person,
  '551/1545041': person,
  '613': throttled,
  '613/1996': throttled,
  '613/1893016': refused,
  '613/2018338': throttled,
  '613/2534040': throttled,
  '1200': retry,
  '2022': restricted,
  '10303': refused,
  '10902': refused,
  '36103': refused,
  '80001': throttled,
  '80002': throttled,
  '80006': throttled,
  '9000001': refused,
}

/** Meta's tables give these without a code, or they were seen under several: as subcode of any code, or as the code. */
const anywhere: Readonly<Record<string, Row>> = {
  '2018171': refused,
  '2018218': refused,
  '2018234': refused,
  '2018247': refused,
  '2018300': thread,
  // The automatic questions of a lead ad hold the thread for a while.
  '2018321': retry,
  '2534122': restricted,
}

/** What may and may not be in media templates; first and last, both included. Anywhere too. */
const mediaTemplate = { from: 2_018_173, to: 2_018_188 }
/** Permissions, whatever the number in between. */
const permissions = { from: 200, to: 299 }

/**
 * By code and subcode; then by Meta's word that it will pass; then by the code alone. A code that nobody knows is
 * retried: the wrong retry costs a call, the wrong refusal costs a reply.
 */
export function classifyGraphError(
  code: number,
  subcode: number | null,
  isTransient: boolean,
): GraphErrorClass {
  const exact = subcode === null ? undefined : (table[`${code}/${subcode}`] ?? rowAnywhere(subcode))
  if (exact) return { ...exact, known: true }
  const row = table[String(code)] ?? rowAnywhere(code) ?? (isIn(permissions, code) ? permission : undefined)
  // A new subcode of an old code is news: it may mean something else than its code does.
  const known = row !== undefined && subcode === null
  const passes = isTransient && row?.verdict !== 'retry'
  return { ...(row === undefined || passes ? retry : row), known }
}

function rowAnywhere(number: number): Row | undefined {
  return anywhere[String(number)] ?? (isIn(mediaTemplate, number) ? refused : undefined)
}

function isIn({ from, to }: { from: number; to: number }, number: number): boolean {
  return number >= from && number <= to
}

/** A sentence for the agent who wrote the reply: what happened and what to do. */
export function failureMessage(failure: FailureCode): string {
  return sentences[failure]
}

const sentences: Readonly<Record<FailureCode, string>> = {
  WINDOW_CLOSED:
    'Meta no longer lets the Page write here, since too much time has passed; answer when the customer writes again, or reach them in another way.',
  CONSENT_MISSING:
    'The customer has not agreed to receive this kind of message, or no longer does; ask them in the conversation when they next write.',
  PERSON_UNAVAILABLE:
    'The customer cannot be reached: they blocked the Page, left, or take no messages at present; reach them in another way.',
  MESSAGE_REFUSED:
    'This message cannot be sent as it is; look at its text, links and attachments, change it and send it again.',
  PAGE_STOPPED:
    'The Page cannot send at present, so this was not sent; an administrator has to look at its token, its permissions and at what Meta says of it.',
  THREAD_NOT_OURS:
    'Another app or person holds this conversation at Meta, so this was not sent; answer there, or have it released and send again.',
  GAVE_UP:
    'It could not be sent, or nobody could say whether it was; look at the conversation, and ask the customer before you send it again.',
}
