import type { FailureCode } from '../domain/reply.ts'

/**
 * What a Graph error means for the reply that met it.
 * `retry` later as it is · `refused` never as it is · `page` the whole Page cannot send until someone mends it ·
 * `thread` another app holds the thread · `unsure` the message may have been sent.
 */
export type GraphVerdict = 'retry' | 'refused' | 'page' | 'thread' | 'unsure'

export interface GraphErrorClass {
  verdict: GraphVerdict
  /** The code that the agent sees when this ends the reply. */
  failure: FailureCode
}

const retry: GraphErrorClass = { verdict: 'retry', failure: 'GAVE_UP' }
const refused: GraphErrorClass = { verdict: 'refused', failure: 'MESSAGE_REFUSED' }
const windowClosed: GraphErrorClass = { verdict: 'refused', failure: 'WINDOW_CLOSED' }
const consent: GraphErrorClass = { verdict: 'refused', failure: 'CONSENT_MISSING' }
const person: GraphErrorClass = { verdict: 'refused', failure: 'PERSON_UNAVAILABLE' }
const page: GraphErrorClass = { verdict: 'page', failure: 'PAGE_STOPPED' }
const thread: GraphErrorClass = { verdict: 'thread', failure: 'THREAD_NOT_OURS' }
const unsure: GraphErrorClass = { verdict: 'unsure', failure: 'GAVE_UP' }

/**
 * By `code/subcode` first, then by `code`. Never by words: they are localised.
 * Source: Meta's error code pages as of 2026-06-25; where they conflict, the row that sends less wins.
 */
const table: Readonly<Record<string, GraphErrorClass>> = {
  '1': retry,
  '1/1357046': unsure,
  '1/2018382': refused,
  '2': retry,
  '2/2018344': page,
  '3': page,
  '4': retry,
  '4/2018354': refused,
  '9/2018352': refused,
  '10': page,
  '10/2018278': windowClosed,
  '10/2534022': windowClosed,
  '10/2018065': windowClosed,
  '10/2018108': person,
  '10/1893063': page,
  '10/1893015': consent,
  '10/1404170': consent,
  '10/2018336': consent,
  '10/2534077': page,
  '10/2018300': thread,
  '10/2018321': retry,
  '17': retry,
  '32': retry,
  '100': refused,
  '100/2018001': person,
  '100/2534014': person,
  '100/2018300': thread,
  '100/2018321': retry,
  '100/2534037': thread,
  '100/2018008': retry,
  '100/2018294': retry,
  '100/2534029': page,
  '102': page,
  '190': page,
  '200/1545041': person,
  '230': page,
  '341': retry,
  '368': page,
  '506': refused,
  '551': person,
  '613': retry,
  '613/1893016': refused,
  '613/2018338': retry,
  '1200': retry,
  '2022': page,
  '2018218': refused,
  '2018247': refused,
  '2018300': thread,
  '2018321': retry,
  '2534122': page,
  '10303': refused,
  '10902': refused,
  '36103': refused,
  '80001': retry,
  '80002': retry,
  '80006': retry,
  '2018171': refused,
  '2018234': refused,
  '9000001': refused,
}

/** Unknown codes are retried: the wrong retry costs a call, the wrong refusal costs a reply. */
export function classifyGraphError(
  code: number,
  subcode: number | null,
  isTransient: boolean,
): GraphErrorClass {
  const exact = subcode === null ? undefined : table[`${code}/${subcode}`]
  if (exact) return exact
  if (isTransient) return retry
  const known = table[String(code)]
  if (known) return known
  // 200 to 299 are permissions, whatever the number in between.
  return code >= 200 && code <= 299 ? page : retry
}

/** A sentence for the agent who wrote the reply: what happened and what to do. */
export function failureMessage(failure: FailureCode): string {
  return sentences[failure]
}

const sentences: Readonly<Record<FailureCode, string>> = {
  WINDOW_CLOSED: 'Meta no longer lets the Page write here; it can answer once the customer writes again.',
  CONSENT_MISSING: 'The customer has not agreed to receive this kind of message.',
  PERSON_UNAVAILABLE: 'The customer cannot be reached: they blocked the Page or left Messenger.',
  MESSAGE_REFUSED: 'Meta refused this message as it is; change it and send it again.',
  PAGE_STOPPED: 'The Page cannot send at present; an administrator has to renew its token or permissions.',
  THREAD_NOT_OURS: 'Another app holds this conversation at present.',
  GAVE_UP:
    'It could not be sent, or nobody could say whether it was; please check with the customer in another way.',
}
