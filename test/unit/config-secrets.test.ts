import { fc, test as prop } from '@fast-check/vitest'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { checkConfig } from '../../src/config/load-config.ts'
import { environment, example } from '../support/example-config.ts'

/** No fault tells a value: whoever reads the log of a start that failed learns where to look, and no secret. */

// Upper case, so that no word of a fault holds it by chance.
const canary = 'CANARY7SECRET'
const full = {
  ...(parse(example) as Record<string, unknown>),
  logLevel: 'info',
  lanes: { shards: 1, leaseMs: 10_000, graceMs: 1000, giveUpHours: 24, concurrency: 64 },
  retention: { dedupeHours: 72, deadLetterDays: 30, replyDays: 30, conversationDays: 90 },
  rateLimit: { restPerMinute: 600, badSignaturesPerMinute: 100 },
}

type Path = readonly (string | number)[]

/** The path of every value, lists and sections too. */
function allPaths(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value)
  const inner = [...keys].flatMap((key) =>
    allPaths((value as Record<string | number, unknown>)[key], [...path, key]),
  )
  return path.length === 0 ? inner : [path, ...inner]
}

function replaced(path: Path, value: unknown): unknown {
  const copy = structuredClone(full) as Record<string | number, unknown>
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
  at[path.at(-1)!] = value
  return copy
}

function told(text: string, env: Record<string, string | undefined> = environment): string {
  const result = checkConfig(text, env)
  return Array.isArray(result) ? result.map((fault) => `${fault.path}: ${fault.message}`).join('\n') : ''
}

const warnings: string[] = []
const keepWarning = (warning: string | Error) => {
  warnings.push(String(warning))
}
beforeEach(() => {
  warnings.length = 0
  vi.spyOn(process, 'emitWarning').mockImplementation(keepWarning)
})
afterEach(() => {
  vi.restoreAllMocks()
  expect(warnings.join('\n')).not.toContain(canary)
})

const shapes: [string, unknown][] = [
  ['the value', canary],
  ['a URL with the value', `https://user:${canary}@127.0.0.1/${canary}?token=${canary}`],
  ['no URL at all', `${canary}/events`],
  ['a list', [canary, { [`a`]: canary }]],
  ['an object', { value: canary }],
  ['beside a variable', `\${UNSET_VARIABLE}${canary}`],
]

describe.each(shapes)('%s', (_name, value) => {
  test.each(allPaths(full).map((path) => [path.join('.'), path] as const))('in %s', (_path, path) => {
    const text = JSON.stringify(replaced(path, value))
    expect(told(text)).not.toContain(canary)
  })
})

describe('in the environment', () => {
  test.each([...Object.keys(environment), 'PORT', 'ADMIN_PORT', 'REDIS_URL', 'LOG_LEVEL'])('%s', (name) => {
    expect(told(example, { ...environment, [name]: canary })).not.toContain(canary)
    expect(told(example, { ...environment, [name]: `http://${canary}` })).not.toContain(canary)
  })
})

describe('in slips of the pen', () => {
  const inMeta = (line: string) => `meta:\n  appSecrets: [a]\n  ${line}\n`
  const inFlow = (pair: string) => `meta: { appSecrets: [a], ${pair} }`

  test.each([
    ['no blank after the colon, in braces', inFlow(`verifyToken:${canary}`)],
    ['the same with dots in the value', inFlow(`verifyToken:abc.${canary}.def`)],
    ['the same with a variable that is not set', inFlow(`verifyToken:\${UNSET}.${canary}`)],
    ['no blank after the colon, on a line', inMeta(`verifyToken:${canary}`)],
    ['a tag', inMeta(`verifyToken: !vault ${canary}`)],
    ['a number with a tag', `${inMeta('verifyToken: b')}server: { port: !x ${canary} }`],
    ['an open quote', inMeta(`verifyToken: "${canary}`)],
    ['a colon inside', inMeta(`verifyToken: a: ${canary}`)],
    ['an alias', inMeta(`verifyToken: *${canary}`)],
    ['a reserved sign', inMeta(`verifyToken: @${canary}`)],
    ['a wrong escape', inMeta(String.raw`verifyToken: "\q${canary}"`)],
    ['a list as a key', inMeta(`? [${canary}]\n  : b`)],
    ['the name of a helpdesk', `${inMeta('verifyToken: b')}helpdesks: { main:${canary} }`],
    ['a scope', `${inMeta('verifyToken: b')}apiKeys: [{ id: a, key: k, scopes: [${canary}] }]`],
    ['an adapter', `${inMeta('verifyToken: b')}helpdesks: { main: { adapter: ${canary} } }`],
    [
      'the helpdesk of a Page',
      `${inMeta('verifyToken: b')}pages: [{ id: "1", name: a, accessToken: t, helpdesk: ${canary} }]`,
    ],
  ])('%s', (_name, text) => {
    const faults = told(text)
    expect(faults).not.toBe('')
    expect(faults).not.toContain(canary)
  })
})

describe('for any value', () => {
  const anywhere = fc.constantFrom(...allPaths(full))
  const around = fc.string({ maxLength: 20 })

  prop.prop([anywhere, around, around])('in any field', (path, before, after) => {
    const text = JSON.stringify(replaced(path, `${before}${canary}${after}`))
    expect(told(text)).not.toContain(canary)
    expect(warnings.join('\n')).not.toContain(canary)
  })
})
