import { describe, expect, test } from 'vitest'
import { fillEnvironment } from '../../src/config/fill-environment.ts'

const env = { NAME: 'Acme', EMPTY: '', NESTED: '${NAME}', DOLLAR: '$& $1 $$', TREE: '{ a: 1 }', _a1: 'low' }
const filled = (value: unknown) => fillEnvironment(value, env)

describe('texts', () => {
  test.each([
    ['plain', 'plain'],
    ['${NAME}', 'Acme'],
    ['a-${NAME}-${NAME}-z', 'a-Acme-Acme-z'],
    ['${_a1}', 'low'],
    ['${NAME:-other}', 'Acme'],
    ['${NOWHERE:-other}', 'other'],
    ['${EMPTY:-other}', 'other'],
    ['${NOWHERE:-}', ''],
    ['${NOWHERE:-http://a:1/?b=c-d}', 'http://a:1/?b=c-d'],
    // What a variable holds is text, whatever it looks like.
    ['${NESTED}', '${NAME}'],
    ['${DOLLAR}', '$& $1 $$'],
    ['${TREE}', '{ a: 1 }'],
    // No references.
    ['$NAME', '$NAME'],
    ['${1A}', '${1A}'],
    ['${NAME', '${NAME'],
    ['${}', '${}'],
  ])('%s becomes %s', (text, expected) => {
    expect(filled(text)).toEqual({ value: expected, faults: [] })
  })
})

test('everything else stays as it is, also keys', () => {
  const value = { '${NAME}': [1, true, null, { deep: 'x' }], text: 'y' }
  expect(filled(value)).toEqual({ value, faults: [] })
})

test('a variable that is not set, or empty, is told by name with the path of its key', () => {
  expect(filled({ meta: { appSecrets: ['ok', '${NOWHERE}'] }, b: '${EMPTY}' })).toMatchObject({
    faults: [
      { path: 'meta.appSecrets.1', message: 'needs the environment variable NOWHERE, which is not set' },
      { path: 'b', message: 'needs the environment variable EMPTY, which is not set' },
    ],
  })
})

test('two that are missing in one text are both told', () => {
  expect(filled('${ONE}:${TWO}').faults.map((fault) => fault.message)).toEqual([
    expect.stringContaining('ONE'),
    expect.stringContaining('TWO'),
  ])
})

test('whole numbers are numbers while they can be, else texts', () => {
  expect(filled([3000n, 9007199254740991n, 9007199254740993n, -9007199254740993n]).value).toEqual([
    3000,
    9007199254740991,
    '9007199254740993',
    '-9007199254740993',
  ])
})

test('a key called __proto__ is a key like any other', () => {
  const value = JSON.parse('{"__proto__":{"x":"${NAME}"}}') as unknown
  const result = filled(value).value as object
  expect(Object.keys(result)).toEqual(['__proto__'])
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
})
