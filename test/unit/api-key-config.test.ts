import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load-config.ts'
import type { Fault } from '../../src/config/fill-environment.ts'

const hashOf = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex')}`

function load(...keys: Record<string, unknown>[]) {
  const meta = { appSecrets: ['a'], verifyToken: 'b' }
  const apiKeys = keys.map((key, at) => ({ id: `key${at}`, scopes: ['pages:read'], ...key }))
  return checkConfig(JSON.stringify({ meta, apiKeys }), {})
}

function faults(...keys: Record<string, unknown>[]): Fault[] {
  const result = load(...keys)
  return Array.isArray(result) ? result : []
}

describe('apiKeys', () => {
  test('come as a secret or as its hash; only the hash is kept', () => {
    const loaded = load({ key: 'one secret' }, { keyHash: hashOf('another') })
    expect(loaded).toMatchObject({
      apiKeys: [{ keyHash: hashOf('one secret') }, { keyHash: hashOf('another') }],
    })
    expect(JSON.stringify(loaded)).not.toContain('one secret')
  })

  test('may be several with the same scopes, for rotation, and have their own limit', () => {
    const loaded = load({ key: 'old', perMinute: 5 }, { key: 'new', perMinute: '7' })
    expect(loaded).toMatchObject({ apiKeys: [{ perMinute: 5 }, { perMinute: 7 }] })
  })

  test.each([
    ['neither', {}],
    ['both', { key: 'a', keyHash: hashOf('b') }],
  ])('with %s of key and keyHash are refused', (_name, key) => {
    expect(faults(key)).toEqual([
      { path: 'apiKeys.0.keyHash', message: 'needs either keyHash or key, and not both' },
    ])
  })

  test('with several faults are told of all of them at once', () => {
    expect(faults({ scopes: ['nothing'], perMinute: 0 }).map(({ path }) => path)).toEqual([
      'apiKeys.0.scopes.0',
      'apiKeys.0.perMinute',
      'apiKeys.0.keyHash',
    ])
  })

  test.each([
    '',
    'sha256:',
    hashOf('a').toUpperCase(),
    hashOf('a').slice(0, -1),
    hashOf('a').replace('256', '512'),
  ])('refuse %j as a hash', (keyHash) => {
    expect(faults({ keyHash })).toMatchObject([{ path: 'apiKeys.0.keyHash' }])
  })

  test('refuse a hash where the key belongs: whoever reads the file could then call', () => {
    expect(faults({ key: hashOf('a') })).toMatchObject([{ path: 'apiKeys.0.key' }])
  })

  test('refuse the same secret twice, however it is written, and tell it by its place', () => {
    const same = { key: 'the same' }
    const hashed = { keyHash: hashOf('the same') }
    expect(faults(same, { key: 'other' }, same)).toEqual([
      { path: 'apiKeys.2.key', message: 'is the same secret as apiKeys.0.key' },
    ])
    expect(faults(same, hashed)).toEqual([
      { path: 'apiKeys.1.keyHash', message: 'is the same secret as apiKeys.0.key' },
    ])
    expect(faults(hashed, same)).toEqual([
      { path: 'apiKeys.1.key', message: 'is the same secret as apiKeys.0.keyHash' },
    ])
    expect(faults(hashed, hashed)).toEqual([
      { path: 'apiKeys.1.keyHash', message: 'is the same secret as apiKeys.0.keyHash' },
    ])
  })
})
