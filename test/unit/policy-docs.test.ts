import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { livingTags, policySpans } from '../../src/meta/policy/facts.ts'
import { policyRules } from '../../src/meta/policy/rules.ts'
import type { PolicyRule } from '../../src/meta/policy/rules.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { eventKinds } from '../../src/domain/event.ts'
import { hour, outcomeOf } from '../support/policy-cases.ts'

const page = readFileSync('docs/policy.md', 'utf8')

/** The rows of the table whose head begins with this word, as the texts of their cells. */
function tableOf(head: string): string[][] {
  const lines = page.split('\n')
  const at = lines.findIndex((line) => new RegExp(`^\\| ${head} +\\|`).test(line))
  const rest = lines.slice(at + 2)
  return rest
    .slice(0, rest.findIndex((line) => !line.startsWith('|')))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())) // prettier-ignore
}

function cellsOf({ name, when, outcome, why }: PolicyRule): string[] {
  const conditions = Object.entries(when).map(
    ([fact, values]) => `${fact}: ${values.map((value) => `\`${value}\``).join(', ')}`,
  )
  const ends =
    'refuse' in outcome
      ? `refuse: \`${outcome.refuse}\``
      : `send: ${outcomeOf({ allowed: true, as: outcome.send, rule: name })}`
  return [`\`${name}\``, conditions.join(' · '), ends, why]
}

test('docs/policy.md has the rules as they are', () => {
  expect(tableOf('rule')).toEqual(policyRules.map(cellsOf))
})

test('and explains every fact that they name', () => {
  const told = new Map(tableOf('fact').map(([fact, values]) => [fact!.slice(1, -1), values!]))
  for (const { when } of policyRules) {
    for (const [fact, values] of Object.entries(when)) {
      for (const value of values) expect([fact, told.get(fact)]).toEqual([fact, expect.stringContaining(`\`${value}\``)]) // prettier-ignore
    }
  }
  for (const tag of livingTags) expect(told.get('tag')).toContain(`\`${tag}\``)
})

test('and the spans', () => {
  const told = tableOf('span').map(([span, lasts]) => [span, lasts])
  const spans = Object.entries(policySpans).map(([span, ms]) => [
    `\`${span}\``,
    ms <= 24 * hour ? `${ms / hour} hours` : `${ms / (24 * hour)} days`,
  ])
  expect(told).toEqual(spans)
})

test('and what opens a window', () => {
  const told = tableOf('event').map(([kind, opens]) => [kind, opens])
  const opening = eventKinds
    .map((kind) => [kind, windowOpening({ kind, standby: false, action: 'react' })])
    .filter(([, opens]) => opens !== null)
  expect(told).toEqual(opening.map(([kind, opens]) => [`\`${kind}\``, `\`${opens}\``]))
})
