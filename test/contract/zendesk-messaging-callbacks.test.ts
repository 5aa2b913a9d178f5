import { describe, expect, it } from 'vitest'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import {
  eventsOf,
  expectFacts,
  opened,
  said,
  stepFor,
  thrownBy,
  ticketId,
} from '../support/ticket-helpdesk-kit.ts'
import type { Json } from '../support/vendor-server.ts'
import { sunshine, webhookSecret } from '../support/vendors/zendesk-messaging.ts'
import type { SunshineUnderTest } from '../support/vendors/zendesk-messaging.ts'

/** What comes of a message that somebody else posts. */
function toldOf(under: SunshineUnderTest, ticket: string, message: Json) {
  const live = under.app.live(ticket)!
  return eventsOf(under, [{ body: under.app.told(live, under.app.post(live, message)) }])
}

const words = { type: 'text', text: 'Hi Anna' }

describe('zendesk-messaging: callbacks', () => {
  it('are proven by their header', () =>
    sunshine((under) => {
      const { scheme, secrets } = under.adapter.callback!
      const verdict = (headers: Record<string, string>) =>
        verifyCallback({ scheme, secrets }, { headers, pathSecret: undefined, body: Buffer.from('{}') }, 0)
      expect(verdict({ 'x-api-key': webhookSecret })).toBe('proven')
      expect(verdict({ 'x-api-key': `${webhookSecret}x` })).toBe('wrong')
      expect(verdict({})).toBe('missing')
      return Promise.resolve()
    }))

  it('name the agent, and only who surely is one', () =>
    sunshine(async (under) => {
      const ticket = ticketId(await opened(under))
      const agentOf = (author: object, type: string) =>
        toldOf(under, ticket, {
          author: { type: 'business', displayName: 'Bea', ...author },
          content: words,
          source: { type },
        }).map((event) => event.kind === 'reply' && event.agent)
      expect(agentOf({}, 'zd:agentWorkspace')).toEqual([{ name: 'Bea' }])
      expect(agentOf({ subtypes: ['agent'], avatarUrl: 'https://a.example/b.png' }, 'api')).toEqual([
        { name: 'Bea', pictureUrl: 'https://a.example/b.png' },
      ])
      expect(agentOf({ subtypes: ['bot'] }, 'zd:agentWorkspace')).toEqual([null])
      expect(agentOf({}, 'zd:answerBot')).toEqual([null])
      expect(agentOf({}, 'api:conversations')).toEqual([null])
      expect(agentOf({ type: 'user' }, 'web')).toEqual([])
      expect(agentOf({ subtypes: ['activity'] }, 'zd:agentWorkspace')).toEqual([])
    }))

  it('of our own words are told by the mark in them, not by a name', () =>
    sunshine(async (under) => {
      const ref = await opened(under)
      await under.adapter.appendMessage(
        ref,
        said('Hi Anna', { from: 'agent', agentName: 'Bea' }),
        stepFor('own'),
      )
      await under.adapter.addNote(ref, { at: 1, text: 'Hi Anna' }, stepFor('note'))
      expect(eventsOf(under, under.callbacks!.ours())).toEqual([])
      const author = { type: 'business', displayName: 'Bea' }
      expect(toldOf(under, ticketId(ref), { author, content: words })).toHaveLength(1)
    }))

  it('say who types and reads, and when the ticket is closed', () =>
    sunshine(async (under) => {
      const ticket = ticketId(await opened(under))
      const conversation = under.app.reference(under.app.live(ticket)!)
      const told = (type: string, payload: object) =>
        eventsOf(under, [{ body: under.app.event(type, { conversation, ...payload }) }])
      const business = { type: 'business' }
      const typing = (type: string, author: object) =>
        told('conversation:typing', { activity: { type, author } })
      expect(typing('typing:start', business)).toEqual([{ kind: 'typing', ticket, typing: true }])
      expect(typing('typing:stop', business)).toEqual([{ kind: 'typing', ticket, typing: false }])
      expect(typing('typing:start', { type: 'user' })).toEqual([])
      const read = { activity: { type: 'conversation:read', author: business } }
      expect(told('conversation:read', read)).toEqual([{ kind: 'seen', ticket }])
      expect(told('switchboard:passControl', {})).toEqual([])
      expect(told('switchboard:releaseControl', { reason: 'ticketClosed' })).toEqual([
        { kind: 'status', ticket, status: 'solved', at: expect.any(Number) },
      ])
    }))

  it('of a closed ticket end the conversation where control was given by us', () =>
    sunshine(
      async (under) => {
        const ticket = ticketId(await opened(under))
        const conversation = under.app.reference(under.app.live(ticket)!)
        const body = under.app.event('switchboard:passControl', { conversation, reason: 'ticketClosed' })
        expect(eventsOf(under, [{ body }])).toMatchObject([{ kind: 'status', status: 'closed' }])
      },
      { switchboardIntegration: 'next' },
    ))

  it('of other apps and of other channels are nothing', () =>
    sunshine(async (under) => {
      const live = under.app.live(ticketId(await opened(under)))!
      const author = { type: 'business', displayName: 'Bea' }
      const body = under.app.told(live, under.app.post(live, { author, content: words }))
      expect(eventsOf(under, [{ body }])).toHaveLength(1)
      expect(eventsOf(under, [{ body: { ...body, app: { id: 'another' } } }])).toEqual([])
      live.metadata = { shop: 'de' }
      expect(eventsOf(under, [{ body: under.app.told(live, live.messages.at(-1)!) }])).toEqual([])
    }))

  it.each<[Json, Json]>([
    [
      { type: 'text', htmlText: '<p>Hi <b>Anna</b></p>' },
      { text: 'Hi Anna', files: [] },
    ],
    [
      { type: 'text', text: 'See', actions: [{ type: 'link', text: 'Shop', uri: 'https://shop.example' }] },
      { text: 'See\nShop (https://shop.example)', files: [] },
    ],
    [
      { type: 'carousel', items: [{ title: 'Shoe', description: 'Red', actions: [] }, { title: 'Hat' }] },
      { text: 'Shoe\nRed\nHat', files: [] },
    ],
    [
      { type: 'location', coordinates: { lat: 52.5, long: 13.4 } },
      { text: 'https://www.google.com/maps?q=52.5,13.4', files: [] },
    ],
    [
      {
        type: 'file',
        mediaUrl: 'https://media.example/a/voice.mp3',
        mediaType: 'audio/mpeg',
        text: 'listen',
      },
      {
        text: 'listen',
        files: [{ type: 'audio', name: 'voice.mp3', url: 'https://media.example/a/voice.mp3' }],
      },
    ],
  ])('content %j becomes %j', (content, wanted) =>
    sunshine(async (under) => {
      const ticket = ticketId(await opened(under))
      const author = { type: 'business', displayName: 'Bea' }
      expect(toldOf(under, ticket, { author, content })).toMatchObject([wanted])
    }),
  )

  it('files of other hosts never get our credentials', () =>
    sunshine(async (under) => {
      for (const ref of ['//evil.example/a.png', 'https://evil.example/a.png', '\\\\evil.example/a']) {
        const error = await thrownBy(under.adapter.file!(ref, new AbortController().signal))
        expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' }, [])
      }
    }))
})

describe('zendesk-messaging: set-up', () => {
  const context = {
    callbackUrl: 'https://bridge.example/callbacks/desk',
    signal: new AbortController().signal,
  }

  it('makes the integration once, and is content then', () =>
    sunshine(
      async (under) => {
        const { check, setUp } = under.adapter.setup!
        expect((await check(context)).map(({ state }) => state)).toEqual(['ok', 'ok', 'failed'])
        expect((await setUp(context)).map(({ state }) => state)).toEqual(['ok', 'ok', 'changed', 'ok'])
        expect((await setUp(context)).every(({ state }) => state === 'ok')).toBe(true)
        expect((await check(context)).every(({ state }) => state === 'ok')).toBe(true)
      },
      { switchboardIntegration: 'zd-agentWorkspace' },
    ))

  it('tells where the secret is, and not what it is', () =>
    sunshine(
      async (under) => {
        const findings = await under.adapter.setup!.setUp(context)
        expect(findings.at(-1)).toMatchObject({
          state: 'todo',
          mend: expect.stringContaining('begins with 8564'),
        })
        expect(JSON.stringify(findings)).not.toContain(webhookSecret)
      },
      { callbackSecrets: ['another'] },
    ))

  it.each([
    [{ keySecret: 'wrong' }, 'keySecret'],
    [{ switchboardIntegration: 'zd-nobody' }, 'zd-agentWorkspace'],
  ])('%j is found out', (wrong, mend) =>
    sunshine(async (under) => {
      expect(await under.adapter.setup!.check(context)).toContainEqual(
        expect.objectContaining({ state: 'failed', mend: expect.stringContaining(mend) }),
      )
    }, wrong),
  )
})
