import { policySpans, readFacts } from './facts.ts'
import type { PolicyFacts, PolicySpans } from './facts.ts'
import type { Decision, PolicyMessage, PolicySettings, PolicyState } from './policy.ts'
import { policyRules } from './rules.ts'
import type { PolicyRule } from './rules.ts'

export type { Decision, PolicyMessage, PolicySettings, PolicyState, SendAs } from './policy.ts'

/**
 * May this message be sent now, and as what? Pure; ask right before each call, since what waited in a lane may have
 * outlived its window. An answer of Meta's that says otherwise is right.
 */
export function decideSend(
  state: PolicyState,
  message: PolicyMessage,
  settings: PolicySettings,
  now: number,
): Decision {
  return decideBy({ rules: policyRules, spans: policySpans }, state, message, settings, now)
}

/** {@link decideSend} under another policy, so that tests can bend one rule and see it missed. */
export function decideBy(
  policy: { rules: readonly PolicyRule[]; spans: PolicySpans },
  state: PolicyState,
  message: PolicyMessage,
  settings: PolicySettings,
  now: number,
): Decision {
  const facts = readFacts(state, message, settings, now, policy.spans)
  const rule = ruleFor(policy.rules, facts)
  if (!rule) return { allowed: false, code: 'MESSAGE_REFUSED', rule: 'no-rule' }
  return 'send' in rule.outcome
    ? { allowed: true, as: rule.outcome.send, rule: rule.name }
    : { allowed: false, code: rule.outcome.refuse, rule: rule.name }
}

/** The first rule that fits, or undefined. */
export function ruleFor(rules: readonly PolicyRule[], facts: PolicyFacts): PolicyRule | undefined {
  return rules.find(({ when }) => fits(when, facts))
}

function fits(when: PolicyRule['when'], facts: PolicyFacts): boolean {
  return Object.entries(when).every(([fact, values]) =>
    (values as readonly string[]).includes(facts[fact as keyof PolicyFacts]),
  )
}
