import { fc, test as prop } from '@fast-check/vitest'
import { expect } from 'vitest'
import { decideSend } from '../../src/meta/policy/decide-send.ts'
import type { Decision } from '../../src/meta/policy/policy.ts'
import { day, now, outcomeOf, question } from '../support/policy-cases.ts'
import type { Question, Situation } from '../support/policy-cases.ts'

/** Ages gather where the rules change their mind. */
const ages = fc.oneof(
  fc.integer({ min: -day, max: 30 * day }),
  fc
    .tuple(fc.constantFrom(0, day, 7 * day), fc.integer({ min: -2, max: 2 }))
    .map(([border, off]) => border + off),
)
const tags = fc.oneof(
  fc.constantFrom('HUMAN_AGENT', 'CUSTOMER_FEEDBACK'),
  fc.constantFrom(
    'CONFIRMED_EVENT_UPDATE',
    'ACCOUNT_UPDATE',
    'POST_PURCHASE_UPDATE',
    'NON_PROMOTIONAL_SUBSCRIPTION',
  ),
  fc.string(),
)

const questions: fc.Arbitrary<Question> = fc
  .record(
    {
      channel: fc.constantFrom('messenger', 'instagram'),
      age: fc.option(ages, { freq: 5 }),
      adAge: ages,
      consent: fc.constantFrom('given', 'withdrawn', 'unknown'),
      speaker: fc.constantFrom('agent', 'bot'),
      kind: fc.constantFrom(
        'text',
        'attachment',
        'template',
        'utility',
        'customer_feedback',
        'action',
        'raw',
      ),
      topic: fc.constantFrom('orders', ''),
      comment: ages,
      spent: fc.boolean(),
      tag: tags,
      closedWindow: fc.constantFrom('refuse', 'try'),
      humanAgent: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map((situation) => question(situation as Situation))

const often = { numRuns: 5000 }
const isTag = (decision: Decision) => decision.allowed && decision.as?.messaging_type === 'MESSAGE_TAG'
const ageOf = ([{ lastCustomerAt }]: Question) => (lastCustomerAt === null ? null : now - lastCustomerAt)

prop.prop([questions], often)('the answer is one of those that Meta knows, and no other', (asked) => {
  expect([
    'RESPONSE',
    'UTILITY',
    'tag HUMAN_AGENT',
    'tag CUSTOMER_FEEDBACK',
    'no type',
    'WINDOW_CLOSED',
    'CONSENT_MISSING',
    'MESSAGE_REFUSED',
  ]).toContain(outcomeOf(decideSend(...asked)))
})

prop.prop([questions], often)('MESSAGE_TAG has a tag, and nothing else has one', (asked) => {
  const decision = decideSend(...asked)
  if (!decision.allowed || decision.as === null) return
  expect('tag' in decision.as).toBe(decision.as.messaging_type === 'MESSAGE_TAG')
})

prop.prop([questions], often)('a raw body with a retired tag is never sent', (asked) => {
  const { tag } = asked[1]
  if (tag === undefined || tag === 'HUMAN_AGENT' || tag === 'CUSTOMER_FEEDBACK') return
  expect(decideSend(...asked).allowed).toBe(false)
})

prop.prop([questions], often)(
  'HUMAN_AGENT is for what an agent wrote, 24 h to 7 d, with the feature',
  (asked) => {
    if (outcomeOf(decideSend(...asked)) !== 'tag HUMAN_AGENT') return
    const [, message, settings] = asked
    expect(message).toMatchObject({ speaker: 'agent', topic: null, privateReply: null })
    expect(['text', 'attachment', 'template']).toContain(message.kind)
    expect(settings.humanAgent).toBe(true)
    expect(ageOf(asked)).toBeGreaterThanOrEqual(day)
    expect(ageOf(asked)).toBeLessThan(7 * day)
  },
)

prop.prop([questions], often)('no tag goes into an open window, an unknown one, or to a comment', (asked) => {
  if (!isTag(decideSend(...asked))) return
  const [{ adMessageAt }, { privateReply }] = asked
  expect(ageOf(asked)).toBeGreaterThanOrEqual(day)
  if (adMessageAt !== null) expect(now - adMessageAt).toBeGreaterThanOrEqual(7 * day)
  expect(privateReply).toBeNull()
})

prop.prop([questions], often)('CUSTOMER_FEEDBACK is for the feedback template on Messenger', (asked) => {
  if (outcomeOf(decideSend(...asked)) !== 'tag CUSTOMER_FEEDBACK') return
  expect([asked[0].channel, asked[1].kind]).toEqual(['messenger', 'customer_feedback'])
  expect(ageOf(asked)).toBeLessThan(7 * day)
})

prop.prop([questions], often)('UTILITY is for utility templates on Messenger, with consent', (asked) => {
  if (outcomeOf(decideSend(...asked)) !== 'UTILITY') return
  const [state, message] = asked
  expect([state.channel, message.kind, state.consent]).toEqual(['messenger', 'utility', 'given'])
  expect(message.topic).not.toBeNull()
})

prop.prop([questions], often)('a notification without consent is refused, whatever else', (asked) => {
  if (asked[1].topic === null || asked[0].consent === 'given') return
  expect(outcomeOf(decideSend(...asked))).toBe('CONSENT_MISSING')
})

prop.prop([questions], often)(
  '`refuse` sends nothing as RESPONSE into a window known to be closed',
  (asked) => {
    const [{ adMessageAt }, { privateReply }, settings] = asked
    const age = ageOf(asked)
    if (settings.window === 'try' || age === null || age < day || privateReply !== null) return
    if (adMessageAt !== null && now - adMessageAt < 7 * day) return
    expect(outcomeOf(decideSend(...asked))).not.toBe('RESPONSE')
  },
)

prop.prop([questions], often)('a second private reply is never sent, nor a late one', (asked) => {
  const { privateReply } = asked[1]
  if (privateReply === null) return
  if (!privateReply.alreadySent && now - privateReply.createdAt < 7 * day) return
  expect(decideSend(...asked).allowed).toBe(false)
})

prop.prop([questions], often)('only actions have no type', (asked) => {
  const decision = decideSend(...asked)
  if (decision.allowed) expect(decision.as === null).toBe(asked[1].kind === 'action')
})

prop.prop([questions], often)('`try` refuses nothing that `refuse` lets through', (asked) => {
  const [state, message, settings] = asked
  if (!decideSend(state, message, { ...settings, window: 'refuse' }, now).allowed) return
  expect(decideSend(state, message, { ...settings, window: 'try' }, now).allowed).toBe(true)
})
