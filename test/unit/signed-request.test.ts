import { createHmac } from 'node:crypto'
import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { readSignedRequest } from '../../src/meta/signed-request.ts'

const secret = 'app-secret-one'
const now = 1_790_000_000_000
const seconds = now / 1000
const usual = { algorithm: 'HMAC-SHA256', issued_at: seconds - 5, expires: seconds + 3600, user_id: '218471' }

const encode = (text: string) => Buffer.from(text).toString('base64url')
const mac = (payload: string, key = secret) => createHmac('sha256', key).update(payload).digest('base64url')

/** As Meta signs it: over the payload as it is encoded. */
function signed(payload: unknown, key = secret): string {
  const encoded = encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return `${mac(encoded, key)}.${encoded}`
}

const read = (text: unknown, secrets: readonly string[] = [secret]) => readSignedRequest(text, secrets, now)
const fault = (text: unknown, secrets?: readonly string[]) => {
  const answer = read(text, secrets)
  return answer.ok ? 'none' : answer.fault
}

describe('what Meta signed', () => {
  test('is read: who, and when', () => {
    expect(read(signed(usual))).toEqual({
      ok: true,
      request: {
        userId: '218471',
        issuedAt: now - 5000,
        mark: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      },
    })
  })

  test('as one that was computed elsewhere: openssl dgst -sha256 -hmac', () => {
    const payload = 'eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsInVzZXJfaWQiOiIyMTg0NzEifQ'
    expect(read(`9x32CFYMLTrRplCKcJcgOzP8MOB_e3gNWn4UfgsMgww.${payload}`)).toMatchObject({ ok: true })
  })

  test('has a mark that is the same for the same request, and another for another', () => {
    const mark = (text: string) => {
      const answer = read(text)
      return answer.ok ? answer.request.mark : ''
    }
    expect(mark(signed(usual))).toBe(mark(signed(usual)))
    expect(mark(signed(usual).replace('.', '=.')), 'padding is no difference').toBe(mark(signed(usual)))
    expect(mark(signed({ ...usual, issued_at: seconds - 6 }))).not.toBe(mark(signed(usual)))
    expect(mark(signed({ ...usual, user_id: '218472' }))).not.toBe(mark(signed(usual)))
  })

  test.each<[string, string]>([
    ['with padding behind its signature', signed(usual).replace('.', '=.')],
    ['with padding behind its payload', signedAs(`${encode(JSON.stringify({ ...usual, a: 1 }))}==`)],
    ['without times', signed({ algorithm: 'HMAC-SHA256', user_id: '218471' })],
    ['with no end', signed({ ...usual, expires: 0 })],
    ['with times as text', signed({ ...usual, issued_at: String(seconds), expires: String(seconds + 1) })],
    ['with the algorithm in small letters', signed({ ...usual, algorithm: 'hmac-sha256' })],
    ['with more than we know', signed({ ...usual, oauth_token: 'x', user: { country: 'fi' } })],
    ['of a clock that is a little behind', signed({ ...usual, expires: seconds - 60 })],
  ])('%s: read', (_name, text) => {
    expect(fault(text)).toBe('none')
  })

  test('may name the person by a number that no double holds', () => {
    const text = signed(`{"algorithm":"HMAC-SHA256","user_id":98765432109876543210}`)
    expect(read(text)).toMatchObject({ ok: true, request: { userId: '98765432109876543210' } })
  })

  test.each(['newest', 'current', 'oldest'])('with the secret %s, while it is rotated: read', (one) => {
    expect(fault(signed(usual, one), ['newest', 'current', 'oldest'])).toBe('none')
  })
})

function signedAs(encoded: string): string {
  return `${mac(encoded)}.${encoded}`
}

describe('what is refused', () => {
  const good = signed(usual)
  const [signature = '', payload = ''] = good.split('.')
  const forged = encode(JSON.stringify({ ...usual, user_id: '1' }))

  test.each<[string, string, unknown]>([
    ['a payload that somebody changed', 'signature', `${signature}.${forged}`],
    ['one more letter in the payload', 'signature', `${good}A`],
    ['one letter less', 'signature', good.slice(0, -1)],
    ['padding that was not signed', 'signature', `${good}=`],
    ['the signature of another secret', 'signature', signed(usual, 'app-secret-two')],
    ['the signature of the payload as it reads', 'signature', `${mac(JSON.stringify(usual))}.${payload}`],
    ['a signature of zeros', 'signature', `${'A'.repeat(43)}.${payload}`],
    ['the signature in hex', 'shape', `${Buffer.from(signature, 'base64url').toString('hex')}.${payload}`],
    ['half a signature', 'shape', `${signature.slice(0, 20)}.${payload}`],
    ['no signature', 'shape', `.${payload}`],
    ['no payload', 'shape', `${signature}.`],
    ['no dot', 'shape', signature + payload],
    ['three parts', 'shape', `${good}.${payload}`],
    ['the letters of plain base64', 'shape', `${signature}.${payload}+/`],
    ['a line break behind it', 'shape', `${good}\n`],
    ['a blank before it', 'shape', ` ${good}`],
    ['far too much', 'shape', `${signature}.${'A'.repeat(100_000)}`],
    ['nothing', 'shape', ''],
    ['null', 'shape', null],
    ['a list', 'shape', [good]],
    ['another algorithm', 'payload', signed({ ...usual, algorithm: 'HMAC-SHA1' })],
    ['no algorithm', 'payload', signed({ ...usual, algorithm: undefined })],
    ['nobody', 'payload', signed({ ...usual, user_id: undefined })],
    ['an empty id', 'payload', signed({ ...usual, user_id: '' })],
    ['an id that would be another key', 'payload', signed({ ...usual, user_id: '1:2' })],
    ['a list of ids', 'payload', signed({ ...usual, user_id: ['1'] })],
    ['what is no JSON', 'payload', signed('{"algorithm":"HMAC-SHA256"')],
    ['what is no object', 'payload', signed('"218471"')],
    ['bytes that are no text', 'payload', signedAs(Buffer.from([0xff, 0xfe, 0x00]).toString('base64url'))],
    ['one whose time is over', 'expired', signed({ ...usual, expires: seconds - 3600 })],
  ])('%s: %s', (_name, expected, text) => {
    expect(fault(text)).toBe(expected)
  })

  test('everything, where there is no secret', () => {
    expect(fault(good, [])).toBe('signature')
  })

  test('one that is signed by the wrong secret is not read, whatever it says: no oracle', () => {
    for (const bad of [{ ...usual, algorithm: 'none' }, { ...usual, expires: 1 }, {}, 'garbage']) {
      expect(fault(signed(bad, 'app-secret-two'))).toBe('signature')
    }
  })

  prop.prop([
    fc.oneof(
      fc.string(),
      fc.string().map((text) => `${signature}.${encode(text)}`),
      fc.anything(),
    ),
  ])('whatever else it is given: it never throws, and takes none of it', (text) => {
    expect(fault(text)).not.toBe('none')
  })
})
