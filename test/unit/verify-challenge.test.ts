import { expect, test } from 'vitest'
import { verifyChallenge } from '../../src/meta/verify-challenge.ts'

const token = 'verify-token-ä'
const good = { 'hub.mode': 'subscribe', 'hub.verify_token': token, 'hub.challenge': '1158201444' }

test('the right token gets its challenge back', () => {
  expect(verifyChallenge(good, token)).toEqual({ ok: true, challenge: '1158201444' })
})

test('a challenge is echoed digit by digit, beyond what a number holds and with leading zeros', () => {
  const challenge = `00${'9'.repeat(62)}`
  expect(verifyChallenge({ ...good, 'hub.challenge': challenge }, token)).toEqual({ ok: true, challenge })
})

test.each<[string, Record<string, unknown>]>([
  ['another token', { ...good, 'hub.verify_token': 'verify-token-b' }],
  ['a token that is the beginning of ours', { ...good, 'hub.verify_token': token.slice(0, -1) }],
  ['a token that begins with ours', { ...good, 'hub.verify_token': `${token}x` }],
  ['an empty token', { ...good, 'hub.verify_token': '' }],
  ['no token', { ...good, 'hub.verify_token': undefined }],
  ['the token twice', { ...good, 'hub.verify_token': [token, token] }],
  ['another mode', { ...good, 'hub.mode': 'unsubscribe' }],
  ['no mode', { ...good, 'hub.mode': undefined }],
  ['nothing', {}],
])('%s: refused as a wrong token', (_name, query) => {
  expect(verifyChallenge(query, token)).toEqual({ ok: false, fault: 'token' })
})

test.each<[string, unknown]>([
  ['markup', '<script>alert(1)</script>'],
  ['words', 'hello'],
  ['nothing', ''],
  ['65 digits', '1'.repeat(65)],
  ['digits and a line break', '123\n'],
  ['digits of another script', '١٢٣'],
  ['a negative number', '-1'],
  ['a list', ['1', '2']],
  ['missing', undefined],
])('a challenge that is %s is not echoed', (_name, challenge) => {
  expect(verifyChallenge({ ...good, 'hub.challenge': challenge }, token)).toEqual({
    ok: false,
    fault: 'challenge',
  })
})

test('a wrong token is told before a wrong challenge, so that nobody learns which challenge we take', () => {
  const query = { ...good, 'hub.verify_token': 'no', 'hub.challenge': '<b>' }
  expect(verifyChallenge(query, token)).toEqual({ ok: false, fault: 'token' })
})
