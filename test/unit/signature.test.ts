import { createHmac } from 'node:crypto'
import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { appSecretProof, isSignedByMeta } from '../../src/meta/signature.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

const secret = 'app-secret-one'
const sign = (body: Uint8Array, key = secret) =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
const body = fixture('text-message')
const good = sign(body)
const hex = good.slice('sha256='.length)

test.each(fixtureNames)('%s as it came over the wire verifies', (name) => {
  expect(isSignedByMeta(fixture(name), sign(fixture(name)), [secret])).toBe(true)
})

test('a body beyond ASCII that came unescaped verifies over its own bytes', () => {
  const unescaped = Buffer.from('{"text":"äöå 👋"}')
  expect(isSignedByMeta(unescaped, sign(unescaped), [secret])).toBe(true)
})

test.each<[string, unknown]>([
  ['missing', undefined],
  ['null', null],
  ['empty', ''],
  ['sha1 only', `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`],
  ['sha1 by name, sha256 by value', `sha1=${hex}`],
  ['upper-case hex', `sha256=${hex.toUpperCase()}`],
  ['upper-case name', `SHA256=${hex}`],
  ['63 digits', good.slice(0, -1)],
  ['65 digits', `${good}0`],
  ['cut to nothing', 'sha256='],
  ['two digits that are none', `sha256=zz${hex.slice(2)}`],
  ['no name', hex],
  ['a blank before', ` ${good}`],
  ['a blank after', `${good} `],
  ['a line break after', `${good}\n`],
  ['twice, as Node joins them', `${good}, ${good}`],
  ['twice, as a list', [good, good]],
  ['once, as a list', [good]],
  ['of another secret', sign(body, 'app-secret-two')],
  ['of an empty body', sign(Buffer.alloc(0))],
  ['of the body and one byte more', sign(Buffer.concat([body, Buffer.from('\n')]))],
  ['all zeros', `sha256=${'0'.repeat(64)}`],
])('a signature header that is %s: refused', (_name, header) => {
  expect(isSignedByMeta(body, header, [secret])).toBe(false)
})

test('a body that was parsed and written again no longer verifies', () => {
  const again = Buffer.from(JSON.stringify(JSON.parse(body.toString())))
  expect(isSignedByMeta(again, good, [secret])).toBe(false)
})

describe('several secrets, while one is rotated', () => {
  const secrets = ['newest', 'current', 'oldest']

  test.each(secrets)('what %s signed is accepted', (one) => {
    expect(isSignedByMeta(body, sign(body, one), secrets)).toBe(true)
  })

  test('the same secret twice accepts as one does', () => {
    expect(isSignedByMeta(body, good, [secret, secret])).toBe(true)
  })

  test('a secret that was taken out no longer counts', () => {
    expect(isSignedByMeta(body, sign(body, 'oldest'), ['newest', 'current'])).toBe(false)
  })

  test('with no secret nothing verifies', () => {
    expect(isSignedByMeta(body, sign(body, ''), [])).toBe(false)
  })
})

describe('for any body and any secrets', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 })
  const secrets = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 })

  prop.prop([bytes, secrets, fc.nat()])('what one of them signed verifies', (any, keys, pick) => {
    const key = keys[pick % keys.length]!
    expect(isSignedByMeta(any, sign(any, key), keys)).toBe(true)
  })

  prop.prop([bytes, fc.nat()])('one other bit in the body is refused', (any, bit) => {
    const header = sign(any)
    const changed = Uint8Array.from(any)
    const at = bit % (changed.length * 8)
    changed[at >> 3]! ^= 1 << (at & 7)
    expect(isSignedByMeta(changed, header, [secret])).toBe(false)
  })

  prop.prop([bytes, fc.nat({ max: 71 * 8 - 1 })])('one other bit in the header is refused', (any, bit) => {
    const header = Buffer.from(sign(any), 'latin1')
    header[bit >> 3]! ^= 1 << (bit & 7)
    expect(isSignedByMeta(any, header.toString('latin1'), [secret])).toBe(false)
  })

  prop.prop([bytes, fc.anything()])('whatever stands in the header, nothing is thrown', (any, header) => {
    expect(isSignedByMeta(any, header, [secret])).toBe(false)
  })
})

test('the proof is the HMAC of the token under the secret', () => {
  // From: printf page-token | openssl dgst -sha256 -hmac app-secret-one
  expect(appSecretProof('page-token', secret)).toBe(
    'ba4e3e16fe7fd4d781a4a9df19b877d0a72a927a151915dc051baaa8052921fa',
  )
})
