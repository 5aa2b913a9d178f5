import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newKey } from '../../src/commands/new-key.ts'
import { checkConfig } from '../../src/config/load-config.ts'
import { scopes } from '../../src/config/schema.ts'

const args = ['new', '--id', 'desk', '--scopes', 'replies:write,conversations:read']

function keyOf(lines: string[]): string {
  return /dbk_[\w-]+/.exec(lines.join('\n'))?.[0] ?? 'none'
}

function configLine(lines: string[]): string {
  return lines.find((line) => line.trimStart().startsWith('- {')) ?? 'none'
}

function load(line: string) {
  return checkConfig(`meta: { appSecrets: [a], verifyToken: b }\napiKeys:\n${line}\n`, {})
}

describe('key new', () => {
  test('makes 32 random bytes into a key, and a line that the config takes', () => {
    const { exitCode, lines } = newKey(args)
    expect(exitCode).toBe(0)
    const key = keyOf(lines)
    expect(Buffer.from(key.replace('dbk_', ''), 'base64url')).toHaveLength(32)
    expect(keyOf(newKey(args).lines)).not.toBe(key)
    expect(load(configLine(lines))).toMatchObject({
      apiKeys: [
        {
          id: 'desk',
          keyHash: `sha256:${createHash('sha256').update(key).digest('hex')}`,
          scopes: ['replies:write', 'conversations:read'],
        },
      ],
    })
  })

  test('shows the key once, and not in the line for the config', () => {
    const { lines } = newKey(args, (bytes) => Buffer.alloc(bytes, 7))
    expect(lines.join('\n').split('dbk_')).toHaveLength(2)
    expect(configLine(lines)).not.toContain('dbk_')
    expect(lines.join('\n')).toContain('check-config')
  })

  test('takes a limit, blanks after commas, and names a scope once', () => {
    const spaced = ['new', '--id', '7', '--scopes', 'pages:read, pages:read', '--per-minute', '60']
    expect(load(configLine(newKey(spaced).lines))).toMatchObject({
      apiKeys: [{ id: '7', scopes: ['pages:read'], perMinute: 60 }],
    })
  })

  test.each(scopes)('knows the scope %s', (scope) => {
    expect(newKey(['new', '--id', 'a', '--scopes', scope]).exitCode).toBe(0)
  })

  test.each([
    ['a scope that there is not', ['new', '--id', 'a', '--scopes', 'pages:read,everything'], '"everything"'],
    ['an empty scope', ['new', '--id', 'a', '--scopes', 'pages:read,'], 'There is no scope ""'],
    ['no scopes', ['new', '--id', 'a'], '--scopes is missing'],
    ['no id', ['new', '--scopes', 'pages:read'], '--id is missing'],
    ['an id that breaks the line', ['new', '--id', "a'b", '--scopes', 'pages:read'], '--id takes'],
    ['a limit of none', ['new', '--id', 'a', '--scopes', 'pages:read', '--per-minute', '0'], '--per-minute'],
    ['an unknown option', ['new', '--ids', 'a'], '--ids'],
    ['another command', ['old'], 'There is no "key old"'],
    ['no command', [], 'There is no "key"'],
  ])('refuses %s, says why and how', (_name, wrong, why) => {
    const { exitCode, lines } = newKey(wrong)
    expect(exitCode).toBe(1)
    expect(lines[0]).toContain(why)
    expect(lines.join('\n')).toContain('key new --id')
    expect(keyOf(lines)).toBe('none')
  })

  test('lists every scope when one is wrong, and in its help', () => {
    const [fault] = newKey(['new', '--id', 'a', '--scopes', 'x']).lines
    const { exitCode, lines } = newKey(['--help'])
    expect(exitCode).toBe(0)
    for (const scope of scopes) expect([fault, lines[0]]).toEqual([fault, expect.stringContaining(scope)])
    for (const scope of scopes) expect(fault).toContain(scope)
  })
})
