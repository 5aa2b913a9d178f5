import { describe, expect, test } from 'vitest'
import { decideBy, decideSend, ruleFor } from '../../src/meta/policy/decide-send.ts'
import { policySpans } from '../../src/meta/policy/facts.ts'
import type { PolicyFacts, PolicySpans } from '../../src/meta/policy/facts.ts'
import { policyRules } from '../../src/meta/policy/rules.ts'
import type { PolicyRule } from '../../src/meta/policy/rules.ts'
import { day, outcomeOf, policyCases, question } from '../support/policy-cases.ts'

test.each(policyCases)('%s', (_name, situation, outcome, rule) => {
  const decision = decideSend(...question(situation))
  expect([outcomeOf(decision), decision.rule]).toEqual([outcome, rule])
})

test('the same question gets the same answer, and is not written to', () => {
  for (const [, situation] of policyCases) {
    const asked = question(situation)
    const before = structuredClone(asked)
    expect(decideSend(...asked)).toEqual(decideSend(...before))
    expect(asked).toEqual(before)
  }
})

test('every rule has a name of its own, a reason, and decides a case; the last one takes what is left', () => {
  const names = policyRules.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(policyCases.map(([, , , rule]) => rule))).toEqual(new Set(names))
  for (const { why } of policyRules) expect(why.length).toBeGreaterThan(20)
  expect(policyRules.at(-1)!.when).toEqual({})
})

test('with no rule that fits, nothing is sent', () => {
  const decision = decideBy({ rules: [], spans: policySpans }, ...question({}))
  expect(decision).toEqual({ allowed: false, code: 'MESSAGE_REFUSED', rule: 'no-rule' })
})

test('the spans are those of Meta', () => {
  expect(policySpans).toEqual({ standard: day, ad: 7 * day, week: 7 * day, privateReply: 7 * day })
})

/** The cases are worth what they catch: each rule is bent in every way, and whatever changes an outcome must be noticed. */
describe('nobody can change unnoticed', () => {
  const isNoticed = (rules: readonly PolicyRule[], spans: PolicySpans = policySpans) =>
    policyCases.some(([, situation, outcome]) => {
      const decision = decideBy({ rules, spans }, ...question(situation))
      return outcomeOf(decision) !== outcome
    })

  test.each(policyRules)('the rule $name', (rule) => {
    const mutants = mutantsOf(rule)
    expect(mutants.length).toBeGreaterThan(7)
    const unnoticed = mutants.filter(({ rules }) => !isNoticed(rules))
    // What earlier rows have decided reaches no later row: bending that one for it changes nothing at all.
    const missed = unnoticed.filter(({ rules }) => everyFacts.some((facts) => differs(rules, facts)))
    expect(missed.map(({ changed }) => changed)).toEqual([])
  })

  test.each(Object.entries(policySpans))('the span %s', (span, ms) => {
    expect(isNoticed(policyRules, { ...policySpans, [span]: ms - 1 })).toBe(true)
    expect(isNoticed(policyRules, { ...policySpans, [span]: ms + 1 })).toBe(true)
  })

  test('and what is not changed goes unnoticed', () => expect(isNoticed(policyRules)).toBe(false))
})

interface Mutant {
  changed: string
  rules: readonly PolicyRule[]
}

function mutantsOf(rule: PolicyRule): Mutant[] {
  const at = policyRules.indexOf(rule)
  const bent = (changed: string, by: Partial<PolicyRule>): Mutant => ({
    changed,
    rules: policyRules.with(at, { ...rule, ...by }),
  })
  const conditions = Object.entries(rule.when) as [keyof PolicyFacts, readonly string[]][]
  return [
    { changed: 'gone', rules: policyRules.toSpliced(at, 1) },
    {
      changed: 'after the next',
      rules: policyRules.toSpliced(at, 2, ...policyRules.slice(at, at + 2).toReversed()),
    },
    ...outcomes
      .filter((outcome) => JSON.stringify(outcome) !== JSON.stringify(rule.outcome))
      .map((outcome) => bent(`ends in ${JSON.stringify(outcome)}`, { outcome })),
    ...conditions.flatMap(([fact, listed]) =>
      factValues[fact].map((value) => {
        const others = listed.filter((one) => one !== value)
        const isListed = others.length < listed.length
        const when = { ...rule.when, [fact]: isListed ? others : [...listed, value] }
        return bent(`${isListed ? 'without' : 'also for'} ${fact} ${value}`, { when })
      }),
    ),
  ]
}

function differs(rules: readonly PolicyRule[], facts: PolicyFacts): boolean {
  const [is, was] = [rules, policyRules].map((table) => ruleFor(table, facts)?.outcome)
  return JSON.stringify(is) !== JSON.stringify(was)
}

const outcomes: PolicyRule['outcome'][] = [
  { send: null },
  { send: { messaging_type: 'RESPONSE' } },
  { send: { messaging_type: 'UTILITY' } },
  { send: { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' } },
  { send: { messaging_type: 'MESSAGE_TAG', tag: 'CUSTOMER_FEEDBACK' } },
  ...(['WINDOW_CLOSED', 'CONSENT_MISSING', 'MESSAGE_REFUSED'] as const).map((refuse) => ({ refuse })),
]

const factValues: { [Fact in keyof PolicyFacts]: PolicyFacts[Fact][] } = {
  kind: ['text', 'attachment', 'template', 'utility', 'customer_feedback', 'action', 'raw'],
  speaker: ['agent', 'bot'],
  channel: ['messenger', 'instagram'],
  consent: ['not-needed', 'given', 'missing'],
  tag: ['none', 'living', 'retired'],
  privateReply: ['no', 'due', 'late', 'spent'],
  window: ['unknown', 'standard', 'ad', 'week', 'closed'],
  humanAgent: ['on', 'off'],
  closedWindow: ['refuse', 'try'],
}

/** All facts that there can be: a utility message always needs consent. */
const everyFacts = Object.entries(factValues)
  .reduce<Record<string, string>[]>(
    (facts, [fact, values]) => facts.flatMap((one) => values.map((value) => ({ ...one, [fact]: value }))),
    [{}],
  )
  .map((facts) => facts as unknown as PolicyFacts)
  .filter(({ kind, consent }) => kind !== 'utility' || consent !== 'not-needed')
