import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import {
  again,
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
import { openDefault, zendesk } from '../support/vendors/zendesk.ts'
import type { ZendeskUnderTest } from '../support/vendors/zendesk.ts'

describeTicketHelpdesk('zendesk', openDefault)

describe('zendesk: tickets', () => {
  it('hold the facts that have a field, a group, tags and a name that callbacks tell', () =>
    zendesk(
      async (under) => {
        const step = stepFor('ticket')
        await under.adapter.openTicket(newTicket, step)
        expect(under.account.tickets[0]).toMatchObject({
          fields: [{ id: 9001, value: 'de_DE' }],
          external_id: `deskbridge:${step.idempotencyKey}`,
          tags: ['deskbridge', 'facebook'],
          requester: { external_id: conversation.id },
        })
        expect([...under.adapter.fields!]).toEqual(['locale'])
      },
      { fields: { locale: 9001 }, groupId: 8001, tags: ['deskbridge', 'facebook'] },
    ))

  it('follow a closed one, and stand alone when that one is deleted', () =>
    zendesk(async (under) => {
      const first = await opened(under)
      under.closeForGood!(ticketId(first))
      await under.adapter.openTicket({ ...newTicket, followUpOf: first }, stepFor('second'))
      expect(under.account.tickets[1]?.followUpOf).toBe(Number(ticketId(first)))
      under.remove!(ticketId(first))
      const ref = await under.adapter.openTicket({ ...newTicket, followUpOf: first }, stepFor('third'))
      expect(under.account.live(ticketId(ref))?.followUpOf).toBeNull()
    }))

  it('are found by their name when Zendesk has forgotten the key, or knows it with other words', () =>
    zendesk(async (under) => {
      const step = stepFor('ticket')
      under.server.loseAnswer('POST /api/v2/tickets')
      await thrownBy(under.adapter.openTicket(newTicket, step))
      const ref = await under.adapter.openTicket({ ...newTicket, subject: 'Somebody else' }, again(step))
      expect(only(under).id).toBe(ticketId(ref))
    }))

  it('that wait for the customer are open again when they write, and no others', () =>
    zendesk(async (under) => {
      const { adapter, account } = under
      const ref = await opened(under)
      const ticket = account.live(ticketId(ref))!
      for (const status of ['pending', 'hold', 'solved']) {
        ticket.status = status
        await adapter.appendMessage(ref, said('hello?', { standby: true }), stepFor('standby'))
        await adapter.appendMessage(ref, said('yes', { from: 'agent', agentName: 'Bea' }), stepFor('agent'))
        expect(ticket.status).toBe(status)
        await adapter.appendMessage(ref, said('hello?'), stepFor('customer'))
        expect(ticket.status).toBe('open')
      }
      ticket.status = 'new'
      await adapter.appendMessage(ref, said('hello?'), stepFor('customer'))
      expect(ticket.status).toBe('new')
    }))

  it('wait no longer also when only the first half of the step was done', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      under.account.live(ticketId(ref))!.status = 'solved'
      const [step, message] = [stepFor('half'), said('hello?')]
      under.server.misbehave('busy', ({ json }) => json?.ticket?.status === 'open')
      const error = await thrownBy(under.adapter.appendMessage(ref, message, step))
      expectFacts(error, { code: 'HELPDESK_BUSY', arrived: 'unknown' }, ['hello?'])
      under.server.behave()
      await under.adapter.appendMessage(ref, message, again(step))
      expect(only(under).status).toBe('open')
      expect(only(under).entries.filter(({ text }) => text === 'hello?')).toHaveLength(1)
    }))

  it('that cannot be opened again have the words nevertheless', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      under.account.live(ticketId(ref))!.status = 'solved'
      under.server.misbehave('refuses', ({ json }) => json?.ticket?.status === 'open')
      await under.adapter.appendMessage(ref, said('hello?'), stepFor('kept'))
      expect(only(under).entries.at(-1)?.text).toBe('hello?')
    }))

  it('with five thousand comments take nothing any more', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      const { comments } = under.account.live(ticketId(ref))!
      comments.push(...Array.from({ length: 4999 }, () => comments[0]!))
      const error = await thrownBy(under.adapter.appendMessage(ref, said('one more'), stepFor('full')))
      expectFacts(error, { code: 'TICKET_CLOSED', verdict: 'permanent', arrived: 'no' }, ['one more'])
    }))

  it('take tags as Zendesk writes them', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      await under.adapter.setTags!(ref, ['Returns Team', 'vip'], stepFor('tags'))
      expect(only(under).tags).toEqual(['deskbridge', 'returns_team', 'vip'])
    }))
})

describe('zendesk: messages', () => {
  it('that wait together are one update for each run of one author, and a repeat adds the rest', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      const messages = [
        said('one'),
        said('two'),
        said('it is on its way', { from: 'agent', agentName: 'Bea' }),
        said('three'),
      ]
      const step = stepFor('several')
      let puts = 0
      under.server.loseAnswer(({ method }) => method === 'PUT' && ++puts === 2)
      await thrownBy(under.adapter.appendMessages!(ref, messages, step))
      await under.adapter.appendMessages!(ref, [...messages, said('four')], again(step))
      expect(
        only(under)
          .entries.slice(1)
          .map(({ text }) => text),
      ).toEqual(['one\n\ntwo', 'Bea: it is on its way', 'three\n\nfour'])
    }))

  it('are known by their events, too, when the first of them could not be told again', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      const two = said('two')
      await under.adapter.appendMessages!(ref, [said('one'), two], stepFor('joined'))
      await under.adapter.appendMessage(ref, two, again(stepFor(two.eventId)))
      await under.adapter.appendMessage(ref, said('new'), again(stepFor('another')))
      expect(
        only(under)
          .entries.slice(1)
          .map(({ text }) => text),
      ).toEqual(['one\n\ntwo', 'new'])
    }))

  it('are found among many audits', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      const { audits } = under.account.live(ticketId(ref))!
      audits.push(...Array.from({ length: 350 }, (_, n) => ({ id: 9000 + n, metadata: {}, events: [] })))
      const step = stepFor('late')
      const first = await under.adapter.appendMessage(ref, said('hello'), step)
      audits.push(...Array.from({ length: 60 }, (_, n) => ({ id: 9500 + n, metadata: {}, events: [] })))
      expect(await under.adapter.appendMessage(ref, said('hello'), again(step))).toBe(first)
      expect(only(under).entries).toHaveLength(2)
    }))

  it('go to whom the customer was merged into', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      const ticket = under.account.live(ticketId(ref))!
      under.account.users.splice(under.account.users.indexOf(ticket.requester), 1)
      ticket.requester = { id: 777, name: 'Anna S.', role: 'end-user', external_id: 'crm-1' }
      under.account.users.push(ticket.requester)
      await under.adapter.appendMessage(ref, said('still me'), stepFor('merged'))
      expect(only(under).entries.at(-1)).toMatchObject({ author: 'Anna S.', text: 'still me' })
    }))

  it('that meet another update are tried again', () =>
    zendesk(async (under) => {
      const ref = await opened(under)
      under.account.collisions.left = 1
      const error = await thrownBy(under.adapter.appendMessage(ref, said('hello'), stepFor('met')))
      expectFacts(error, { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' }, ['hello'])
    }))

  it.each([
    ['which says so', true],
    ['which does not say so', false],
  ])('show a file that is too large as its link, %s', (_what, says) =>
    zendesk(
      async (under) => {
        const bytes = Buffer.alloc(1_500_000)
        const files = createServer((_request, response) => {
          response.writeHead(200, {
            'content-type': 'video/mp4',
            ...(says ? { 'content-length': bytes.length } : {}),
          })
          response.end(bytes)
        })
        files.listen(0, '127.0.0.1')
        await once(files, 'listening')
        const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/film.mp4`
        const attachments = [picture(under.server.fileUrl('small.jpg')), { type: 'video', url }]
        await under.adapter.appendMessage(
          await opened(under),
          said('look', { attachments }),
          stepFor('files'),
        )
        expect(only(under).entries.at(-1)).toMatchObject({
          text: `look\n[video] ${url}`,
          files: ['small.jpg'],
        })
        files.closeAllConnections()
        files.close()
      },
      { maxFileMiB: 1 },
    ),
  )
})

describe('zendesk: what is taken back', () => {
  const written = async (under: ZendeskUnderTest, text: string) => {
    const [ref, step] = [await opened(under), stepFor('written')]
    const message = await under.adapter.appendMessage(ref, said(text), step)
    const remove = () =>
      under.adapter.removeMessage!(
        ref,
        { eventId: 'evt', message: message!, key: step.idempotencyKey },
        stepFor('remove'),
      )
    const html = () => under.account.tickets[0]?.comments.find(({ id }) => String(id) === message)?.html
    return { remove, html }
  }

  it('leaves neither words nor what its links lead to', () =>
    zendesk(async (under) => {
      const { remove, html } = await written(under, 'see\nhttps://cards.example/4111?a=b&c=d <b>')
      await remove()
      expect(html()).toMatch(/^<div class="zd-comment" dir="auto">▇+<br>▇+<\/div>$/)
    }))

  it('is found behind a hundred newer comments, and in a ticket that is closed', () =>
    zendesk(async (under) => {
      const { remove, html } = await written(under, 'secret')
      const ticket = under.account.tickets[0]!
      const author = under.account.user('Bea Agent')
      for (let n = 0; n < 120; n++) {
        under.account.update(author, ticket, { comment: { author, body: 'x', public: true, files: [] } })
      }
      under.closeForGood!(String(ticket.id))
      await remove()
      expect(html()).not.toContain('secret')
    }))

  it('stays where the account does not let us redact, for good', () =>
    zendesk(async (under) => {
      const { remove } = await written(under, 'secret')
      under.server.misbehave('refuses', 'PUT /api/v2/comment_redactions/:comment')
      const error = await remove().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ facts: { code: 'HELPDESK_REFUSED', verdict: 'permanent' } })
    }))
})
