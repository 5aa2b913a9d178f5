import { fc } from '@fast-check/vitest'
import type { JsonValue } from '../../src/domain/event.ts'
import { words } from './words.ts'

/** Names that mean something to Meta, to JavaScript or to us: where a mistake would show. */
const keys = fc.oneof(
  fc.constantFrom(
    ...words(`
    sender recipient timestamp message mid text attachments quick_reply payload is_echo
    is_deleted metadata postback title read id user_ref time entry messaging standby changes
    field value changed_fields created_time type url __proto__ constructor prototype toString
    toJSON x
  `),
  ),
  fc.string(),
)

const leaves = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, -1, '', 'page', 'rpl_AbCdEfGhIjKlMnOpQrSt-_'),
  fc.constantFrom<JsonValue>(1_772_442_000, 1_772_442_000_000, '1772442000', 8.64e15, 1e300, -1e300, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
)

/** Any JSON value, rich in Meta's own words. `__proto__` is an own key, as JSON.parse makes it. */
export const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ node: JsonValue }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: 'medium', withCrossShrink: true },
    leaves,
    fc.array(tie('node'), { maxLength: 6 }),
    fc
      .array(fc.tuple(keys, tie('node')), { maxLength: 6 })
      .map((pairs): JsonValue => Object.fromEntries(pairs)),
  ),
})).node
