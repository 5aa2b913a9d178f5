import type { Decision, PolicyMessage, PolicySettings, PolicyState } from '../../src/meta/policy/policy.ts'

export const now = 1_790_000_000_000
export const hour = 3_600_000
export const day = 24 * hour

/** One question to the policy, told by what differs from a bot's text with no topic, an hour after the customer wrote. */
export interface Situation {
  channel?: PolicyState['channel']
  /** How long ago, ms; null when nobody knows. */
  age?: number | null
  adAge?: number
  consent?: PolicyState['consent']
  speaker?: PolicyMessage['speaker']
  kind?: PolicyMessage['kind']
  topic?: string
  /** Age of the comment that is answered in private, ms. */
  comment?: number
  spent?: boolean
  tag?: string
  closedWindow?: PolicySettings['window']
  humanAgent?: boolean
}

export type Question = [PolicyState, PolicyMessage, PolicySettings, number]

export function question(situation: Situation): Question {
  const { age = hour, adAge, comment } = situation
  return [
    {
      channel: situation.channel ?? 'messenger',
      lastCustomerAt: age === null ? null : now - age,
      adMessageAt: adAge === undefined ? null : now - adAge,
      consent: situation.consent ?? 'unknown',
    },
    {
      speaker: situation.speaker ?? 'bot',
      kind: situation.kind ?? 'text',
      topic: situation.topic ?? null,
      privateReply:
        comment === undefined ? null : { createdAt: now - comment, alreadySent: situation.spent ?? false },
      ...(situation.tag === undefined ? {} : { tag: situation.tag }),
    },
    { window: situation.closedWindow ?? 'refuse', humanAgent: situation.humanAgent ?? true },
    now,
  ]
}

/** A decision in a word or two: what it is sent as, or why it is refused. */
export function outcomeOf(decision: Decision): string {
  if (!decision.allowed) return decision.code
  if (decision.as === null) return 'no type'
  return decision.as.messaging_type === 'MESSAGE_TAG' ? `tag ${decision.as.tag}` : decision.as.messaging_type
}

const agent = { speaker: 'agent' } as const
const news = { topic: 'orders', consent: 'given' } as const
const utility = { ...news, kind: 'utility' } as const
const feedback = { kind: 'customer_feedback' } as const
const action = { kind: 'action' } as const
const raw = { kind: 'raw' } as const
const insta = { channel: 'instagram' } as const
const tries = { closedWindow: 'try' } as const

/** Written from Meta's rules, not from the table: what is asked, what must come of it, and which row says so. */
export const policyCases: [string, Situation, string, string][] = [
  ['an answer at once', { age: 0 }, 'RESPONSE', 'window-standard'],
  ['an act that Meta dates into our future', { age: -30_000 }, 'RESPONSE', 'window-standard'],
  ['an act far in our future', { age: -30 * day }, 'RESPONSE', 'window-standard'],
  ['just before 24 h', { age: day - 1 }, 'RESPONSE', 'window-standard'],
  ['a bot at exactly 24 h', { age: day }, 'WINDOW_CLOSED', 'window-closed'],
  ['an agent just before 24 h', { ...agent, age: day - 1 }, 'RESPONSE', 'window-standard'],
  ['an agent just before 24 h, trying', { ...agent, ...tries, age: day - 1 }, 'RESPONSE', 'window-standard'],
  ['an agent at exactly 24 h', { ...agent, age: day }, 'tag HUMAN_AGENT', 'human-agent'],
  ['on Instagram', { ...agent, ...insta, age: 2 * day }, 'tag HUMAN_AGENT', 'human-agent'],
  ['an attachment', { ...agent, kind: 'attachment', age: 3 * day }, 'tag HUMAN_AGENT', 'human-agent'],
  ['a template', { ...agent, kind: 'template', age: 3 * day }, 'tag HUMAN_AGENT', 'human-agent'],
  ['an agent just before 7 d', { ...agent, age: 7 * day - 1 }, 'tag HUMAN_AGENT', 'human-agent'],
  ['an agent at exactly 7 d', { ...agent, age: 7 * day }, 'WINDOW_CLOSED', 'window-closed'],
  ['no Human Agent feature', { ...agent, humanAgent: false, age: 2 * day }, 'WINDOW_CLOSED', 'window-closed'],
  ['a bot after two days', { age: 2 * day }, 'WINDOW_CLOSED', 'window-closed'],
  ["an agent's raw body", { ...agent, ...raw, age: 2 * day }, 'WINDOW_CLOSED', 'window-closed'],

  ['trying: a bot', { ...tries, age: 2 * day }, 'RESPONSE', 'window-try'],
  ['trying: an agent', { ...tries, ...agent, age: 2 * day }, 'tag HUMAN_AGENT', 'human-agent'],
  ['trying: no feature', { ...tries, ...agent, humanAgent: false, age: 2 * day }, 'RESPONSE', 'window-try'],
  ['trying: an agent after 7 d', { ...tries, ...agent, age: 7 * day }, 'RESPONSE', 'window-try'],
  ['trying: feedback after 7 d', { ...tries, ...feedback, age: 7 * day }, 'RESPONSE', 'window-try'],
  ['trying: a raw body', { ...tries, ...agent, ...raw, age: 2 * day }, 'RESPONSE', 'window-try'],

  ['unknown window: a bot', { age: null }, 'RESPONSE', 'window-unknown'],
  ['unknown window: an agent', { ...agent, age: null }, 'RESPONSE', 'window-unknown'],
  ['unknown window: feedback', { ...feedback, age: null }, 'RESPONSE', 'window-unknown'],
  ['unknown window, old ad', { age: null, adAge: 9 * day }, 'RESPONSE', 'window-unknown'],

  ['inside an ad window: a bot', { age: 3 * day, adAge: 4 * day }, 'RESPONSE', 'window-ad'],
  ['inside an ad window: an agent', { ...agent, age: 3 * day, adAge: 4 * day }, 'RESPONSE', 'window-ad'],
  ['inside an ad window: feedback', { ...feedback, age: 3 * day, adAge: 4 * day }, 'RESPONSE', 'window-ad'],
  ['just before 7 d after the ad', { age: 2 * day, adAge: 7 * day - 1 }, 'RESPONSE', 'window-ad'],
  ['at 7 d after the ad', { age: 2 * day, adAge: 7 * day }, 'WINDOW_CLOSED', 'window-closed'],
  ['an agent then', { ...agent, age: 2 * day, adAge: 7 * day }, 'tag HUMAN_AGENT', 'human-agent'],
  ['fresh words after an old ad', { age: hour, adAge: 20 * day }, 'RESPONSE', 'window-standard'],

  ['feedback in the window', { ...feedback }, 'RESPONSE', 'window-standard'],
  ['feedback at exactly 24 h', { ...feedback, age: day }, 'tag CUSTOMER_FEEDBACK', 'feedback-tag'],
  ["an agent's feedback", { ...feedback, ...agent, age: 2 * day }, 'tag CUSTOMER_FEEDBACK', 'feedback-tag'],
  ['trying: feedback', { ...feedback, ...tries, age: 2 * day }, 'tag CUSTOMER_FEEDBACK', 'feedback-tag'],
  ['feedback just before 7 d', { ...feedback, age: 7 * day - 1 }, 'tag CUSTOMER_FEEDBACK', 'feedback-tag'],
  ['feedback at 7 d', { ...feedback, age: 7 * day }, 'WINDOW_CLOSED', 'window-closed'],
  ['feedback on Instagram', { ...feedback, ...insta }, 'MESSAGE_REFUSED', 'feedback-channel'],
  [
    'late feedback on Instagram',
    { ...feedback, ...insta, age: 2 * day },
    'MESSAGE_REFUSED',
    'feedback-channel',
  ],
  ['feedback with no consent', { ...feedback, topic: 'care', age: 0 }, 'CONSENT_MISSING', 'consent-missing'],

  ['utility after a year', { ...utility, age: 365 * day }, 'UTILITY', 'utility'],
  ['utility in the window', { ...utility }, 'UTILITY', 'utility'],
  ['utility to the unknown', { ...utility, age: null }, 'UTILITY', 'utility'],
  ["an agent's utility", { ...utility, ...agent, age: 2 * day }, 'UTILITY', 'utility'],
  ['utility on Instagram', { ...utility, ...insta }, 'MESSAGE_REFUSED', 'utility-channel'],
  ['utility, consent unknown', { ...utility, consent: 'unknown' }, 'CONSENT_MISSING', 'consent-missing'],
  ['utility, withdrawn', { ...utility, consent: 'withdrawn' }, 'CONSENT_MISSING', 'consent-missing'],
  ['utility about nothing', { kind: 'utility', consent: 'given' }, 'CONSENT_MISSING', 'consent-missing'],

  ['news in the window', { ...news, kind: 'template' }, 'RESPONSE', 'window-standard'],
  ['news at 24 h', { ...news, kind: 'template', age: day }, 'WINDOW_CLOSED', 'window-closed'],
  ["news in an agent's name", { ...news, ...agent, age: 2 * day }, 'WINDOW_CLOSED', 'window-closed'],
  ['news, trying', { ...news, ...tries, age: 2 * day }, 'RESPONSE', 'window-try'],
  ['news, unknown', { ...news, consent: 'unknown' }, 'CONSENT_MISSING', 'consent-missing'],
  ['news, withdrawn', { ...news, consent: 'withdrawn', ...tries }, 'CONSENT_MISSING', 'consent-missing'],
  ['a reply to who withdrew', { consent: 'withdrawn' }, 'RESPONSE', 'window-standard'],
  ['news to a comment', { topic: 'orders', comment: hour }, 'CONSENT_MISSING', 'consent-missing'],

  ['typing in the window', { ...action, age: day - 1 }, 'no type', 'action-open'],
  ['typing in an ad window', { ...action, age: 2 * day, adAge: 2 * day }, 'no type', 'action-open'],
  ['typing to the unknown', { ...action, age: null }, 'no type', 'action-open'],
  ['typing at 24 h', { ...action, age: day }, 'WINDOW_CLOSED', 'action-closed'],
  ["an agent's typing at 24 h", { ...action, ...agent, age: day }, 'WINDOW_CLOSED', 'action-closed'],
  ['trying to type at 24 h', { ...action, ...tries, age: day }, 'WINDOW_CLOSED', 'action-closed'],
  ['typing after 7 d', { ...action, ...tries, age: 8 * day }, 'WINDOW_CLOSED', 'action-closed'],

  ['a private reply', { comment: 0, age: null }, 'RESPONSE', 'private-reply'],
  ['to a comment of the future', { comment: -5000, age: 9 * day }, 'RESPONSE', 'private-reply'],
  ['just before 7 d', { comment: 7 * day - 1, age: 9 * day, ...insta }, 'RESPONSE', 'private-reply'],
  ['to an old comment', { comment: 7 * day, age: 9 * day }, 'WINDOW_CLOSED', 'private-reply-late'],
  ['late, in an open window', { comment: 7 * day }, 'WINDOW_CLOSED', 'private-reply-late'],
  ['late, trying', { comment: 7 * day, ...tries, age: null }, 'WINDOW_CLOSED', 'private-reply-late'],
  [
    'late, unknown, an agent',
    { comment: 8 * day, ...agent, age: 2 * day },
    'WINDOW_CLOSED',
    'private-reply-late',
  ],
  ['a second one', { comment: hour, spent: true }, 'MESSAGE_REFUSED', 'private-reply-spent'],
  ['a second one, late', { comment: 8 * day, spent: true }, 'MESSAGE_REFUSED', 'private-reply-spent'],
  ['a template to a comment', { comment: hour, kind: 'template' }, 'RESPONSE', 'private-reply'],
  ['a photo to a comment', { comment: hour, kind: 'attachment' }, 'RESPONSE', 'private-reply'],
  ['a raw body to a comment', { comment: hour, ...raw }, 'RESPONSE', 'private-reply'],
  ['an agent to a comment', { comment: 2 * day, ...agent, age: 2 * day }, 'RESPONSE', 'private-reply'],
  ['typing to a comment', { comment: hour, ...action }, 'MESSAGE_REFUSED', 'private-reply-kind'],
  ['typing to an old comment', { comment: 8 * day, ...action }, 'MESSAGE_REFUSED', 'private-reply-kind'],
  ['utility to a comment', { comment: hour, ...utility }, 'MESSAGE_REFUSED', 'private-reply-kind'],
  ['utility to an old comment', { comment: 8 * day, ...utility }, 'MESSAGE_REFUSED', 'private-reply-kind'],
  ['feedback to a comment', { comment: hour, ...feedback }, 'MESSAGE_REFUSED', 'private-reply-kind'],

  ['a bot on Instagram', { ...insta }, 'RESPONSE', 'window-standard'],
  ['a photo on Instagram', { ...insta, kind: 'attachment' }, 'RESPONSE', 'window-standard'],
  ['a template on Instagram', { ...insta, kind: 'template' }, 'RESPONSE', 'window-standard'],
  ['a raw body on Instagram', { ...insta, ...raw }, 'RESPONSE', 'window-standard'],
  ['typing on Instagram', { ...insta, ...action }, 'no type', 'action-open'],
  ['a photo', { kind: 'attachment' }, 'RESPONSE', 'window-standard'],
  ['a raw body', { ...raw }, 'RESPONSE', 'window-standard'],
  ['a living tag, not yet due', { ...raw, tag: 'HUMAN_AGENT' }, 'RESPONSE', 'window-standard'],
  [
    'a living tag that is not its own',
    { ...raw, tag: 'CUSTOMER_FEEDBACK', age: 2 * day },
    'WINDOW_CLOSED',
    'window-closed',
  ],
  ['a retired tag', { ...raw, tag: 'ACCOUNT_UPDATE' }, 'MESSAGE_REFUSED', 'tag-retired'],
  [
    'a retired tag, trying',
    { ...raw, ...tries, tag: 'POST_PURCHASE_UPDATE', age: day },
    'MESSAGE_REFUSED',
    'tag-retired',
  ],
  [
    'a retired tag of an agent',
    { ...raw, ...agent, tag: 'CONFIRMED_EVENT_UPDATE', age: null },
    'MESSAGE_REFUSED',
    'tag-retired',
  ],
  [
    'a retired tag, no consent',
    { ...raw, tag: 'ACCOUNT_UPDATE', topic: 'orders' },
    'CONSENT_MISSING',
    'consent-missing',
  ],
  ['a tag nobody knows', { ...raw, tag: '', comment: hour }, 'MESSAGE_REFUSED', 'tag-retired'],
]
