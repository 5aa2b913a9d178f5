import { describe, expect, it } from 'vitest'
import { freshdeskSettings } from '../../src/helpdesk/freshdesk/settings.ts'
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
import { bridgeAgent } from '../support/vendors/freshdesk-state.ts'
import { find, freshdesk, openCallouts } from '../support/vendors/freshdesk.ts'
import type { FreshdeskUnderTest } from '../support/vendors/freshdesk.ts'

describe('freshdesk: tickets', () => {
  it('belong to one contact by the conversation, with the facts that have a field', () =>
    freshdesk(
      async (under) => {
        const [one, two] = [await opened(under), await opened(under)]
        expect(ticketId(one)).not.toBe(ticketId(two))
        expect(under.state.contacts).toMatchObject([{ unique_external_id: conversation.id }])
        expect(under.state.tickets[0]).toMatchObject({
          subject: newTicket.subject,
          tags: ['deskbridge'],
          custom_fields: { cf_locale: 'de_DE' },
          group_id: 12,
        })
        expect(under.state.tickets[0]?.description_text).toMatch(
          /^Anna Schmidt at Acme Shoes\s+\[deskbridge:[0-9a-f]{20}\]$/,
        )
      },
      { groupId: 12 },
    ))

  it('open also for a contact that was deleted and still has the id', () =>
    freshdesk(async (under) => {
      await opened(under)
      under.state.contacts[0]!.deleted = true
      await opened(under)
      expect(under.state.contacts).toMatchObject([{ deleted: false }])
      expect(under.state.tickets).toHaveLength(2)
    }))

  it('name the one that they go on from in a private note, once', () =>
    freshdesk(async (under) => {
      const first = await opened(under)
      under.remove!(ticketId(first))
      const step = stepFor('next')
      const follow = { ...newTicket, followUpOf: first }
      under.server.loseAnswer('POST /api/v2/tickets/:ticket/notes')
      const error = await thrownBy(under.adapter.openTicket(follow, step))
      expectFacts(error, { arrived: 'unknown' }, [])
      await under.adapter.openTicket(follow, again(step))
      const text = `This ticket goes on from #${ticketId(first)}.`
      expect(only(under).entries).toMatchObject([{ from: 'note', text: expect.stringContaining(text) }])
    }))

  it('are not opened twice when the note is not taken', () =>
    freshdesk(async (under) => {
      const step = stepFor('next')
      const follow = { ...newTicket, followUpOf: '4711 1' }
      under.server.misbehave('busy', 'POST /api/v2/tickets/:ticket/notes')
      const error = await thrownBy(under.adapter.openTicket(follow, step))
      expectFacts(error, { code: 'HELPDESK_BUSY', arrived: 'unknown' }, [])
      under.server.behave()
      await under.adapter.openTicket(follow, again(step))
      expect(only(under).entries).toHaveLength(1)
    }))

  it.each([4, 5])('of status %s are opened again by a message, and by no note', (status) =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      const ticket = find(under.state, ticketId(ref))
      ticket.status = status
      await under.adapter.addNote(ref, { at: 1_790_000_000_000, text: 'seen' }, stepFor('note'))
      expect(ticket.status).toBe(status)
      await under.adapter.appendMessage(ref, said('and yet'), stepFor('again'))
      expect(ticket.status).toBe(2)
    }),
  )

  it.each([3, 6])('of status %s, which is the account’s own or pending, stay so', (status) =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      const ticket = find(under.state, ticketId(ref))
      ticket.status = status
      await under.adapter.appendMessage(ref, said('thanks'), stepFor('thanks'))
      await under.adapter.setStatus!(ref, 'open', stepFor('open'))
      expect(ticket.status).toBe(status)
    }),
  )

  it('are opened again by the next try when the first came no further than the message', () =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      const ticket = find(under.state, ticketId(ref))
      ticket.status = 4
      const step = stepFor('half')
      under.server.misbehave('busy', 'PUT /api/v2/tickets/:ticket')
      const error = await thrownBy(under.adapter.appendMessage(ref, said('half'), step))
      expectFacts(error, { code: 'HELPDESK_BUSY', arrived: 'unknown' }, [])
      under.server.behave()
      await under.adapter.appendMessage(ref, said('half'), again(step))
      expect([ticket.status, ticket.notes.length]).toEqual([2, 1])
    }))

  it.each<[string, string, (under: FreshdeskUnderTest, id: string) => void]>([
    ['TICKET_GONE', 'spam', ({ state }, id) => (find(state, id).spam = true)],
    ['TICKET_CLOSED', 'in the archive', ({ state }, id) => state.archived.add(Number(id))],
  ])('are %s when they are %s', (code, _where, change) =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      change(under, ticketId(ref))
      const error = await thrownBy(under.adapter.appendMessage(ref, said('hello'), stepFor('over')))
      expectFacts(error, { code, verdict: 'permanent', arrived: 'no' }, ['hello'])
    }),
  )

  it('keep the tags that are there, and cut what is too long for one', () =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      await under.adapter.setTags!(ref, ['x'.repeat(40)], stepFor('tags'))
      expect(only(under).tags).toEqual(['deskbridge', 'x'.repeat(32)])
    }))

  it('show the name as soon as it is known', () =>
    freshdesk(async (under) => {
      const ref = await under.adapter.openTicket({ ...newTicket, customer: null }, stepFor('nobody'))
      expect(only(under).customerName).toBe('Customer at Acme Shoes')
      await under.adapter.setCustomer!(ref, anna, stepFor('who'))
      expect(only(under).customerName).toBe('Anna Schmidt')
    }))
})

describe('freshdesk: messages', () => {
  it('carry their files, and tell the links of those that Freshdesk will not have', () =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      const url = (name: string) => under.server.fileUrl(name)
      const attachments = [picture(url('one.jpg')), picture(url('two.jpg'))]
      await under.adapter.appendMessage(ref, said('both', { attachments }), stepFor('both'))
      const bad = said('bad', { attachments: [picture(url('refused.jpg'))] })
      await under.adapter.appendMessage(ref, bad, stepFor('bad'))
      const [first, second] = only(under).entries
      expect(first).toMatchObject({ from: 'customer', files: ['one.jpg', 'two.jpg'] })
      expect(second?.files).toEqual([])
      expect(second?.text).toContain(`bad\n[image] ${url('refused.jpg')}`)
    }))

  it('are not taken for an agent’s answer that quotes them', () =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      const step = stepFor('quoted')
      const id = await under.adapter.appendMessage(ref, said('quote me'), step)
      const [note] = find(under.state, ticketId(ref)).notes
      under.write(ticketId(ref), { text: note!.body, files: [], agent: 'Bea' })
      find(under.state, ticketId(ref)).notes.reverse()
      expect(await under.adapter.appendMessage(ref, said('quote me'), again(step))).toBe(id)
    }))

  it('are found behind a hundred others', () =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      for (let n = 0; n < 120; n++) under.write(ticketId(ref), { text: 'busy', files: [], agent: 'Bea' })
      const step = stepFor('late')
      under.server.loseAnswer()
      await thrownBy(under.adapter.appendMessage(ref, said('late'), step))
      await under.adapter.appendMessage(ref, said('late'), again(step))
      expect(only(under).entries.filter(({ text }) => text.includes('late'))).toHaveLength(1)
    }))
})

describe('freshdesk: setup', () => {
  const callbackUrl = `https://bridge.example/callbacks/main/${'s'.repeat(40)}`
  const context = () => ({ callbackUrl, signal: new AbortController().signal })
  const states = (findings: { state: string }[]) => findings.map(({ state }) => state)

  it('checks the key, whose it is, and fields', () =>
    freshdesk(async (under) => {
      const { check, setUp } = under.adapter.setup!
      expect(states(await check(context()))).toEqual(['ok', 'ok', 'ok', 'ok'])
      Object.assign(under.state, { me: 77, ticketFields: [] })
      const findings = await setUp(context())
      expect(states(findings)).toEqual(['ok', 'failed', 'failed', 'ok'])
      expect(findings[1]?.mend).toContain('Set agentId to 77')
      under.state.apiKey = 'another'
      const [refused] = await check(context())
      expect(refused?.mend).toMatch(/apiKey/)
      expect(JSON.stringify([findings, refused])).not.toContain('freshdesk-api-key')
    }))

  it('says word by word which rules are to be made, and shows no secret', () =>
    freshdesk(
      async (under) => {
        const findings = await under.adapter.setup!.check(context())
        const rules = findings.filter(({ state }) => state === 'todo')
        expect(rules).toHaveLength(4)
        expect(rules[0]?.mend).toContain('"comment": "{{ticket.latest_public_comment}}" }')
        expect(rules[0]?.mend).toContain('https://bridge.example/callbacks/main/<one of callbackSecrets>')
        expect(JSON.stringify(findings)).not.toContain('s'.repeat(40))
        const unknown = await under.adapter.setup!.check({ ...context(), callbackUrl: undefined })
        expect(unknown.at(-1)?.mend).toMatch(/publicUrl/)
      },
      {},
      openCallouts,
    ))
})

describe('freshdesk: settings', () => {
  const settings = {
    adapter: 'freshdesk',
    url: 'https://acme.freshdesk.com',
    apiKey: 'key',
    agentId: bridgeAgent,
  }

  it.each([
    [{ url: 'http://10.0.0.1' }, 'url'],
    [{ agentId: 0 }, 'agentId'],
    [{ replies: 'callout' }, 'callbackSecrets'],
    [{ replies: 'callout', callbackSecrets: ['short'] }, 'callbackSecrets'],
    [{ fields: { locale: 'locale' } }, 'fields'],
    [{ tag: 'two words' }, 'tag'],
  ])('refuses %j', (more, place) => {
    const { error } = freshdeskSettings.safeParse({ ...settings, ...more })
    expect(error?.issues[0]?.path[0]).toBe(place)
    expect(freshdeskSettings.safeParse(settings).success).toBe(true)
  })
})
