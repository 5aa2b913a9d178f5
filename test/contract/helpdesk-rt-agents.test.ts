import { describe, expect, it } from 'vitest'
import type { HelpdeskEvent } from '../../src/helpdesk/callback.ts'
import { stepFacts } from '../../src/domain/step-error.ts'
import { dropQuote } from '../../src/helpdesk/rt/drop-quote.ts'
import { opened, said, stepFor, thrownBy, using } from '../support/ticket-helpdesk-kit.ts'
import { openRt, posted } from '../support/vendors/rt-under-test.ts'
import type { RtUnderTest } from '../support/vendors/rt-under-test.ts'

const signal = new AbortController().signal

/** One ticket, and a cursor from before anything was said in it. */
async function looking(use: (under: RtUnderTest, ticket: string, cursor: string) => Promise<void>) {
  const under = await openRt()
  await using(
    () => Promise.resolve(under),
    async () => {
      const ticket = await opened(under)
      const { cursor, events, more } = await under.adapter.poll!.look(undefined, signal)
      expect([events, more]).toEqual([[], false])
      await use(under, ticket, cursor)
    },
  )
}

function write({ rt }: RtUnderTest, ticket: string, text: string, creator = 'grace', type = 'text/plain') {
  const parts = text === '' ? [] : [rt.attachment(type, Buffer.from(text))]
  return rt.correspond(rt.ticket(ticket), creator, 'No Subject', parts)
}

function textsOf(events: HelpdeskEvent[]): (string | null)[] {
  return events.flatMap((event) => (event.kind === 'reply' ? [event.text] : []))
}

/** Looks until nothing more is said to be there. */
async function lookAll(under: RtUnderTest, from: string) {
  const events: HelpdeskEvent[] = []
  let cursor = from
  for (let look = 0; look < 50; look++) {
    const told = await under.adapter.poll!.look(cursor, signal)
    events.push(...told.events)
    cursor = told.cursor
    if (!told.more) break
  }
  return { events, cursor }
}

describe('rt: the poll', () => {
  it('tells what agents and automations did, oldest first, and nothing of ours', () =>
    looking(async (under, ticket, cursor) => {
      const { rt, adapter } = under
      await adapter.appendMessage(ticket, said('Where is it?'), stepFor('ours'))
      write(under, ticket, '<p>On its <b>way</b></p>', 'grace', 'text/html')
      rt.record(rt.ticket(ticket), { type: 'Comment', creator: 'grace' })
      write(under, ticket, 'We are closed today', 'RT_System')
      rt.setStatus(rt.ticket(ticket), 'resolved', 'grace')
      rt.setStatus(rt.ticket(ticket), 'rejected', 'grace')
      const { events } = await adapter.poll!.look(cursor, signal)
      expect(events).toMatchObject([
        { kind: 'status', ticket, status: 'open' },
        { kind: 'reply', ticket, text: 'On its way', agent: { name: 'Grace Hopper' } },
        { kind: 'reply', ticket, text: 'We are closed today', agent: null },
        { kind: 'status', ticket, status: 'solved' },
        { kind: 'status', ticket, status: 'closed' },
      ])
    }))

  it('tells everything once, also what comes in great numbers', () =>
    looking(async (under, ticket, cursor) => {
      const wanted = Array.from({ length: 250 }, (_, n) => `answer ${n}`)
      for (const text of wanted) write(under, ticket, text)
      const first = await lookAll(under, cursor)
      expect(textsOf(first.events)).toEqual(wanted)
      write(under, ticket, 'the last')
      expect(textsOf((await lookAll(under, first.cursor)).events)).toEqual(['the last'])
    }))

  it('tells also a transaction that shows up behind later ones', () =>
    looking(async (under, ticket, cursor) => {
      const slow = write(under, ticket, 'slow')
      const { rt } = under
      rt.transactions.splice(rt.transactions.indexOf(slow), 1)
      write(under, ticket, 'quick')
      const one = await lookAll(under, cursor)
      expect(textsOf(one.events)).toEqual(['quick'])
      rt.transactions.push(slow)
      rt.transactions.sort((a, b) => a.id - b.id)
      const two = await lookAll(under, one.cursor)
      expect(textsOf(two.events)).toEqual(['slow'])
      expect((await lookAll(under, two.cursor)).events).toEqual([])
    }))

  it('forgets what is long told, so that its cursor stays short', () =>
    looking(async (under, ticket, cursor) => {
      let now = Date.now() - 10_000_000
      under.rt.clock(() => now)
      let at = cursor
      for (let n = 0; n < 150; n++) {
        now += 60_000
        write(under, ticket, `answer ${n}`)
        const told = await lookAll(under, at)
        expect(textsOf(told.events)).toEqual([`answer ${n}`])
        at = told.cursor
        expect(at.length).toBeLessThan(80)
      }
    }))

  it('begins anew with a cursor that it never wrote', () =>
    looking(async (under, ticket) => {
      write(under, ticket, 'long ago')
      for (const cursor of ['', 'x', '{"after":-1}', '[]'])
        expect((await under.adapter.poll!.look(cursor, signal)).events).toEqual([])
    }))
})

describe('rt: an answer', () => {
  it('is the same whether the scrip tells it or the poll', () =>
    looking(async (under, ticket, cursor) => {
      const { rt, adapter } = under
      const parts = [
        rt.attachment('multipart/mixed', Buffer.alloc(0)),
        rt.attachment('text/html', Buffer.from('<p>See the label</p>')),
        rt.attachment('image/png', Buffer.from('label'), 'label.png'),
        rt.attachment('text/plain', Buffer.from('as a file'), 'notes.txt'),
      ]
      const row = rt.correspond(rt.ticket(ticket), 'grace', 'No Subject', parts)
      rt.transactions.splice(rt.transactions.indexOf(row) + 1)
      const { events } = await adapter.poll!.look(cursor, signal)
      expect(events).toMatchObject([
        {
          text: 'See the label',
          files: [
            { type: 'image', name: 'label.png' },
            { type: 'file', name: 'notes.txt' },
          ],
        },
      ])
      expect(adapter.callback!.parse({ headers: {}, query: {}, ...posted(rt, row) })).toEqual(events)
    }))

  it('has no quote of what it answers', () => {
    const quote = 'On Monday, deskbridge wrote:\n\n> Anna wrote:\n>\n> Where?'
    expect(dropQuote(`${quote}\n\nHere it is`)).toBe('Here it is')
    expect(dropQuote(`Here it is\n\n${quote}`)).toBe('Here it is')
    expect(dropQuote('First:\n> a\nyes\n> b\nno')).toBe('yes\nno')
    expect(dropQuote('Our prices:\nten > five')).toBe('Our prices:\nten > five')
    expect(dropQuote('> only a quote')).toBe('> only a quote')
  })
})

describe('rt: a file of an agent', () => {
  it('is streamed out of the JSON that RT wraps it in', () =>
    looking(async ({ rt, adapter }, ticket) => {
      const bytes = Buffer.from(Array.from({ length: 300_001 }, (_, n) => n % 251))
      const file = rt.attachment('image/png', bytes, 'label.png')
      rt.correspond(rt.ticket(ticket), 'grace', 'No Subject', [file])
      const { body, contentType, size } = await adapter.file!(String(file.id), signal)
      expect([contentType, size]).toEqual(['image/png', bytes.length])
      const chunks: Buffer[] = []
      for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    }))

  it('that is not there, or is cut short, fails', () =>
    looking(async ({ rt, adapter, server }, ticket) => {
      for (const ref of ['99', '../ticket/1', '']) {
        const error = await thrownBy(adapter.file!(ref, signal))
        expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_REFUSED', verdict: 'permanent' })
      }
      const file = rt.attachment('image/png', Buffer.alloc(100_000), 'label.png')
      rt.correspond(rt.ticket(ticket), 'grace', 'No Subject', [file])
      server.misbehave('half', 'GET /REST/2.0/attachment/:id')
      const { body } = await adapter.file!(String(file.id), signal)
      await expect(body.toArray()).rejects.toThrow()
    }))
})
