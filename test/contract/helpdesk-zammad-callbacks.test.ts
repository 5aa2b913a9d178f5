import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import { signCallback } from '../../src/helpdesk/sign-callback.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { zammadSettings } from '../../src/helpdesk/zammad/settings.ts'
import { eventsOf, opened, said, stepFor, ticketId } from '../support/ticket-helpdesk-kit.ts'
import type { Json } from '../support/vendor-server.ts'
import { zammad } from '../support/vendors/zammad.ts'
import type { ZammadUnderTest } from '../support/vendors/zammad.ts'

const signal = () => new AbortController().signal

async function replyOf(under: ZammadUnderTest): Promise<Json> {
  const ticket = ticketId(await opened(under))
  const [told] = under.callbacks!.reply(ticket, { text: 'Hi', files: [], agent: 'Bea Agent' })
  return told!.body
}

describe('zammad: callbacks', () => {
  it('are proven by the signature over the bytes', () =>
    zammad(async (under) => {
      const body = Buffer.from(JSON.stringify(await replyOf(under)))
      const { scheme, secrets } = under.adapter.callback!
      // As Zammad's source does it: "sha1=" and the HMAC over the body with the webhook's signature token.
      const mac = createHmac('sha1', secrets[0]!).update(body).digest('hex')
      const headers = { 'x-hub-signature': `sha1=${mac}` }
      expect(signCallback({ scheme, secret: secrets[0]! }, body, 0)).toMatchObject(headers)
      const given = { headers, pathSecret: undefined, body }
      expect(verifyCallback({ scheme, secrets }, given, 0)).toBe('proven')
      expect(verifyCallback({ scheme, secrets }, { ...given, body: Buffer.from('{}') }, 0)).toBe('wrong')
    }))

  it('tell an answer and the state beside it', () =>
    zammad(async (under) => {
      const body = await replyOf(under)
      const ticket = String(body.ticket.id)
      const events = eventsOf(under, [{ body: { ...body, ticket: { ...body.ticket, state: 'closed' } } }])
      expect(events).toEqual([
        expect.objectContaining({ kind: 'reply', ticket, text: 'Hi', agent: { name: 'Bea Agent' } }),
        { kind: 'status', ticket, status: 'solved', at: Date.parse(body.ticket.updated_at) },
      ])
    }))

  it.each<[string, object]>([
    ['our own mark', { message_id: 'deskbridge:evt_1' }],
    ['an internal note', { internal: true }],
    ['a customer', { sender: 'Customer' }],
    ['an automation', { sender: 'System' }],
    ['an e-mail, which Zammad sends itself', { type: 'email' }],
    ['the log of a call', { type: 'phone' }],
    ['no words and no files', { body: '<div><br></div>' }],
  ])('tell no reply of %s', (_what, more) =>
    zammad(async (under) => {
      const body = await replyOf(under)
      const changed = { ...body, article: { ...body.article, ...more } }
      expect(eventsOf(under, [{ body: changed }]).map(({ kind }) => kind)).toEqual(['status'])
    }),
  )

  it('take other types of articles where the settings name them', () =>
    zammad(
      async (under) => {
        const body = await replyOf(under)
        const kinds = (type: string) =>
          eventsOf(under, [{ body: { ...body, article: { ...body.article, type } } }]).map(({ kind }) => kind)
        expect(kinds('phone')).toEqual(['reply', 'status'])
        expect(kinds('note')).toEqual(['status'])
      },
      { replyTypes: ['phone'] },
    ))

  it('name nobody where Zammad itself speaks, and keep plain text as it is', () =>
    zammad(async (under) => {
      const body = await replyOf(under)
      const told = (more: object) =>
        eventsOf(under, [{ body: { ...body, article: { ...body.article, ...more } } }])[0]
      expect(told({ created_by: { id: 1, firstname: '-', lastname: '' } })).toMatchObject({ agent: null })
      expect(told({ created_by: { id: 1, firstname: 'System' } })).toMatchObject({ agent: null })
      expect(told({ created_by: {} })).toMatchObject({ agent: null })
      const plain = { content_type: 'text/plain', body: 'a <b> & c\n' }
      expect(told(plain)).toMatchObject({ text: 'a <b> & c' })
      expect(told({ body: '<p>one</p><ul><li>two</li></ul>' })).toMatchObject({ text: 'one\n\n * two' })
    }))

  it('hold pictures that were put into the text', () =>
    zammad(async (under) => {
      const body = await replyOf(under)
      const html = 'Look: <img style="width:10px" src="/api/v1/ticket_attachment/7/8/9"> here'
      const changed = { ...body, article: { ...body.article, body: html } }
      expect(eventsOf(under, [{ body: changed }])[0]).toMatchObject({
        text: 'Look: here',
        files: [{ type: 'image', name: null, ref: '7/8/9' }],
      })
    }))

  it.each([
    ['new', 'open'],
    ['pending close', 'open'],
    ['of your own', 'open'],
    ['closed', 'solved'],
    ['merged', 'closed'],
    ['removed', 'closed'],
  ])('say of the state %s that the ticket is %s', (state, status) =>
    zammad(async (under) => {
      const { ticket } = await replyOf(under)
      const events = eventsOf(under, [{ body: { ticket: { ...ticket, state }, article: {} } }])
      expect(events).toEqual([expect.objectContaining({ kind: 'status', status })])
    }),
  )

  it('name the place that is wrong', () =>
    zammad(async (under) => {
      const body = await replyOf(under)
      const broken = { ...body, article: { ...body.article, internal: 'no' } }
      expect(() => eventsOf(under, [{ body: broken }])).toThrow(CallbackFault)
      expect(() => eventsOf(under, [{ body: broken }])).toThrow(/^article\.internal: /)
      expect(() => eventsOf(under, [{ body: {} }])).toThrow(/^ticket: /)
    }))

  it('about what we wrote for an agent are cut by our mark, not by who wrote it', () =>
    zammad(async (under) => {
      const ref = await opened(under)
      await under.adapter.appendMessage(
        ref,
        said('on it', { from: 'agent', agentName: 'Bea' }),
        stepFor('own'),
      )
      const [{ body } = { body: {} as Json }] = under.callbacks!.ours()
      expect(body.article).toMatchObject({ sender: 'Agent', internal: false, body: 'Bea: on it' })
      expect(eventsOf(under, [{ body }]).map(({ kind }) => kind)).toEqual(['status'])
    }))
})

describe('zammad: setup', () => {
  const callbackUrl = 'https://bridge.example/callbacks/main'
  const of = () => ({ callbackUrl, signal: signal() })
  const states = (findings: { state: string }[]) => findings.map(({ state }) => state)

  it('makes the webhook and its triggers once', () =>
    zammad(async (under) => {
      const { check, setUp } = under.adapter.setup!
      const before = await check(of())
      expect(states(before)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'failed', 'todo'])
      expect(under.state.webhooks).toEqual([])
      expect(states(await setUp(of()))).toEqual([
        ...Array<string>(5).fill('ok'),
        'changed',
        'ok',
        'changed',
        'changed',
      ])
      const [webhook] = under.state.webhooks
      expect(webhook).toMatchObject({ name: 'deskbridge main', endpoint: callbackUrl, ssl_verify: true })
      expect(webhook.signature_token).toBe(under.adapter.callback!.secrets[0])
      expect(under.state.triggers.map(({ name, condition }) => [name, Object.keys(condition)])).toEqual([
        ['deskbridge main: replies', ['ticket.tags', 'article.sender_id', 'article.internal']],
        ['deskbridge main: states', ['ticket.tags', 'ticket.state_id']],
      ])
      for (const { perform } of under.state.triggers)
        expect(perform).toEqual({ 'notification.webhook': { webhook_id: webhook.id } })
      expect(states(await setUp(of()))).toEqual(Array<string>(9).fill('ok'))
      expect([under.state.webhooks.length, under.state.triggers.length]).toEqual([1, 2])
      expect(states(await check(of()))).toEqual([...Array<string>(6).fill('ok'), 'todo', 'ok', 'ok'])
    }))

  it('puts right what was changed, and a secret that was rotated', () =>
    zammad(async (under) => {
      const { check, setUp } = under.adapter.setup!
      await setUp(of())
      const [webhook] = under.state.webhooks
      const [trigger] = under.state.triggers
      Object.assign(webhook, { endpoint: 'https://old.example/callbacks/main', signature_token: 'older' })
      Object.assign(trigger, { active: false })
      expect(states(await check(of())).slice(5)).toEqual(['failed', 'todo', 'failed', 'ok'])
      expect(states(await setUp(of())).slice(5)).toEqual(['changed', 'ok', 'changed', 'ok'])
      expect(webhook).toMatchObject({
        endpoint: callbackUrl,
        signature_token: under.adapter.callback!.secrets[0],
      })
      expect(trigger.active).toBe(true)
    }))

  it.each<[string, (under: ZammadUnderTest) => void, RegExp]>([
    ['a token that is refused', ({ state }) => (state.token = 'other'), /url and token/],
    ['no right to tickets', ({ state }) => state.rights.delete('ticket.agent'), /token with ticket\.agent/],
    ['no right to webhooks', ({ state }) => state.rights.delete('admin.webhook'), /admin\.webhook/],
    ['no right to attributes', ({ state }) => state.rights.delete('admin.object'), /without admin\.object/],
    ['an attribute that is missing', ({ state }) => (state.attributes = []), /Zammad drops/],
    ['a group that is missing', ({ state }) => (state.groups[0].name = 'Other'), /active group/],
    ['a group that rests', ({ state }) => (state.groups[0].active = false), /active group/],
    ['groups that are hidden', ({ state }) => (state.showsGroups = false), /full access/],
    [
      'a group that wants new tickets',
      ({ state }) => (state.groups[0].follow_up_possible = 'new_ticket'),
      /Follow-up/,
    ],
    ['a state that rests', ({ state }) => (state.states[3].active = false), /Correct states/],
  ])('names what to do about %s', (_what, change, mend) =>
    zammad(async (under) => {
      change(under)
      const findings = await under.adapter.setup!.check(of())
      const bad = findings.filter(({ state }) => state === 'failed' || state === 'todo')
      expect(bad.map((finding) => finding.mend).join('\n')).toMatch(mend)
      for (const secret of under.secrets) expect(JSON.stringify(findings)).not.toContain(secret)
    }),
  )

  it('needs admin.trigger beside it, and says so', () =>
    zammad(async (under) => {
      under.state.rights.delete('admin.trigger')
      const findings = await under.adapter.setup!.setUp(of())
      expect(findings.at(-1)).toMatchObject({
        state: 'failed',
        mend: expect.stringMatching(/admin\.trigger/),
      })
    }))

  it('wants to know where we are', () =>
    zammad(async (under) => {
      const findings = await under.adapter.setup!.setUp({ callbackUrl: undefined, signal: signal() })
      expect(findings.at(-1)?.mend).toMatch(/publicUrl/)
    }))
})

describe('zammad: settings', () => {
  const settings = {
    adapter: 'zammad',
    url: 'https://acme.zammad.com',
    token: 'token',
    group: 'Users',
    callbackSecrets: ['secret'],
  }

  it.each([
    [{ url: 'http://10.0.0.1' }, 'url'],
    [{ tag: 'two, tags' }, 'tag'],
    [{ callbackSecrets: [] }, 'callbackSecrets'],
    [{ fields: { locale: 'Not a name' } }, 'fields'],
    [{ states: { solved: [] } }, 'states'],
  ])('refuses %j', (more, place) => {
    const { error } = zammadSettings.safeParse({ ...settings, ...more })
    expect(error?.issues[0]?.path[0]).toBe(place)
    expect(zammadSettings.parse(settings).states.solved).toEqual(['closed'])
  })
})
