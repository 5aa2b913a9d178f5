import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import { chatwootHelpdesk } from '../../src/helpdesk/chatwoot/adapter.ts'
import { chatwootSettings } from '../../src/helpdesk/chatwoot/settings.ts'
import { signCallback } from '../../src/helpdesk/sign-callback.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { eventsOf, expectFacts, opened, thrownBy, ticketId } from '../support/ticket-helpdesk-kit.ts'
import { chatwoot } from '../support/vendors/chatwoot.ts'
import type { ChatwootUnderTest } from '../support/vendors/chatwoot.ts'

const signal = () => new AbortController().signal

describe('chatwoot: callbacks', () => {
  it('are proven by the signature over time and bytes', () =>
    chatwoot(async (under) => {
      const ticket = ticketId(await opened(under))
      const [told] = under.callbacks!.reply(ticket, { text: 'Grüße', files: [], agent: 'Bea' })
      const body = Buffer.from(JSON.stringify(told!.body))
      const { scheme, secrets } = under.adapter.callback!
      const now = 1_790_000_000_000
      // What Chatwoot's own code does: sha256= and the HMAC over "<seconds>.<body>".
      const mac = createHmac('sha256', secrets[0]!).update(`1790000000.${body.toString()}`).digest('hex')
      const headers = { 'x-chatwoot-signature': `sha256=${mac}`, 'x-chatwoot-timestamp': '1790000000' }
      expect(signCallback({ scheme, secret: secrets[0]! }, body, now)).toEqual(headers)
      const given = { headers, pathSecret: undefined, body }
      expect(verifyCallback({ scheme, secrets }, given, now)).toBe('proven')
      expect(verifyCallback({ scheme, secrets }, { ...given, body: Buffer.from('{}') }, now)).toBe('wrong')
      expect(verifyCallback({ scheme, secrets }, given, now + 301_000)).toBe('stale')
    }))

  it('tell who speaks: an agent by name, a bot or template as nobody', () =>
    chatwoot(async (under) => {
      const ticket = ticketId(await opened(under))
      const [{ body } = { body: {} }] = under.callbacks!.reply(ticket, {
        text: 'Hi',
        files: [],
        agent: 'Bea',
      })
      const speaker = (more: object) => {
        const [event] = eventsOf(under, [{ body: { ...(body as object), ...more } }])
        return event?.kind === 'reply' ? event.agent : undefined
      }
      expect(speaker({})).toEqual({ name: 'Bea' })
      const avatar = 'https://chatwoot.example/bea.png'
      expect(speaker({ sender: { type: 'user', name: 'Bea', avatar } })).toEqual({
        name: 'Bea',
        pictureUrl: avatar,
      })
      expect(speaker({ sender: { type: 'agent_bot', name: 'Robo' } })).toBeNull()
      expect(speaker({ message_type: 'template', sender: null })).toBeNull()
      expect(speaker({ message_type: 'incoming' })).toBeUndefined()
      expect(speaker({ content_attributes: { deleted: true } })).toBeUndefined()
      expect(speaker({ event: 'message_updated' })).toBeUndefined()
    }))

  it('tell that an agent types, and not that the customer does or a note is written', () =>
    chatwoot((under) => {
      const body = {
        event: 'conversation_typing_on',
        conversation: { id: 5 },
        user: { type: 'user' },
        is_private: false,
      }
      const told = (more: object) => eventsOf(under, [{ body: { ...body, ...more } }])
      expect(told({})).toEqual([{ kind: 'typing', ticket: '5', typing: true }])
      expect(told({ event: 'conversation_typing_off' })).toEqual([
        { kind: 'typing', ticket: '5', typing: false },
      ])
      expect(told({ is_private: true })).toEqual([])
      expect(told({ user: { id: 4 } })).toEqual([])
      return Promise.resolve()
    }))

  it('name the place that is wrong', () =>
    chatwoot((under) => {
      const body = { event: 'conversation_status_changed', id: 'five', status: 'open' }
      expect(() => eventsOf(under, [{ body }])).toThrow(CallbackFault)
      expect(() => eventsOf(under, [{ body }])).toThrow(/^id: /)
      return Promise.resolve()
    }))

  it('give the public link of a file, and ours where Chatwoot is in a private network', () =>
    chatwoot(async (under) => {
      const ticket = ticketId(await opened(under))
      const files = [{ type: 'image' as const, name: 'label.png' }]
      const bodies = under.callbacks!.reply(ticket, { text: null, files, agent: 'Bea' })
      const settings = { url: 'https://chatwoot.example', accountId: 1, inboxIdentifier: 'x', apiToken: 'y' }
      const open = chatwootHelpdesk(
        chatwootSettings.parse({ adapter: 'chatwoot', callbackSecrets: ['z'], ...settings }),
      )
      const [public_] = open.callback!.parse({ headers: {}, query: {}, body: bodies[0]!.body })
      await open.close()
      const path = expect.stringMatching(/^\/rails\/active_storage\/.*label\.png$/)
      const url = expect.stringContaining(`${under.server.url}/rails/active_storage/`)
      expect(public_).toMatchObject({ files: [{ type: 'image', name: 'label.png', url }] })
      expect(eventsOf(under, bodies)[0]).toMatchObject({ files: [{ type: 'image', ref: path }] })
    }))

  it.each([
    '/api/v1/profile',
    '//elsewhere.example/rails/active_storage/x',
    'https://elsewhere.example/rails/active_storage/x',
  ])('open no file at %s', (ref) =>
    chatwoot(async (under) => {
      const error = await thrownBy(under.adapter.file!(ref, signal()))
      expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent' }, [])
      expect(under.server.exchanges).toEqual([])
    }),
  )
})

describe('chatwoot: setup', () => {
  const context = { callbackUrl: 'https://bridge.example/callbacks/main' }
  const states = (findings: { state: string }[]) => findings.map(({ state }) => state)

  it('sets the webhook of the inbox once, and says what only a person can do', () =>
    chatwoot(async (under) => {
      const { check, setUp } = under.adapter.setup!
      const of = () => ({ ...context, signal: signal() })
      expect(states(await check(of()))).toEqual(['ok', 'ok', 'failed', 'ok', 'todo'])
      expect(under.state.inbox.webhook_url).toBeNull()
      expect(states(await setUp(of()))).toEqual(['ok', 'ok', 'changed', 'ok', 'todo'])
      expect(under.state.inbox.webhook_url).toBe(context.callbackUrl)
      under.state.inbox.additional_attributes = { agent_reply_time_window: '168' }
      expect(states(await setUp(of()))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
      expect(JSON.stringify(await check(of()))).not.toContain(under.state.inbox.secret)
    }))

  it.each<[string, (under: ChatwootUnderTest) => void, RegExp]>([
    ['a token that is refused', ({ state }) => (state.token = 'other'), /apiToken/],
    ['another inbox', ({ state }) => (state.inbox.inbox_identifier = 'x'), /inbox identifier/],
    [
      'an inbox of another kind',
      ({ state }) => (state.inbox.channel_type = 'Channel::WebWidget'),
      /kind API/,
    ],
    ['another secret', ({ state }) => (state.inbox.secret = 'other'), /into callbackSecrets/],
    ['a secret that is hidden', ({ state }) => delete state.inbox.secret, /not the HMAC token/],
    ['identity that is enforced', ({ state }) => (state.inbox.hmac_mandatory = true), /hmacToken/],
    [
      'one conversation for all',
      ({ state }) => (state.inbox.lock_to_single_conversation = true),
      /Lock to single/,
    ],
  ])('names what to do about %s', (_what, change, mend) =>
    chatwoot(async (under) => {
      change(under)
      const findings = await under.adapter.setup!.check({ ...context, signal: signal() })
      const bad = findings.filter(({ state }) => state === 'failed' || state === 'todo')
      expect(bad.map((finding) => finding.mend).join('\n')).toMatch(mend)
      expect(JSON.stringify(findings)).not.toContain('chatwoot-access-token')
    }),
  )

  it('wants to know where we are', () =>
    chatwoot(async (under) => {
      const findings = await under.adapter.setup!.setUp({ callbackUrl: undefined, signal: signal() })
      expect(findings.find(({ what }) => what.startsWith('webhook'))?.mend).toMatch(/publicUrl/)
    }))
})

describe('chatwoot: settings', () => {
  const settings = {
    adapter: 'chatwoot',
    url: 'https://app.chatwoot.com',
    accountId: 1,
    inboxIdentifier: 'abc',
    apiToken: 'token',
    callbackSecrets: ['secret'],
  }

  it.each([
    [{ url: 'http://10.0.0.1' }, 'url'],
    [{ inboxIdentifier: '../x' }, 'inboxIdentifier'],
    [{ callbackSecrets: [] }, 'callbackSecrets'],
    [{ fields: { mood: 'x' } }, 'fields'],
  ])('refuses %j', (more, place) => {
    const { error } = chatwootSettings.safeParse({ ...settings, ...more })
    expect(error?.issues[0]?.path[0]).toBe(place)
    expect(chatwootSettings.safeParse(settings).success).toBe(true)
  })
})
