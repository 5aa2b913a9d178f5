import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { callbackSchemes } from '../../src/helpdesk/callback-schemes.ts'
import type { CallbackScheme } from '../../src/helpdesk/callback-schemes.ts'
import { hasProofShape, verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { hmac, vendors } from '../support/callback-proofs.ts'
import type { Sent } from '../support/callback-proofs.ts'

const secret = 'secret-of-the-helpdesk-0123456789ab'
const now = Date.parse('2026-11-21T12:00:00Z')
const seconds = String(now / 1000)
const ms = String(now)
const iso = '2026-11-21T12:00:00Z'
const body = Buffer.from('{"text":"äöå 👋","event":"message_created"}')

const all = Object.keys(vendors) as CallbackScheme[]
const signing = all.filter((scheme) => callbackSchemes[scheme].proof === 'hmac')
const timed = signing.filter((scheme) => 'timestamp' in callbackSchemes[scheme])

function verify(scheme: CallbackScheme, sent: Sent, bytes = body, secrets = [secret], at = now) {
  return verifyCallback({ scheme, secrets }, { ...sent, body: bytes }, at)
}

/** The header that proves it, and what was sent in it. */
function proofOf(scheme: CallbackScheme): [name: string, value: string] {
  const { header } = callbackSchemes[scheme]
  const { headers } = vendors[scheme](body, secret, now)
  return [header!, String(headers[header!])]
}

test('there is a vendor of the test for every row', () => {
  expect(all.toSorted()).toEqual(Object.keys(callbackSchemes).toSorted())
})

const long = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=='
const sha1 = { 'x-hub-signature': 'sha1=cd5db8ad80a5f76d54ce6d879c8e1c0e1c9c8dcc' }

/** Signatures that were made by openssl, so that not only our own code says what is right. */
test.each<[CallbackScheme, Record<string, string>, string, string, number]>([
  [
    'zendesk',
    {
      'x-zendesk-webhook-signature-timestamp': '2021-03-25T05:09:27Z',
      'x-zendesk-webhook-signature': 'wCdBvXaHttn0wRVIYctzZ9O6O0bnqWakJMEKZ9VoRWw=',
    },
    '',
    long,
    Date.parse('2021-03-25T05:09:27Z'),
  ],
  [
    'chatwoot',
    {
      'x-chatwoot-timestamp': '1790000000',
      'x-chatwoot-signature': 'sha256=d60b033fc3709a5047203b501bd57fde2e3a2b8c29c7f98f9361b9fbc125835f',
    },
    '{}',
    'k',
    1_790_000_000_000,
  ],
  [
    'front',
    {
      'x-front-request-timestamp': '1790000000000',
      'x-front-signature': 'APq7vaGTPy1Y/zRUDd5bEZZ++BgTyYQiLpOwM7uKFMM=',
    },
    '{}',
    'k',
    1_790_000_000_000,
  ],
  ['intercom', sha1, '{}', 'k', now],
  ['zammad', sha1, '{}', 'k', now],
])('%s: a signature of another program is proven', (scheme, headers, text, key, at) => {
  expect(verify(scheme, { headers, pathSecret: undefined }, Buffer.from(text), [key], at)).toBe('proven')
})

describe.each(all)('%s', (scheme) => {
  test('what the vendor sends is proven, and has the shape', () => {
    const sent = vendors[scheme](body, secret, now)
    expect(verify(scheme, sent)).toBe('proven')
    expect(hasProofShape(scheme, sent)).toBe(true)
  })

  test('an empty body can be proven, too', () => {
    const none = Buffer.alloc(0)
    expect(verify(scheme, vendors[scheme](none, secret, now), none)).toBe('proven')
  })

  test.each(['newest', 'current', 'oldest'])('of several secrets, %s counts', (key) => {
    const secrets = ['newest', 'current', 'oldest']
    expect(verify(scheme, vendors[scheme](body, key, now), body, secrets)).toBe('proven')
    expect(verify(scheme, vendors[scheme](body, `${key}!`, now), body, secrets)).toBe('wrong')
  })

  test('the same secret twice counts once, and no secret or an empty one proves nothing', () => {
    expect(verify(scheme, vendors[scheme](body, secret, now), body, [secret, secret])).toBe('proven')
    expect(verify(scheme, vendors[scheme](body, secret, now), body, [])).toBe('wrong')
    expect(verify(scheme, vendors[scheme](body, '', now), body, [''])).not.toBe('proven')
  })

  test('nothing at all, or nothing in it, has no shape', () => {
    const nothing: Sent[] = [{ headers: {}, pathSecret: undefined }]
    const { header } = callbackSchemes[scheme]
    if (header === null) nothing.push({ headers: {}, pathSecret: '' })
    else {
      const { headers } = vendors[scheme](body, secret, now)
      nothing.push({ headers: { ...headers, [header]: '' }, pathSecret: undefined })
      nothing.push({ headers: { ...headers, [header]: [String(headers[header])] }, pathSecret: secret })
    }
    for (const sent of nothing) {
      expect(verify(scheme, sent)).toBe('missing')
      expect(hasProofShape(scheme, sent)).toBe(false)
    }
  })
})

describe.each(all.filter((scheme) => scheme !== 'path'))('%s, odd headers', (scheme) => {
  const [name, value] = proofOf(scheme)
  const sentAs = (other: string): Sent => ({
    headers: { ...vendors[scheme](body, secret, now).headers, [name]: other },
    pathSecret: undefined,
  })

  test.each<[string, string]>([
    ['twice, as Node joins them', `${value}, ${value}`],
    ['with a blank before', ` ${value}`],
    ['with a blank after', `${value} `],
    ['with a line break after', `${value}\n`],
    ['one character short', value.slice(0, -1)],
    ['one character more', `${value}0`],
    ['in upper case', value.toUpperCase()],
    ['in lower case, or with another prefix', value.startsWith('sha') ? `md5=${value}` : value.toLowerCase()],
  ])('%s: not proven', (_name, other) => {
    // Hexadecimal digits are in lower case already, and so is the secret of the test.
    if (other === value) return
    expect(verify(scheme, sentAs(other))).not.toBe('proven')
  })

  test('it counts in this header only', () => {
    const { headers } = vendors[scheme](body, secret, now)
    const { [name]: proof, ...others } = headers
    expect(verify(scheme, { headers: { ...others, authorization: proof }, pathSecret: secret })).toBe(
      'missing',
    )
  })
})

describe.each(signing)('%s, signed', (scheme) => {
  const { encoding, prefix } = callbackSchemes[scheme] as { encoding: string; prefix: string }

  test('other bytes are not proven', () => {
    const sent = vendors[scheme](body, secret, now)
    for (const other of [Buffer.alloc(0), Buffer.concat([body, Buffer.from('\n')]), body.subarray(1)]) {
      expect(verify(scheme, sent, other)).toBe('wrong')
    }
    expect(verify(scheme, sent, Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1)))).toBe(
      'wrong',
    )
  })

  test('the secret itself in place of a signature is nothing', () => {
    const [name] = proofOf(scheme)
    const sent = {
      ...vendors[scheme](body, secret, now),
      headers: { ...vendors[scheme](body, secret, now).headers, [name]: secret },
    }
    expect(verify(scheme, sent)).toBe('missing')
  })

  test(`its shape is ${prefix}${encoding}`, () => {
    const [name, value] = proofOf(scheme)
    const text = value.slice(prefix.length)
    const wrong =
      encoding === 'hex'
        ? [text.toUpperCase(), `zz${text.slice(2)}`, Buffer.from(text, 'hex').toString('base64')]
        : [
            text.replace('=', ''),
            `${text}=`,
            text.replaceAll(/[+/]/g, '-'),
            Buffer.from(text, 'base64').toString('hex'),
          ]
    for (const one of wrong.filter((one) => one !== text)) {
      const headers = { ...vendors[scheme](body, secret, now).headers, [name]: `${prefix}${one}` }
      expect([one, verify(scheme, { headers, pathSecret: undefined })]).not.toEqual([one, 'proven'])
    }
  })
})

describe.each(timed)('%s, with its time', (scheme) => {
  const { header } = (callbackSchemes[scheme] as { timestamp: { header: string } }).timestamp

  test('what is up to five minutes old or ahead is proven, and a moment more is not', () => {
    for (const off of [-300_000, -299_000, 0, 299_000, 300_000])
      expect([off, verify(scheme, vendors[scheme](body, secret, now + off))]).toEqual([off, 'proven'])
    for (const off of [-301_000, 301_000, -86_400_000, 86_400_000])
      expect([off, verify(scheme, vendors[scheme](body, secret, now + off))]).toEqual([off, 'stale'])
  })

  test('a stale one that nobody signed is wrong, and does not tell that it is stale', () => {
    expect(verify(scheme, vendors[scheme](body, 'another', now - 400_000))).toBe('wrong')
  })

  test('another time than the one that was signed is wrong', () => {
    const { headers } = vendors[scheme](body, secret, now)
    const later = vendors[scheme](body, secret, now + 1000).headers[header]
    expect(verify(scheme, { headers: { ...headers, [header]: later }, pathSecret: undefined })).toBe('wrong')
  })

  test.each([
    '',
    'x',
    '-1',
    '1e9',
    '+5',
    ' ',
    '9'.repeat(30),
    `${seconds}, ${seconds}`,
    `${ms}.5`,
    `${iso}, ${iso}`,
    '2026-99-99T99:99:99Z',
  ])('a time that is %j has no shape', (time) => {
    const headers = { ...vendors[scheme](body, secret, now).headers, [header]: time }
    expect(verify(scheme, { headers, pathSecret: undefined })).toBe('missing')
  })
})

test('a time counts in seconds and in milliseconds, since no time is both', () => {
  const inSeconds = {
    'x-front-request-timestamp': seconds,
    'x-front-signature': hmac('sha256', 'base64', [`${seconds}:`, body], secret),
  }
  expect(verify('front', { headers: inSeconds, pathSecret: undefined })).toBe('proven')
  const inMs = {
    'x-chatwoot-timestamp': ms,
    'x-chatwoot-signature': `sha256=${hmac('sha256', 'hex', [`${ms}.`, body], secret)}`,
  }
  expect(verify('chatwoot', { headers: inMs, pathSecret: undefined })).toBe('proven')
})

const anyHeaders = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      ...Object.values(callbackSchemes).flatMap((row) => [
        row.header ?? 'x',
        ...('timestamp' in row ? [row.timestamp.header] : []),
      ]),
    ),
    fc.string(),
  ),
  fc.oneof(fc.string(), fc.constantFrom(seconds, ms, iso), fc.array(fc.string()), fc.constant(undefined)),
)

prop.prop([fc.constantFrom(...all), anyHeaders, fc.option(fc.string(), { nil: undefined }), fc.uint8Array()])(
  'whatever comes: a verdict, never an error, and never proof',
  (scheme, headers, pathSecret, bytes) => {
    fc.pre(!Object.values(headers).includes(secret) && pathSecret !== secret)
    const sent = { headers, pathSecret }
    expect(['missing', 'wrong', 'stale']).toContain(verify(scheme, sent, Buffer.from(bytes)))
    expect(typeof hasProofShape(scheme, sent)).toBe('boolean')
  },
)
