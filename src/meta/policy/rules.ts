import type { PolicyFacts } from './facts.ts'
import type { RefusalCode, SendAs } from './policy.ts'

/** A row of the policy. It decides when every fact that it names has one of the values that it lists. */
export interface PolicyRule {
  name: string
  when: { readonly [Fact in keyof PolicyFacts]?: readonly PolicyFacts[Fact][] }
  outcome: { send: SendAs | null } | { refuse: RefusalCode }
  why: string
}

const response: PolicyRule['outcome'] = { send: { messaging_type: 'RESPONSE' } }

/** Meta's rules for what may be sent when. The first row that fits decides. docs/policy.md shows the same table. */
export const policyRules: readonly PolicyRule[] = [
  {
    name: 'consent-missing',
    when: { consent: ['missing'] },
    outcome: { refuse: 'CONSENT_MISSING' },
    why: 'a notification goes only to those who agreed to its topic, in the window or out of it',
  },
  {
    name: 'tag-retired',
    when: { tag: ['retired'] },
    outcome: { refuse: 'MESSAGE_REFUSED' },
    why: 'Meta answers error 100 to every tag but two',
  },
  {
    name: 'private-reply-kind',
    when: { privateReply: ['due', 'late', 'spent'], kind: ['action', 'utility', 'customer_feedback'] },
    outcome: { refuse: 'MESSAGE_REFUSED' },
    why: 'a comment is answered with a message; none of these is one that can go to a comment',
  },
  {
    name: 'private-reply-spent',
    when: { privateReply: ['spent'] },
    outcome: { refuse: 'MESSAGE_REFUSED' },
    why: 'one private reply per comment or post',
  },
  {
    name: 'private-reply-late',
    when: { privateReply: ['late'] },
    outcome: { refuse: 'WINDOW_CLOSED' },
    why: 'a private reply is given within 7 days of the comment, whatever the windows',
  },
  {
    name: 'private-reply',
    when: { privateReply: ['due'] },
    outcome: response,
    why: 'it needs no open window, and opens none until the person answers',
  },
  {
    name: 'utility-channel',
    when: { kind: ['utility'], channel: ['instagram'] },
    outcome: { refuse: 'MESSAGE_REFUSED' },
    why: 'utility templates exist on Messenger only',
  },
  {
    name: 'utility',
    when: { kind: ['utility'] },
    outcome: { send: { messaging_type: 'UTILITY' } },
    why: 'an approved utility template may be sent at any time',
  },
  {
    name: 'feedback-channel',
    when: { kind: ['customer_feedback'], channel: ['instagram'] },
    outcome: { refuse: 'MESSAGE_REFUSED' },
    why: 'the feedback template exists on Messenger only',
  },
  {
    name: 'action-open',
    when: { kind: ['action'], window: ['standard', 'ad', 'unknown'] },
    outcome: { send: null },
    why: 'typing, seen and reactions belong to an open window, and have no type',
  },
  {
    name: 'action-closed',
    when: { kind: ['action'] },
    outcome: { refuse: 'WINDOW_CLOSED' },
    why: 'no tag carries them, and none is worth trying',
  },
  {
    name: 'window-standard',
    when: { window: ['standard'] },
    outcome: response,
    why: 'the person acted within 24 hours; a tag in here would be an abuse of it',
  },
  {
    name: 'window-ad',
    when: { window: ['ad'] },
    outcome: response,
    why: 'after the first message that follows an ad click, Meta may allow up to 7 days',
  },
  {
    name: 'window-unknown',
    when: { window: ['unknown'] },
    outcome: response,
    why: 'only a window that we know to be closed is closed; Meta knows this one',
  },
  {
    name: 'feedback-tag',
    when: { kind: ['customer_feedback'], window: ['week'] },
    outcome: { send: { messaging_type: 'MESSAGE_TAG', tag: 'CUSTOMER_FEEDBACK' } },
    why: 'the feedback template, and nothing else, has a tag of its own for 7 days',
  },
  {
    name: 'human-agent',
    when: {
      speaker: ['agent'],
      kind: ['text', 'attachment', 'template'],
      consent: ['not-needed'],
      window: ['week'],
      humanAgent: ['on'],
    },
    outcome: { send: { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' } },
    why: 'what a person in the helpdesk wrote may follow for 7 days; what a machine or a notification says may not',
  },
  {
    name: 'window-try',
    when: { closedWindow: ['try'] },
    outcome: response,
    why: 'the Page wants Meta to decide: `window: try`',
  },
  {
    name: 'window-closed',
    when: {},
    outcome: { refuse: 'WINDOW_CLOSED' },
    why: 'the window is known to be closed, and nothing legal is left',
  },
]
