import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { eventsOf, expectFacts, opened, stepFor, thrownBy, ticketId } from '../support/ticket-helpdesk-kit.ts'
import { signingSecret, zendesk } from '../support/vendors/zendesk.ts'
import type { ZendeskUnderTest } from '../support/vendors/zendesk.ts'

describe('zendesk: callbacks', () => {
  it('are proven over their very bytes, and read', () =>
    zendesk(async (under) => {
      const ticket = ticketId(await opened(under))
      const [callback] = under.callbacks!.reply(ticket, { text: 'Hi Anna', files: [], agent: 'Bea Agent' })
      const body = Buffer.from(JSON.stringify(callback!.body))
      const at = '2026-11-23T10:00:00Z'
      const signature = createHmac('sha256', signingSecret).update(at).update(body).digest('base64')
      const headers = {
        'x-zendesk-webhook-signature': signature,
        'x-zendesk-webhook-signature-timestamp': at,
      }
      const { scheme, secrets } = under.adapter.callback!
      const verdict = (bytes: Buffer) =>
        verifyCallback({ scheme, secrets }, { headers, pathSecret: undefined, body: bytes }, Date.parse(at))
      expect(verdict(body)).toBe('proven')
      expect(verdict(Buffer.concat([body, Buffer.from(' ')]))).toBe('wrong')
      expect(eventsOf(under, [{ body: JSON.parse(body.toString()) }])).toEqual([
        expect.objectContaining({ kind: 'reply', ticket, text: 'Hi Anna', agent: { name: 'Bea Agent' } }),
      ])
    }))

  it('of other tickets, of us and of customers are nothing; of automations they have no agent', () =>
    zendesk(async (under) => {
      const { account } = under
      const ticket = account.live(ticketId(await opened(under)))!
      const events = (author: typeof account.api) => {
        const from = account.events.length
        account.update(author, ticket, { comment: { author, body: 'words', public: true, files: [] } })
        return eventsOf(
          under,
          account.events.slice(from).map(({ event }) => ({ body: event })),
        )
      }
      expect(events(account.api)).toEqual([])
      expect(events(ticket.requester)).toEqual([])
      expect(events({ id: -1, name: 'System', role: 'end-user' })).toMatchObject([
        { text: 'words', agent: null },
      ])
      expect(events(account.user('Bea'))).toHaveLength(1)
      ticket.external_id = 'shop-17'
      expect(events(account.user('Bea'))).toEqual([])
      ticket.external_id = null
      expect(events(account.user('Bea'))).toEqual([])
    }))

  it('of closing and deleting say that nothing more is taken, and our own changes say nothing', () =>
    zendesk(async (under) => {
      const { account, adapter } = under
      const ref = await opened(under)
      const ticket = account.live(ticketId(ref))!
      await adapter.setStatus!(ref, 'solved', stepFor('solved'))
      expect(eventsOf(under, under.callbacks!.ours())).toEqual([])
      const from = account.events.length
      for (const status of ['pending', 'closed']) account.update(account.user('Bea'), ticket, { status })
      account.tell(account.user('Bea'), ticket, 'soft_deleted', {})
      const told = eventsOf(
        under,
        account.events.slice(from).map(({ event }) => ({ body: event })),
      )
      expect(told.map((event) => event.kind === 'status' && event.status)).toEqual([
        'open',
        'closed',
        'closed',
      ])
    }))

  it.each([
    ['of an internal note', false, 'Bea', 'agent'],
    ['of the customer', true, 'Anna Schmidt', 'end-user'],
    ['of us', true, 'deskbridge', 'admin'],
  ] as const)('files %s never leave', (_what, isPublic, name, role) =>
    zendesk(async (under) => {
      const ticket = under.account.live(ticketId(await opened(under)))!
      const author = under.account.user(name, role)
      const files = [{ id: 4000, name: 'secret.png', type: 'image/png' }]
      under.account.update(under.account.user('Bea'), ticket, {
        comment: { author, body: '', public: isPublic, files },
      })
      const ref = `${ticket.id}/${ticket.comments.at(-1)!.id}/4000`
      const error = await thrownBy(under.adapter.file!(ref, new AbortController().signal))
      expectFacts(error, { code: 'HELPDESK_FILE_PRIVATE', verdict: 'permanent' }, ['secret.png'])
    }),
  )
})

describe('zendesk: set-up', () => {
  const context = (under: ZendeskUnderTest) => ({
    callbackUrl: under.callbackUrl,
    signal: new AbortController().signal,
  })
  const more = { fields: { locale: 9001 }, groupId: 8001 }

  it('makes the webhook once, and is content then', () =>
    zendesk(async (under) => {
      const { check, setUp } = under.adapter.setup!
      const before = await check(context(under))
      expect(before.filter(({ state }) => state === 'failed').map(({ what }) => what)).toEqual([
        `webhook to ${under.callbackUrl}`,
      ])
      expect((await setUp(context(under))).map(({ state }) => state)).toEqual([
        'ok',
        'ok',
        'ok',
        'changed',
        'ok',
      ])
      expect((await setUp(context(under))).every(({ state }) => state === 'ok')).toBe(true)
      expect((await check(context(under))).every(({ state }) => state === 'ok')).toBe(true)
    }, more))

  it('tells where the secret is, and not what it is', () =>
    zendesk(
      async (under) => {
        const findings = await under.adapter.setup!.setUp(context(under))
        expect(findings.at(-1)).toMatchObject({
          state: 'todo',
          mend: expect.stringContaining('begins with dGhp'),
        })
        expect(JSON.stringify(findings)).not.toContain(signingSecret)
      },
      { callbackSecrets: ['another'] },
    ))

  it.each([
    [{ userId: 502 }, 'Set userId: 501'],
    [{ apiToken: 'wrong' }, 'Check email and apiToken'],
    [{ groupId: 17 }, 'There is none with this id'],
    [{ fields: { locale: 17 } }, 'There is none with this id'],
  ])('%j is found out', (wrong, mend) =>
    zendesk(async (under) => {
      const findings = await under.adapter.setup!.check({ ...context(under), callbackUrl: undefined })
      expect(findings).toContainEqual(
        expect.objectContaining({ state: 'failed', mend: expect.stringContaining(mend) }),
      )
    }, wrong),
  )

  it('an agent who may not make webhooks is told so', () =>
    zendesk(async (under) => {
      under.account.api.role = 'agent'
      const findings = await under.adapter.setup!.setUp(context(under))
      expect(findings.at(-1)).toMatchObject({ state: 'failed', mend: expect.stringContaining('admin') })
    }))
})
