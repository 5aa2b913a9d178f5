import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import { salesforceHelpdesk } from '../../src/helpdesk/salesforce/adapter.ts'
import { instanceOf } from '../../src/helpdesk/salesforce/tokens.ts'
import { newTicket, opened, said, stepFor, thrownBy } from '../support/ticket-helpdesk-kit.ts'
import { openSalesforce } from '../support/vendors/salesforce.ts'
import type { SalesforceOptions } from '../support/vendors/salesforce.ts'

async function open(options?: SalesforceOptions) {
  const under = await openSalesforce(options)
  onTestFinished(async () => {
    await under.close()
    await under.adapter.close()
  })
  return under
}

const anyId = expect.stringMatching(/^\w{18}$/)

describe('the login at Salesforce', () => {
  it.each(['key', 'secret'] as const)('is taken with a %s', async (login) => {
    const under = await open({ login })
    expect(await opened(under)).toMatch(/^500\w{15} /)
    expect(under.logins()).toBe(1)
  })

  it('is refused with a key that the app does not know, and that is no fault of the message', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const wrong = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    const under = await open({
      settings: { login: { clientId: 'consumer-key-of-the-app', username: 'x', privateKey: wrong } },
    })
    const error = await thrownBy(opened(under))
    expect(stepFacts(error)).toMatchObject({
      code: 'HELPDESK_LOGIN_REFUSED',
      verdict: 'retry',
      arrived: 'no',
      message: expect.stringContaining('invalid_grant'),
    })
  })

  it('takes a key whose line ends were written as \\n', async () => {
    const under = await open()
    const { login } = under.settings
    const oneLine = login.privateKey!.replaceAll('\n', String.raw`\n`)
    const other = await open({ settings: { login: { ...login, privateKey: oneLine } } })
    // Another stand-in has the same key pair.
    expect(await opened(other)).toMatch(/^500/)
  })

  it('a key that cannot be read is told without a word of it', async () => {
    const privateKey = '-----BEGIN PRIVATE KEY-----\nCANARYCANARY\n-----END PRIVATE KEY-----'
    const under = await open({ settings: { login: { clientId: 'a', username: 'b', privateKey } } })
    const error = await thrownBy(opened(under))
    expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_LOGIN_REFUSED' })
    expect(JSON.stringify(stepFacts(error))).not.toContain('CANARY')
  })

  it('is shared by all who come at once', async () => {
    const under = await open()
    const tickets = await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        under.adapter.openTicket(
          { ...newTicket, conversation: { ...newTicket.conversation, id: `1:${n}` } },
          stepFor(`many${n}`),
        ),
      ),
    )
    expect(new Set(tickets).size).toBe(20)
    expect(under.logins()).toBe(1)
  })

  it('is made anew once when the token ends in the middle, also by many at once', async () => {
    const under = await open()
    const ref = await opened(under)
    under.expire()
    const ids = await Promise.all(
      Array.from({ length: 10 }, async (_, n) =>
        under.adapter.appendMessage(ref, said(`after ${n}`), stepFor(`after${n}`)),
      ),
    )
    expect(ids).toEqual(Array.from({ length: 10 }, () => anyId))
    expect(under.logins()).toBe(2)
    expect(under.tickets()[0]!.entries).toHaveLength(10)
  })

  it('that is refused when the token ends says so', async () => {
    const under = await open()
    const ref = await opened(under)
    under.expire()
    under.refuseLogins()
    const error = await thrownBy(under.adapter.appendMessage(ref, said('late'), stepFor('late')))
    expect(stepFacts(error)).toMatchObject({
      code: 'HELPDESK_LOGIN_REFUSED',
      verdict: 'retry',
      arrived: 'no',
      destinationDown: true,
    })
  })

  it('a token that ends while a file goes up costs a try, and no file goes up twice', async () => {
    const under = await open()
    const ref = await opened(under)
    under.expire()
    const step = stepFor('file')
    const message = said('look', { attachments: [{ type: 'image', url: under.server.fileUrl('a.jpg') }] })
    const error = await thrownBy(under.adapter.appendMessage(ref, message, step))
    expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' })
    await under.adapter.appendMessage(ref, message, { ...step, attempt: 2, repeat: true })
    await under.adapter.appendMessage(ref, message, { ...step, attempt: 2, repeat: true })
    expect(under.store.files.map(({ Title, bytes }) => [Title, bytes.toString()])).toEqual([
      ['a.jpg', 'bytes of a.jpg'],
    ])
    expect(under.tickets()[0]!.entries).toHaveLength(1)
  })

  it('that hangs is given up with the last who waits, and the next one begins anew', async () => {
    const under = await open()
    under.server.misbehave('silent')
    const lonely = salesforceHelpdesk(under.settings)
    await thrownBy(lonely.openTicket(newTicket, stepFor('hangs', { signal: AbortSignal.timeout(30) })))
    const many = [30, 60].map((ms) =>
      under.adapter.openTicket(newTicket, stepFor('hangs', { signal: AbortSignal.timeout(ms) })),
    )
    for (const one of many) expect(stepFacts(await thrownBy(one)).code).toBe('HELPDESK_SILENT')
    const began = performance.now()
    await lonely.close()
    expect(performance.now() - began, 'closing waits for no login').toBeLessThan(1000)
    under.server.behave()
    expect(await opened(under)).toMatch(/^500/)
  })
})

describe('the instance that a login names', () => {
  const strict = { allowPrivateNetwork: false }

  it('is an https address without more', () => {
    expect(instanceOf('https://acme.my.salesforce.com', strict)).toBe('https://acme.my.salesforce.com')
    for (const url of [
      'http://acme.my.salesforce.com',
      'https://user:pass@acme.my.salesforce.com',
      'https://acme.my.salesforce.com/elsewhere',
      'file:///etc/passwd',
      'no url',
    ])
      expect(() => instanceOf(url, strict)).toThrow('no https address')
  })

  it('in our own network gets no token', async () => {
    const under = await open()
    under.nameInstance('https://127.0.0.1:1')
    // Only the login itself is allowed there.
    const { salesforceTokens } = await import('../../src/helpdesk/salesforce/tokens.ts')
    const { salesforceApi } = await import('../../src/helpdesk/salesforce/api.ts')
    const { helpdeskHttp } = await import('../../src/helpdesk/http-client.ts')
    const [loose, guarded] = [helpdeskHttp({ allowPrivateNetwork: true }), helpdeskHttp(strict)]
    onTestFinished(async () => {
      await loose.close()
      await guarded.close()
    })
    const api = salesforceApi(under.settings, guarded, salesforceTokens(under.settings, loose))
    const signal = AbortSignal.timeout(2000)
    const error = await thrownBy(api.call({ method: 'GET', path: 'limits', signal }))
    expect(stepFacts(error).code).toBe('ADDRESS_NOT_ALLOWED')
  })
})
