import { z } from 'zod'
import type { JsonValue } from '../../domain/event.ts'
import { isDeeperThan } from '../../meta/parse-json.ts'

/**
 * The kinds of fields that requests are made of. Their faults read on after the field's path, and name the limit:
 * "body.template.elements.0.title is 81 characters long; Meta takes at most 80". Where Meta's documents name none, the
 * limit is ours. Characters are UTF-16 units: Meta does not say what it counts, and that count is never smaller.
 */
type Whose = 'Meta' | 'deskbridge'

interface FaultOf {
  input?: unknown
}

const expected = (what: string) => (fault: FaultOf) =>
  fault.input === undefined ? 'is missing' : `must be ${what}`

const lengthOf = (fault: FaultOf) => (fault.input as { length: number }).length

export function text(most: number, { least = 1, whose = 'Meta' }: { least?: number; whose?: Whose } = {}) {
  return z
    .string({ error: expected('text') })
    .min(least, {
      error: (fault) =>
        lengthOf(fault) === 0
          ? 'is empty'
          : `is ${lengthOf(fault)} characters long; ${whose} takes at least ${least}`,
    })
    .max(most, { error: (fault) => `is ${lengthOf(fault)} characters long; ${whose} takes at most ${most}` })
}

/** For ids and texts whose limit Meta does not tell. */
export function plainText() {
  return text(1000, { whose: 'deskbridge' })
}

/** Zod does not look into a list that is too long, so a request full of rubbish costs no more than one fault. */
export function list<T extends z.ZodType>(item: T, least: number, most: number, whose: Whose = 'Meta') {
  const counted = (fault: FaultOf) =>
    lengthOf(fault) === 1 ? 'has 1 entry' : `has ${lengthOf(fault) || 'no'} entries`
  return z
    .array(item, { error: expected('a list') })
    .min(least, { error: (fault) => `${counted(fault)}; ${whose} takes at least ${least}` })
    .max(most, { error: (fault) => `${counted(fault)}; ${whose} takes at most ${most}` })
}

/** An object that has these fields and no others, so that a misspelt one is told and not dropped. */
export function object<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (fault) =>
      fault.code === 'unrecognized_keys'
        ? `has fields that are not known here: ${fault.keys.slice(0, 5).join(', ').slice(0, 200)}`
        : expected('an object')(fault),
  })
}

export function choice<const T extends readonly [string, ...string[]]>(...values: T) {
  return z.enum(values, { error: expected(oneOf(values)) })
}

export function constant<const T extends string | true>(value: T) {
  return z.literal(value, { error: expected(JSON.stringify(value)) })
}

/** An object whose `type` tells which of these it is. */
export function byType<
  const T extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(...options: T) {
  return z.discriminatedUnion('type', options, {
    error: (fault) => {
      if (fault.code !== 'invalid_union') return expected('an object')(fault)
      const types = options.flatMap((option) => [...(option._zod.propValues?.['type'] ?? [])].map(String))
      return expected(oneOf(types))({ input: (fault.input as { type?: unknown }).type })
    },
  })
}

export function yesOrNo() {
  return z.boolean({ error: expected('true or false') })
}

export function amount() {
  return z.number({ error: expected('a number') })
}

export function wholeNumber(least: number, most: number) {
  const fault = { error: `must be between ${least} and ${most}; Meta takes no other` }
  return z
    .int({ error: expected('a whole number') })
    .min(least, fault)
    .max(most, fault)
}

const longestUrl = 2048

/** An address that only the person's device opens. */
export function webUrl() {
  return url(/^https?:\/\/\S+$/i, 'must be a URL that begins with https:// or http://')
}

/** An address that Meta fetches, or sends secrets to. */
export function httpsUrl() {
  return url(/^https:\/\/\S+$/i, 'must be a URL that begins with https://')
}

function url(shape: RegExp, fault: string) {
  return z
    .string({ error: expected('a URL') })
    .max(longestUrl, {
      error: (issue) => `is ${lengthOf(issue)} characters long; deskbridge takes at most ${longestUrl}`,
    })
    .refine((value) => shape.test(value) && URL.canParse(value), { error: fault })
    .meta({ format: 'uri' })
}

/** Some JSON that goes to Meta as it is. */
export const anyJson = z.unknown() as unknown as z.ZodType<JsonValue>

/** Bounds of JSON that is passed through, so that no request makes us or Redis work without measure. */
export const passedThrough = { bytes: 64 * 1024, depth: 20 }

/** Why some JSON is not passed through, or undefined. Depth first: JSON.stringify gives up on what is very deep. */
export function tooMuchJson(value: unknown): string | undefined {
  const { bytes, depth } = passedThrough
  if (isDeeperThan(value as JsonValue, depth))
    return `is nested deeper than ${depth} levels; deskbridge takes no more`
  const size = Buffer.byteLength(JSON.stringify(value) ?? '')
  return size > bytes ? `is ${size} bytes long; deskbridge takes at most ${bytes}` : undefined
}

export interface Fault {
  path: (string | number)[]
  message: string
}

/**
 * A rule between the fields of an object. It is asked also when single fields are at fault, so that one answer tells
 * everything; hence it must not trust their types.
 */
export function rule(faultsOf: (value: Record<string, unknown>) => (Fault | false)[]) {
  return z.superRefine<unknown>(
    (value, context) => {
      for (const fault of faultsOf(value as Record<string, unknown>)) {
        if (fault) context.addIssue({ code: 'custom', input: value, ...fault })
      }
    },
    { when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value) },
  )
}

/** Which of these fields are there. */
export function given(value: Record<string, unknown>, names: readonly string[]): string[] {
  return names.filter((name) => value[name] !== undefined)
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? JSON.stringify(values[0]) : `one of ${values.join(', ')}`
}
