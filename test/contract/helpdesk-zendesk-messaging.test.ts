import { describe, expect, it } from 'vitest'
import { zendeskMessagingSettings } from '../../src/helpdesk/zendesk-messaging/settings.ts'
import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import {
  again,
  anna,
  conversation,
  expectFacts,
  newTicket,
  only,
  opened,
  picture,
  said,
  stepFor,
  thrownBy,
  ticketId,
} from '../support/ticket-helpdesk-kit.ts'
import { openDefault, sunshine } from '../support/vendors/zendesk-messaging.ts'

describeTicketHelpdesk('zendesk-messaging', openDefault)

const control = {
  switchboardIntegration: 'zd-agentWorkspace',
  fields: { locale: 9001 },
  tags: ['facebook', 'vip'],
}

describe('zendesk-messaging: conversations', () => {
  it('are given to whoever shall have them, with what is known of the person', () =>
    sunshine(async (under) => {
      await opened(under)
      expect(under.app.conversations[0]).toMatchObject({
        user: conversation.id,
        displayName: 'Anna Schmidt at Acme Shoes',
        control: {
          name: 'zd-agentWorkspace',
          metadata: {
            'dataCapture.ticketField.9001': 'de_DE',
            'dataCapture.systemField.tags': 'facebook,vip',
          },
        },
      })
      expect([...under.adapter.fields!]).toEqual(['locale'])
    }, control))

  it('are left to the default responder where nobody is named', () =>
    sunshine(async (under) => {
      await opened(under)
      expect(under.app.conversations[0]?.control).toBeNull()
      expect(under.adapter.fields).toBeUndefined()
    }))

  it('belong to one user, who keeps their profile', () =>
    sunshine(async (under) => {
      await opened(under)
      await under.adapter.openTicket({ ...newTicket, customer: null }, stepFor('second'))
      expect(under.app.people).toEqual([
        expect.objectContaining({
          externalId: conversation.id,
          profile: { givenName: 'Anna', surname: 'Schmidt', locale: 'de-DE' },
        }),
      ])
    }))

  it('are not opened twice when giving control was refused for the moment', () =>
    sunshine(async (under) => {
      const step = stepFor('ticket')
      under.server.misbehave('busy', ({ path }) => path.endsWith('/passControl'))
      const error = await thrownBy(under.adapter.openTicket(newTicket, step))
      expectFacts(error, { code: 'HELPDESK_BUSY', arrived: 'unknown', retryAfterMs: 7000 }, ['Schmidt'])
      under.server.behave()
      await under.adapter.openTicket(newTicket, again(step))
      expect(under.app.conversations).toHaveLength(1)
      expect(under.app.conversations[0]?.control).not.toBeNull()
    }, control))

  it('with nobody to give them to are refused, and not gone', () =>
    sunshine(async (under) => {
      under.app.integrations.clear()
      const error = await thrownBy(under.adapter.openTicket(newTicket, stepFor('nobody')))
      expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent' }, ['Schmidt'])
    }, control))

  it('are read when the person has read them', () =>
    sunshine(async (under) => {
      const ticket = ticketId(await opened(under))
      const source = { helpdesk: 'desk', ticket, message: 'msg1' }
      const report = under.adapter.reportReceipt!
      const receipt = { replyId: 'rpl_1', at: 1, source }
      await report(conversation, { ...receipt, status: 'delivered' }, stepFor('delivered'))
      await report(conversation, { replyId: 'rpl_1', at: 1, status: 'read' }, stepFor('elsewhere'))
      expect(under.app.live(ticket)?.reads).toBe(0)
      await report(conversation, { ...receipt, status: 'read' }, stepFor('read'))
      expect(under.app.live(ticket)?.reads).toBe(1)
    }))

  it.each([
    [{ username: 'anna_s', name: null, firstName: null, lastName: null }, { givenName: 'anna_s' }],
    [{ name: 'Anna', firstName: null, lastName: null }, { givenName: 'Anna' }],
    [{ firstName: 'Anna', lastName: null, locale: null }, { givenName: 'Anna' }],
  ])('call somebody known as %j by that', (known, profile) =>
    sunshine(async (under) => {
      const customer = { ...anna, locale: null, ...known }
      await under.adapter.openTicket({ ...newTicket, customer }, stepFor('named'))
      expect(under.app.people[0]?.profile).toEqual(profile)
    }),
  )

  it('fields and tags without somebody to give them to are a mistake in the config', () => {
    const settings = {
      adapter: 'zendesk-messaging',
      url: 'https://acme.zendesk.com/sc',
      appId: 'a1',
      keyId: 'k',
      keySecret: 's',
      callbackSecrets: ['x'],
    }
    expect(zendeskMessagingSettings.safeParse(settings).success).toBe(true)
    expect(zendeskMessagingSettings.safeParse({ ...settings, tags: ['a'] }).success).toBe(false)
    expect(zendeskMessagingSettings.safeParse({ ...settings, fields: { locale: 1 } }).success).toBe(false)
  })
})

describe('zendesk-messaging: messages', () => {
  it('in several parts go on with the part that is missing', () =>
    sunshine(async (under) => {
      const ref = await opened(under)
      const names = ['a.jpg', 'b.jpg', 'c.pdf']
      const message = said('x'.repeat(5000), {
        attachments: names.map((name) => picture(under.server.fileUrl(name))),
      })
      const step = stepFor('parts')
      let posts = 0
      under.server.loseAnswer(({ path }) => path.endsWith('/messages') && ++posts === 4)
      await thrownBy(under.adapter.appendMessage(ref, message, step))
      const { entries } = only(under)
      expect(entries.map(({ files }) => files[0])).toEqual([undefined, undefined, 'a.jpg', 'b.jpg'])
      const first = await under.adapter.appendMessage(ref, message, again(step))
      expect(only(under).entries.map(({ files }) => files[0])).toEqual([undefined, undefined, ...names])
      expect(first).toBe(entries[0]?.id)
      expect(entries.map(({ text }) => text.length)).toEqual([4096, 904, 0, 0])
    }))

  it('of which a part was refused for the moment look before they go on', () =>
    sunshine(async (under) => {
      const ref = await opened(under)
      const message = said('words', { attachments: [picture(under.server.fileUrl('a.jpg'))] })
      const step = stepFor('half')
      under.server.misbehave('busy', ({ json }) => json?.content?.type === 'image')
      const error = await thrownBy(under.adapter.appendMessage(ref, message, step))
      expectFacts(error, { code: 'HELPDESK_BUSY', arrived: 'unknown' }, ['words'])
      under.server.behave()
      await under.adapter.appendMessage(ref, message, again(step))
      expect(only(under).entries.map(({ text, files }) => text || files[0])).toEqual(['words', 'a.jpg'])
    }))

  it('are never cut inside a character', () =>
    sunshine(async (under) => {
      const ref = await opened(under)
      const text = `a${'😀'.repeat(3000)}`
      await under.adapter.appendMessage(ref, said(text), stepFor('emoji'))
      const texts = only(under).entries.map((entry) => entry.text)
      expect(texts.join('')).toBe(text)
      for (const piece of texts) expect(piece.isWellFormed()).toBe(true)
    }))

  it('are found among hundreds of newer ones', () =>
    sunshine(async (under) => {
      const ref = await opened(under)
      const step = stepFor('old')
      const first = await under.adapter.appendMessage(ref, said('hello'), step)
      const live = under.app.live(ticketId(ref))!
      for (let n = 0; n < 250; n++)
        under.app.post(live, { author: { type: 'business' }, content: { type: 'text', text: 'x' } })
      expect(await under.adapter.appendMessage(ref, said('hello'), again(step))).toBe(first)
      expect(live.messages.filter(({ content }) => content.text === 'hello')).toHaveLength(1)
    }))
})
