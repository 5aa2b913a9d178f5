import { describe, expect, it } from 'vitest'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import { rocketchatSettings } from '../../src/helpdesk/rocketchat/settings.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { eventsOf, expectFacts, opened, thrownBy, ticketId } from '../support/ticket-helpdesk-kit.ts'
import { callbackSecret, rocketchat } from '../support/vendors/rocketchat.ts'
import type { RocketchatUnderTest } from '../support/vendors/rocketchat.ts'

const signal = () => new AbortController().signal

/** A reply with something of its message or of the whole changed. */
async function changed(under: RocketchatUnderTest, message: object, more: object = {}) {
  const ticket = ticketId(await opened(under))
  const [told] = under.callbacks!.reply(ticket, { text: 'Hi', files: [], agent: 'Bea Agent' })
  const body = told!.body as { messages: object[] }
  return eventsOf(under, [{ body: { ...body, messages: [{ ...body.messages[0], ...message }], ...more } }])
}

describe('rocketchat: callbacks', () => {
  it('are proven by the secret in their header', () =>
    rocketchat((under) => {
      const { scheme, secrets } = under.adapter.callback!
      const verdict = (header?: string) =>
        verifyCallback(
          { scheme, secrets },
          {
            headers: { 'x-rocketchat-livechat-token': header },
            pathSecret: undefined,
            body: Buffer.from('{}'),
          },
          0,
        )
      expect([verdict(callbackSecret), verdict('other'), verdict()]).toEqual(['proven', 'wrong', 'missing'])
      return Promise.resolve()
    }))

  it.each<[string, object, object, unknown]>([
    ['the agent who wrote', {}, {}, { name: 'Bea Agent' }],
    ['whoever has the room, by id', { u: null }, {}, { name: 'Bea Agent' }],
    ['the user name where there is no other', { u: null, username: 'bea' }, { agent: null }, { name: 'bea' }],
  ])('name %s', (_what, message, more, agent) =>
    rocketchat(async (under) => {
      expect(await changed(under, message, more)).toMatchObject([{ kind: 'reply', text: 'Hi', agent }])
    }),
  )

  it.each<[string, object]>([
    ['a visitor', { agentId: undefined }],
    ['our own user', { agentId: 'BridgeUser0000001' }],
    ['us, by the id', { _id: 'dskbrdg0123456789' }],
    ['the comment of closing', { closingMessage: true }],
    ['an edit', { editedAt: '2026-01-01T00:00:00Z' }],
    ['a page that was visited', { navigation: { page: {} } }],
    ['buttons', { blocks: [{ type: 'actions' }], msg: '[{"type":"actions"}]' }],
  ])('tell no reply of %s', (_what, message) =>
    rocketchat(async (under) => {
      expect(await changed(under, message)).toEqual([])
    }),
  )

  it('tell the words beside a file, and no token of its link', () =>
    rocketchat(async (under) => {
      const file = { _id: 'file1', name: 'Rechnung März.pdf', type: 'application/pdf' }
      const attachments = [{ title: file.name, description: 'your bill' }]
      const ref = 'file1/Rechnung%20M%C3%A4rz.pdf'
      const events = await changed(under, { msg: '', file, attachments })
      expect(events).toMatchObject([{ text: 'your bill', files: [{ type: 'file', name: file.name, ref }] }])
    }))

  it('tell that a room was closed, for good, and none of its messages again', () =>
    rocketchat(async (under) => {
      const ticket = ticketId(await opened(under))
      under.callbacks!.reply(ticket, { text: 'Bye', files: [], agent: 'Bea' })
      const events = eventsOf(under, under.closeRoom(ticket))
      expect(events).toEqual([{ kind: 'status', ticket, status: 'closed', at: expect.any(Number) }])
    }))

  it('of other kinds say nothing to us, and name what is wrong', () =>
    rocketchat((under) => {
      for (const type of ['LivechatSessionStart', 'LivechatSessionTaken', 'LivechatEdit', 'LeadCapture'])
        expect(eventsOf(under, [{ body: { type, _id: 'room1', messages: [] } }])).toEqual([])
      const body = { type: 'Message', _id: 'a room', messages: [] }
      expect(() => eventsOf(under, [{ body }])).toThrow(CallbackFault)
      expect(() => eventsOf(under, [{ body }])).toThrow(/^_id: /)
      return Promise.resolve()
    }))

  it.each(['../api/v1/me', 'a/../../api', '../x', 'https://elsewhere.example/x', 'a/b?c'])(
    'open no file at %s',
    (ref) =>
      rocketchat(async (under) => {
        const error = await thrownBy(under.adapter.file!(ref, signal()))
        expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent' }, [])
        expect(under.server.exchanges).toEqual([])
      }),
  )
})

describe('rocketchat: setup', () => {
  const context = () => ({ callbackUrl: 'https://bridge.example/callbacks/main', signal: signal() })
  const states = (findings: { state: string }[]) => findings.map(({ state }) => state)

  it('sets the webhook once, and says what only a person can do', () =>
    rocketchat(async (under) => {
      const { check, setUp } = under.adapter.setup!
      const before = ['ok', 'ok', 'failed', 'failed', 'failed', 'failed', 'todo', 'todo']
      expect(states(await check(context()))).toEqual(before)
      const made = ['ok', 'ok', 'changed', 'changed', 'changed', 'changed', 'todo', 'todo']
      expect(states(await setUp(context()))).toEqual(made)
      expect(under.state.settings['Livechat_secret_token']).toBe(callbackSecret)
      expect(states(await setUp(context()))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'todo', 'todo'])
      expect(JSON.stringify(await check(context()))).not.toContain(callbackSecret)
    }))

  it('sees that a switch was not set, though Rocket.Chat says so', () =>
    rocketchat(async (under) => {
      under.state.integrates = false
      const findings = await under.adapter.setup!.setUp(context())
      const failed = findings.filter(({ state }) => state === 'failed')
      expect(failed.map(({ what }) => what)).toEqual([
        'webhook tells agent messages',
        'webhook tells chat close',
      ])
      expect(failed[0]?.mend).toMatch(/Switch "agent messages" on in Manage/)
    }))

  it.each<[string, (under: RocketchatUnderTest) => void, RegExp]>([
    ['a token that is refused', ({ state }) => (state.authToken = 'other'), /authToken/],
    ['Omnichannel that is off', ({ state }) => (state.enabled = false), /Enable it/],
  ])('names what to do about %s', (_what, change, mend) =>
    rocketchat(async (under) => {
      change(under)
      const findings = await under.adapter.setup!.check(context())
      const bad = findings.filter(({ state }) => state === 'failed').map((finding) => finding.mend)
      expect(bad.join('\n')).toMatch(mend)
      for (const secret of under.secrets) expect(JSON.stringify(findings)).not.toContain(secret)
    }),
  )

  it('wants to know where we are', () =>
    rocketchat(async (under) => {
      const findings = await under.adapter.setup!.setUp({ callbackUrl: undefined, signal: signal() })
      expect(findings.find(({ what }) => what === 'webhook')?.mend).toMatch(/publicUrl/)
    }))
})

describe('rocketchat: settings', () => {
  const settings = {
    adapter: 'rocketchat',
    url: 'https://chat.acme.example',
    userId: 'abc123',
    authToken: 'token',
    visitorSecret: 'v'.repeat(32),
    callbackSecrets: ['c'.repeat(32)],
  }

  it.each([
    [{ url: 'http://10.0.0.1' }, 'url'],
    [{ userId: '../x' }, 'userId'],
    [{ visitorSecret: 'short' }, 'visitorSecret'],
    [{ callbackSecrets: ['short'] }, 'callbackSecrets'],
    [{ fields: { locale: 'a.b' } }, 'fields'],
  ])('refuses %j', (more, place) => {
    const { error } = rocketchatSettings.safeParse({ ...settings, ...more })
    expect(error?.issues[0]?.path[0]).toBe(place)
    expect(rocketchatSettings.safeParse(settings).success).toBe(true)
  })
})
