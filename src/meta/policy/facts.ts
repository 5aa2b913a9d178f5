import type { Channel } from '../../domain/conversation.ts'
import type { PolicyMessage, PolicySettings, PolicyState } from './policy.ts'

const hour = 3_600_000
const day = 24 * hour

/**
 * How long each span lasts, ms. A span holds its first instant and not its last: at exactly 24 h the window is closed. What is
 * decided now reaches Meta a little later, so this is the side on which neither a RESPONSE comes after its window nor a
 * tag before the window's end.
 */
export const policySpans = {
  /** The standard window, from the person's last act. */
  standard: day,
  /** The window after an ad's first message, at its longest. */
  ad: 7 * day,
  /** How long the two tags that still live may be used, from the person's last act. */
  week: 7 * day,
  /** How long a comment or post may be answered in private, from its creation. */
  privateReply: 7 * day,
} as const

export type PolicySpans = Readonly<Record<keyof typeof policySpans, number>>

/** Every other tag was retired by Meta and is refused in every version of the API. */
export const livingTags: readonly string[] = ['HUMAN_AGENT', 'CUSTOMER_FEEDBACK']

/** All that the rules look at, each as one of few words. The keys are the column "when" of docs/policy.md. */
export interface PolicyFacts {
  kind: PolicyMessage['kind']
  speaker: PolicyMessage['speaker']
  channel: Channel
  /** `not-needed`: no notification, so there is nothing to agree to. */
  consent: 'not-needed' | 'given' | 'missing'
  /** Of a raw body. */
  tag: 'none' | 'living' | 'retired'
  /** `due`: can still be given; `late`: after its span; `spent`: one was given. */
  privateReply: 'no' | 'due' | 'late' | 'spent'
  /** `week`: over, and no longer ago than the tags reach; `closed`: longer ago than that. */
  window: 'unknown' | 'standard' | 'ad' | 'week' | 'closed'
  humanAgent: 'on' | 'off'
  closedWindow: PolicySettings['window']
}

export function readFacts(
  state: PolicyState,
  message: PolicyMessage,
  settings: PolicySettings,
  now: number,
  spans: PolicySpans = policySpans,
): PolicyFacts {
  const { tag = null } = message
  return {
    kind: message.kind,
    speaker: message.speaker,
    channel: state.channel,
    consent: consentOf(state, message),
    tag: tag === null ? 'none' : livingTags.includes(tag) ? 'living' : 'retired',
    privateReply: privateReplyOf(message, now, spans),
    window: windowOf(state, now, spans),
    humanAgent: settings.humanAgent ? 'on' : 'off',
    closedWindow: settings.window,
  }
}

/** A utility message without a topic is one that nobody can have agreed to. */
function consentOf({ consent }: PolicyState, { kind, topic }: PolicyMessage): PolicyFacts['consent'] {
  if (topic === null) return kind === 'utility' ? 'missing' : 'not-needed'
  return consent === 'given' ? 'given' : 'missing'
}

function privateReplyOf(
  { privateReply }: PolicyMessage,
  now: number,
  spans: PolicySpans,
): PolicyFacts['privateReply'] {
  if (privateReply === null) return 'no'
  if (privateReply.alreadySent) return 'spent'
  return isWithin(spans.privateReply, privateReply.createdAt, now) ? 'due' : 'late'
}

/** What we know of the window. It is a hint: Meta's answer is the truth. */
export function windowOf(
  { lastCustomerAt, adMessageAt }: Pick<PolicyState, 'lastCustomerAt' | 'adMessageAt'>,
  now: number,
  spans: PolicySpans = policySpans,
): PolicyFacts['window'] {
  if (lastCustomerAt === null) return 'unknown'
  if (isWithin(spans.standard, lastCustomerAt, now)) return 'standard'
  if (adMessageAt !== null && isWithin(spans.ad, adMessageAt, now)) return 'ad'
  return isWithin(spans.week, lastCustomerAt, now) ? 'week' : 'closed'
}

/** Times are Meta's, `now` is ours: what lies a little ahead of us has just happened, and is within every span. */
function isWithin(span: number, at: number, now: number): boolean {
  return now - at < span
}
