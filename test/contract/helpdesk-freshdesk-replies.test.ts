import { describe, expect, it } from 'vitest'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import type { HelpdeskEvent } from '../../src/helpdesk/callback.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import {
  eventsOf,
  expectFacts,
  opened,
  picture,
  said,
  stepFor,
  thrownBy,
  ticketId,
} from '../support/ticket-helpdesk-kit.ts'
import { addNote, bridgeAgent, setStatus } from '../support/vendors/freshdesk-state.ts'
import { callbackSecret, find, freshdesk, openCallouts } from '../support/vendors/freshdesk.ts'
import type { FreshdeskUnderTest } from '../support/vendors/freshdesk.ts'

const signal = () => new AbortController().signal

/** Looks until there is no more, from a cursor on. */
async function looked({ adapter }: FreshdeskUnderTest, from?: string) {
  const events: HelpdeskEvent[] = []
  let cursor = from
  let looks = 0
  for (let more = true; more && looks < 50; looks++) {
    const seen = await adapter.poll!.look(cursor, signal())
    events.push(...seen.events)
    ;({ cursor, more } = seen)
  }
  return { events, cursor, looks, replies: events.filter((event) => event.kind === 'reply') }
}

describe('freshdesk: replies that are asked for', () => {
  it('are told once, with who wrote them, and none from before the first look', () =>
    freshdesk(async (under) => {
      const ticket = ticketId(await opened(under))
      const begin = await looked(under)
      expect(begin.events).toEqual([])
      under.write(ticket, { text: 'Grüße &amp; <b>more</b>', files: [], agent: 'Bea Agent' })
      under.write(ticket, { text: 'a note to you', files: [], agent: 'Carl' }, { source: 2 })
      const first = await looked(under, begin.cursor)
      expect(first.replies).toMatchObject([
        { ticket, text: 'Grüße & more', agent: { name: 'Bea Agent' }, files: [] },
        { ticket, text: 'a note to you', agent: { name: 'Carl' } },
      ])
      for (const reply of first.replies) expect(reply).toMatchObject({ at: expect.any(Number) })
      expect((await looked(under, first.cursor)).events).toEqual([])
      under.write(ticket, { text: 'third', files: [], agent: 'Bea Agent' })
      expect((await looked(under, first.cursor)).replies).toMatchObject([{ text: 'third' }])
    }))

  it('are not our own words, notes, forwards, nor what stands in tickets of others', () =>
    freshdesk(async (under) => {
      const ref = await opened(under)
      const ticket = ticketId(ref)
      const { cursor } = await looked(under)
      const attachments = [picture(under.server.fileUrl('loop.jpg'))]
      await under.adapter.appendMessage(ref, said('the customer', { attachments }), stepFor('own'))
      await under.adapter.appendMessage(ref, said('us', { from: 'agent', agentName: 'Bea' }), stepFor('own'))
      await under.adapter.addNote(ref, { at: 1_790_000_000_000, text: 'note' }, stepFor('own'))
      under.write(ticket, { text: 'private', files: [], agent: 'Bea' }, { private: true })
      under.write(ticket, { text: 'forward', files: [], agent: 'Bea' }, { source: 8 })
      expect((await looked(under, cursor)).replies).toEqual([])
      under.write(ticket, { text: 'of another', files: [], agent: 'Bea' })
      find(under.state, ticket).tags = []
      expect((await looked(under, cursor)).events).toEqual([])
      find(under.state, ticket).tags = ['deskbridge']
      const ours = {
        body: 'by our own agent',
        incoming: false,
        private: false,
        user_id: bridgeAgent,
        source: 0,
      }
      addNote(under.state, find(under.state, ticket), ours)
      const texts = (await looked(under, cursor)).replies.map(({ text }) => text)
      expect(texts).toEqual(['of another'])
    }))

  it('end where they quote', () =>
    freshdesk(async (under) => {
      const ticket = ticketId(await opened(under))
      const { cursor } = await looked(under)
      const quoted = 'Yes.<div class="freshdesk_quote"><blockquote>Do you?</blockquote></div>'
      under.write(ticket, { text: quoted, files: [], agent: 'Bea' })
      expect((await looked(under, cursor)).replies).toMatchObject([{ text: 'Yes.' }])
    }))

  it('have their files, whose links are asked for when they are needed', () =>
    freshdesk(async (under) => {
      const ticket = ticketId(await opened(under))
      const { cursor } = await looked(under)
      const files = [
        { type: 'image' as const, name: 'label.png' },
        { type: 'file' as const, name: 'invoice.pdf' },
      ]
      under.write(ticket, { text: null, files, agent: 'Bea' })
      const [reply] = (await looked(under, cursor)).replies
      expect(reply?.files.map(({ type, name }) => [type, name])).toEqual([
        ['image', 'label.png'],
        ['file', 'invoice.pdf'],
      ])
      expect(reply?.text).toBeNull()
      const file = await under.adapter.file!(reply!.files[0]!.ref!, signal())
      expect(Buffer.concat(await file.body.toArray()).toString()).toContain('label.png')
    }))

  it.each(['1/2', '../x', '1', 'a/b'])('open no file at %s', (ref) =>
    freshdesk(async (under) => {
      const error = await thrownBy(under.adapter.file!(ref, signal()))
      expectFacts(error, { verdict: 'permanent' }, [])
    }),
  )

  it('come with the status of their ticket', () =>
    freshdesk(async (under) => {
      const ticket = ticketId(await opened(under))
      const { cursor } = await looked(under)
      for (const [number, status] of [
        [4, 'solved'],
        [3, 'open'],
        [5, 'solved'],
        [6, 'open'],
      ] as const) {
        setStatus(under.state, find(under.state, ticket), number)
        const { events } = await looked(under, cursor)
        expect(events).toEqual([{ kind: 'status', ticket, status, at: expect.any(Number) }])
      }
    }))

  it('are all told of many tickets, some at a time, and of those that change meanwhile', () =>
    freshdesk(async (under) => {
      const tickets: string[] = []
      for (let n = 0; n < 45; n++) tickets.push(ticketId(await opened(under)))
      const { cursor } = await looked(under)
      for (const ticket of tickets) under.write(ticket, { text: ticket, files: [], agent: 'Bea' })
      const first = await under.adapter.poll!.look(cursor, signal())
      expect(first.more).toBe(true)
      under.write(tickets[0]!, { text: 'once more', files: [], agent: 'Bea' })
      const rest = await looked(under, first.cursor)
      const texts = [...first.events, ...rest.events].flatMap((e) => (e.kind === 'reply' ? [e.text] : []))
      expect(texts.toSorted()).toEqual([...tickets, 'once more'].toSorted())
    }))

  it('are told though many changes of others stand before them', () =>
    freshdesk(async (under) => {
      const ticket = ticketId(await opened(under))
      const { cursor } = await looked(under)
      const { state } = under
      const [one] = state.tickets
      const at = new Date(Date.now() + 60_000).toISOString().replace(/\.\d+/, '')
      for (let n = 0; n < 2300; n++)
        state.tickets.push({ ...one!, id: 10_000 + n, tags: [], updated_at: at, notes: [] })
      state.ticks = 120
      under.write(ticket, { text: 'behind them', files: [], agent: 'Bea' })
      const { replies, looks } = await looked(under, cursor)
      expect(replies).toMatchObject([{ text: 'behind them' }])
      expect(looks).toBeLessThan(10)
      state.tickets.splice(1)
    }))

  it('are told though they become visible after later ones', () =>
    freshdesk(async (under) => {
      const [early, late] = [ticketId(await opened(under)), ticketId(await opened(under))]
      const { cursor } = await looked(under)
      under.write(early, { text: 'first', files: [], agent: 'Bea' })
      under.write(late, { text: 'second', files: [], agent: 'Bea' })
      const hidden = under.state.tickets.shift()!
      const then = await looked(under, cursor)
      expect(then.replies).toMatchObject([{ text: 'second' }])
      under.state.tickets.push(hidden)
      expect((await looked(under, then.cursor)).replies).toMatchObject([{ text: 'first' }])
    }))

  it('begin anew with a cursor that nobody reads', () =>
    freshdesk(async (under) => {
      expect((await looked(under, 'garbage')).events).toEqual([])
    }))
})

describe('freshdesk: callouts', () => {
  const callouts = (use: (under: FreshdeskUnderTest) => Promise<void>) => freshdesk(use, {}, openCallouts)

  it('are proven by the secret in the path', () =>
    callouts((under) => {
      const { scheme, secrets } = under.adapter.callback!
      const body = Buffer.from('{}')
      const verdict = (pathSecret?: string) =>
        verifyCallback({ scheme, secrets }, { headers: {}, pathSecret, body }, 0)
      expect([verdict(callbackSecret), verdict('x'), verdict()]).toEqual(['proven', 'wrong', 'missing'])
      return Promise.resolve()
    }))

  it('name who wrote, and an automation as nobody', () =>
    callouts((under) => {
      const at = '2026-11-23 10:16:04 UTC'
      const told = (comment: string) =>
        eventsOf(under, [{ body: { event: 'reply', ticket: '7', at, comment } }])
      expect(told('Bea Agent : <div>Hi : there</div>')).toMatchObject([
        { ticket: '7', at: 1_795_428_964_000, text: 'Hi : there', agent: { name: 'Bea Agent' } },
      ])
      expect(told('System : <div>We got it</div>')).toMatchObject([{ agent: null }])
      expect(told('<div>no name</div>')).toMatchObject([{ text: 'no name', agent: { name: 'Agent' } }])
      expect(told('Bea : ')).toEqual([])
      return Promise.resolve()
    }))

  it('never send a customer their own words, though they wrote while the rule ran', () =>
    callouts(async (under) => {
      const ref = await opened(under)
      const [told] = under.callbacks!.reply(ticketId(ref), { text: 'Hi', files: [], agent: 'Bea' })
      await under.adapter.appendMessage(ref, said('my words'), stepFor('meanwhile'))
      const late = under.state.posted.at(-1)
      expect(late.comment).toContain('my words')
      expect(eventsOf(under, [{ body: late }])).toEqual([])
      expect(eventsOf(under, [told!])).toMatchObject([{ text: 'Hi' }])
    }))

  it('tell an answer that quotes the customer, without the quote', () =>
    callouts(async (under) => {
      const ref = await opened(under)
      await under.adapter.appendMessage(ref, said('my words'), stepFor('quoted'))
      const ticket = find(under.state, ticketId(ref))
      const quote = `<div class="freshdesk_quote">${ticket.notes[0]!.body}</div>`
      const more = { incoming: false, private: false, user_id: 1, source: 0 }
      addNote(under.state, ticket, { body: `<div>Sure</div>${quote}`, ...more })
      expect(eventsOf(under, [{ body: under.state.posted.at(-1) }])).toMatchObject([{ text: 'Sure' }])
    }))

  it('tell that a ticket is closed for good, where it is', () =>
    callouts(async (under) => {
      const ticket = ticketId(await opened(under))
      under.closeForGood!(ticket)
      const body = under.state.posted.at(-1)
      expect(eventsOf(under, [{ body }])).toMatchObject([{ kind: 'status', ticket, status: 'closed' }])
    }))

  it('name the place that is wrong', () =>
    callouts((under) => {
      const body = { event: 'reply', ticket: '{{ticket.id}}', comment: 'x' }
      expect(() => eventsOf(under, [{ body }])).toThrow(CallbackFault)
      expect(() => eventsOf(under, [{ body }])).toThrow(/^ticket: should be the number/)
      return Promise.resolve()
    }))
})
