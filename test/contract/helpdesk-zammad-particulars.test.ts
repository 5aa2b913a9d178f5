import { describe, expect, it } from 'vitest'
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
import { zammad } from '../support/vendors/zammad.ts'

describe('zammad: tickets', () => {
  it('belong to one customer by the login, with our tag and the facts that have an attribute', () =>
    zammad(async (under) => {
      expect([...under.adapter.fields!]).toEqual(['locale'])
      const [one, two] = [await opened(under), await opened(under)]
      expect(one.split(' ')[1]).toBe(two.split(' ')[1])
      expect(ticketId(one)).not.toBe(ticketId(two))
      expect(under.tickets()[0]).toMatchObject({
        customer: `deskbridge:${conversation.id}`,
        tags: ['deskbridge'],
      })
      expect(under.state.tickets[0]).toMatchObject({
        title: 'Anna Schmidt at Acme Shoes',
        attributes: { customer_locale: 'de_DE' },
        articles: [{ sender: 'System', internal: true }],
      })
    }))

  it('find the login of a thread again, which Zammad writes small', () =>
    zammad(async (under) => {
      const thread = { ...conversation, id: '1234567890:comment:AbC_1' }
      const step = stepFor('thread')
      under.server.loseAnswer('POST /api/v1/tickets')
      await thrownBy(under.adapter.openTicket({ ...newTicket, conversation: thread }, step))
      await under.adapter.openTicket({ ...newTicket, conversation: thread }, again(step))
      expect(only(under).customer).toBe('deskbridge:1234567890:comment:abc_1')
    }))

  it('are linked to what they follow, and stand alone when that is gone', () =>
    zammad(async (under) => {
      const first = await opened(under)
      await under.adapter.openTicket({ ...newTicket, followUpOf: first }, stepFor('second'))
      expect(under.state.tickets[1]?.links).toEqual([Number(ticketId(first))])
      under.remove!(ticketId(first))
      await under.adapter.openTicket({ ...newTicket, followUpOf: first }, stepFor('third'))
      expect(under.state.tickets.map(({ links }) => links.length)).toEqual([1, 0])
    }))

  it('are made also when a fact is too long for its attribute, or the title for Zammad', () =>
    zammad(async (under) => {
      const first = await opened(under)
      const locale = 'x'.repeat(200)
      const long = { ...newTicket, subject: 'y'.repeat(300), context: { locale }, followUpOf: first }
      await under.adapter.openTicket(long, stepFor('long'))
      const [, ticket, ...more] = under.state.tickets
      expect(more).toEqual([])
      expect(ticket).toMatchObject({ attributes: {}, title: 'y'.repeat(250) })
      expect(ticket?.articles[0]?.body).toBe(`${'y'.repeat(300)}\ncustomer_locale: ${locale}`)
    }))

  it('are one also where the link is refused when the ticket is there', () =>
    zammad(async (under) => {
      const first = await opened(under)
      under.remove!(ticketId(first))
      under.state.linksLate = true
      const ref = await under.adapter.openTicket({ ...newTicket, followUpOf: first }, stepFor('late'))
      expect(only(under).id).toBe(ticketId(ref))
    }))

  it('are not gone when it is Zammad that is: no ticket after ticket', () =>
    zammad(async (under) => {
      const ref = await opened(under)
      under.remove!(ticketId(ref))
      under.server.misbehave('refuses', 'GET /api/v1/users/me')
      const error = await thrownBy(under.adapter.appendMessage(ref, said('hello'), stepFor('lost')))
      expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' }, ['hello'])
    }))

  it.each<[string, number | null, string, boolean]>([
    ['yes', null, 'at once', true],
    ['new_ticket', null, 'at once', false],
    ['new_ticket_after_certain_time', 2, 'at once', true],
    ['new_ticket_after_certain_time', 2, '2020-01-01T00:00:00Z', false],
    ['new_ticket_after_certain_time', null, 'at once', false],
  ])(
    'that are closed are gone on with as the group wants: %s, %s days, closed %s → %s',
    (wish, days, closed, goesOn) =>
      zammad(async (under) => {
        const ref = await opened(under)
        await under.adapter.setStatus!(ref, 'solved', stepFor('solved'))
        Object.assign(under.state.groups[0], { follow_up_possible: wish, reopen_time_in_days: days })
        if (closed !== 'at once') under.state.tickets[0]!.close_at = closed
        const appended = under.adapter.appendMessage(ref, said('and yet'), stepFor('yet'))
        if (goesOn) expect(await appended).toMatch(/^\d+$/)
        else
          expectFacts(await thrownBy(appended), { code: 'TICKET_CLOSED', verdict: 'permanent' }, ['and yet'])
        const note = { at: 1_790_000_000_000, text: 'It goes on elsewhere.' }
        expect(await under.adapter.addNote(ref, note, stepFor('note'))).toMatch(/^\d+$/)
      }),
  )

  it('that are closed are gone on with where groups cannot be read', () =>
    zammad(async (under) => {
      const ref = await opened(under)
      under.state.showsGroups = false
      await under.adapter.setStatus!(ref, 'solved', stepFor('solved'))
      await under.adapter.appendMessage(ref, said('and yet'), stepFor('yet'))
      expect(only(under)).toMatchObject({ status: 'solved' })
    }))

  it('that wait are opened by what the customer says, also when that was told before', () =>
    zammad(async (under) => {
      const ref = await opened(under)
      const state = () => under.state.tickets[0]!.state
      under.state.tickets[0]!.state = 'pending reminder'
      await under.adapter.appendMessage(ref, said('ours', { from: 'agent' }), stepFor('agent'))
      expect(state()).toBe('pending reminder')
      const step = stepFor('wait')
      under.server.misbehave('fails', 'PUT /api/v1/tickets/:ticket')
      await thrownBy(under.adapter.appendMessage(ref, said('well?'), step))
      under.server.behave()
      await under.adapter.appendMessage(ref, said('well?'), again(step))
      expect(state()).toBe('open')
      expect(only(under).entries.filter(({ text }) => text === 'well?')).toHaveLength(1)
    }))

  it('have states of other names where the settings say so', () =>
    zammad(
      async (under) => {
        under.state.states.push(
          { id: 20, name: 'done', active: true },
          { id: 21, name: 'again', active: true },
        )
        const ref = await opened(under)
        await under.adapter.setStatus!(ref, 'solved', stepFor('solved'))
        expect(under.state.tickets[0]?.state).toBe('done')
        await under.adapter.setStatus!(ref, 'open', stepFor('open'))
        expect(under.state.tickets[0]?.state).toBe('again')
      },
      { states: { open: 'again', solved: ['done', 'closed'] } },
    ))

  it('keep the customer whom an agent has taken out', () =>
    zammad(async (under) => {
      const [ticket] = (await opened(under)).split(' ')
      await under.adapter.setCustomer!(`${ticket} 4711`, anna, stepFor('who'))
      const nameless = { ...anna, name: null, firstName: null, lastName: null }
      const before = under.server.exchanges.length
      await under.adapter.setCustomer!(`${ticket} 4711`, nameless, stepFor('who'))
      expect(under.server.exchanges).toHaveLength(before)
    }))
})

describe('zammad: articles', () => {
  it("are the customer's own, of the type that the settings name", () =>
    zammad(
      async (under) => {
        const ref = await opened(under)
        await under.adapter.appendMessage(ref, said('hello'), stepFor('hello'))
        expect(under.state.tickets[0]?.articles[1]).toMatchObject({
          type: 'note',
          sender: 'Customer',
          internal: false,
          origin_by_id: Number(ref.split(' ')[1]),
          from: 'Anna Schmidt',
          content_type: 'text/plain',
        })
      },
      { messageType: 'note' },
    ))

  it('carry files within, and tell the link of one that is too large, no file, or refused', () =>
    zammad(
      async (under) => {
        const ref = await opened(under)
        const [shoe, refused, page] = ['shoe.jpg', 'refused.jpg', 'page.html'].map((name) =>
          under.server.fileUrl(name),
        )
        const attach = (name: string, ...urls: string[]) =>
          under.adapter.appendMessage(
            ref,
            said(name, { attachments: urls.map((url) => picture(url)) }),
            stepFor(name),
          )
        await attach('one', shoe!)
        await attach('two', shoe!, refused!)
        const attachments = [{ type: 'share', url: page!, title: 'A page' }]
        await under.adapter.appendMessage(ref, said('three', { attachments }), stepFor('three'))
        const [, ...entries] = only(under).entries
        expect(entries.map(({ text, files }) => [text, files])).toEqual([
          ['one', ['shoe.jpg']],
          [`two\n[image] ${shoe}\n[image] ${refused}`, []],
          [`three\n[share] A page ${page}`, []],
        ])
        const sent = under.server.exchanges.find(({ request }) => request.json?.attachments)?.request.json
        expect(Buffer.from(sent.attachments[0].data, 'base64').toString()).toBe('bytes of shoe.jpg')
        expect(sent.attachments[0]['mime-type']).toBe('image/jpeg')
      },
      { maxFileMegabytes: 1 },
    ))

  it('are the files alone where there are no words', () =>
    zammad(async (under) => {
      const ref = await opened(under)
      const attachments = [picture(under.server.fileUrl('shoe.jpg'))]
      await under.adapter.appendMessage(ref, said(null, { attachments }), stepFor('alone'))
      expect(only(under).entries[1]).toMatchObject({ text: 'shoe.jpg', files: ['shoe.jpg'] })
    }))

  it.each(['../../users/me', '1/2', '1/2/3/4', 'https://elsewhere.example/1/2/3'])(
    'open no file at %s',
    (ref) =>
      zammad(async (under) => {
        const error = await thrownBy(under.adapter.file!(ref, new AbortController().signal))
        expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent' }, [])
        expect(under.server.exchanges).toEqual([])
      }),
  )
})
