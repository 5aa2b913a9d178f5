import { fc } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import type { HelpdeskEvent } from '../../src/helpdesk/callback.ts'
import { eventsOf, opened, picture, said, stepFor, ticketId, using } from './ticket-helpdesk-kit.ts'
import type { Open, SeenCallback, TicketHelpdeskUnderTest, VendorCallbacks } from './ticket-helpdesk-kit.ts'

type Calling = TicketHelpdeskUnderTest & { callbacks: VendorCallbacks }

function parsed(under: TicketHelpdeskUnderTest, callback: SeenCallback): HelpdeskEvent[] | CallbackFault {
  let events: HelpdeskEvent[]
  try {
    events = eventsOf(under, [callback])
  } catch (error) {
    expect(error).toBeInstanceOf(CallbackFault)
    return error as CallbackFault
  }
  for (const event of events) expectWhole(event)
  return events
}

/** That whoever gets it can work with it, whatever it was read from. */
function expectWhole(event: HelpdeskEvent): void {
  expect(event.ticket).toMatch(/^\S+$/)
  if ('at' in event) expect(event.at).toSatisfy(Number.isSafeInteger)
  if (event.kind !== 'reply') return
  expect(event.message).toMatch(/^\S+$/)
  expect(event.text ?? 'none').toEqual(expect.any(String))
  expect(event.text !== null || event.files.length > 0, 'a reply says something').toBe(true)
  for (const { url, ref } of event.files)
    expect([url, ref].filter((way) => typeof way === 'string')).toHaveLength(1)
}

/** Every place in a body, with another value there: what a vendor of next year may send. */
function* mutations(body: unknown, values: unknown[]): Generator {
  yield* values
  if (typeof body !== 'object' || body === null) return
  for (const key of Object.keys(body)) {
    const { [key]: inner, ...without } = body as Record<string, unknown>
    if (!Array.isArray(body)) yield without
    for (const changed of mutations(inner, values))
      yield Array.isArray(body)
        ? body.map((part: unknown, n) => (String(n) === key ? changed : part))
        : { ...body, [key]: changed }
  }
}

/** What an adapter reads from callbacks: agents' replies once, and never our own words. */
export function describeCallbacks(name: string, open: Open): void {
  const calling = (use: (under: Calling) => Promise<void>) =>
    using(open, async (under) => {
      expect(under.callbacks === undefined, 'an adapter with `callback` shows its callbacks').toBe(
        under.adapter.callback === undefined,
      )
      if (under.callbacks) await use(under as Calling)
    })

  describe(`${name}: callbacks`, () => {
    it("an agent's reply is one event, the same for the same body", () =>
      calling(async (under) => {
        const ticket = ticketId(await opened(under))
        const reply = { text: 'It ships tomorrow 📦', files: [], agent: 'Bea Agent' }
        const bodies = under.callbacks.reply(ticket, reply)
        const events = eventsOf(under, bodies).filter(({ kind }) => kind === 'reply')
        expect(events).toEqual([
          expect.objectContaining({
            kind: 'reply',
            ticket,
            message: expect.stringMatching(/^[^\s]+$/),
            at: expect.any(Number),
            text: 'It ships tomorrow 📦',
            files: [],
          }),
        ])
        expect(new Date((events[0] as { at: number }).at).getUTCFullYear()).toBeGreaterThan(2019)
        expect(eventsOf(under, structuredClone(bodies))).toEqual(eventsOf(under, bodies))
      }))

    it.each(['with words', null])('files of an agent can be fetched, %s', (text) =>
      calling(async (under) => {
        const ticket = ticketId(await opened(under))
        const files = [
          { type: 'image' as const, name: 'label.png' },
          { type: 'file' as const, name: 'invoice.pdf' },
        ]
        const events = eventsOf(under, under.callbacks.reply(ticket, { text, files, agent: 'Bea Agent' }))
        const replies = events.flatMap((event) => (event.kind === 'reply' ? [event] : []))
        expect(replies.map((reply) => reply.text).filter((said) => said !== null)).toEqual(
          text === null ? [] : [text],
        )
        const got = replies.flatMap((reply) => reply.files)
        expect(got.map(({ type }) => type)).toEqual(['image', 'file'])
        for (const { url, ref } of got) {
          expect([url, ref].filter((way) => way !== undefined)).toHaveLength(1)
          if (url !== undefined) expect(URL.canParse(url)).toBe(true)
          if (ref === undefined) continue
          expect(ref).toMatch(/^\S+$/)
          for (const secret of under.secrets) expect(ref).not.toContain(secret)
          const file = await under.adapter.file!(ref, new AbortController().signal)
          expect(await file.body.toArray()).not.toEqual([])
        }
      }),
    )

    it('two replies have two ids', () =>
      calling(async (under) => {
        const ticket = ticketId(await opened(under))
        const write = () => under.callbacks.reply(ticket, { text: 'Hello', files: [], agent: 'Bea Agent' })
        const ids = eventsOf(under, [...write(), ...write()]).flatMap((e) =>
          e.kind === 'reply' ? [e.message] : [],
        )
        expect(new Set(ids).size).toBe(2)
      }))

    it('our own words come back and are no events', () =>
      calling(async (under) => {
        const { adapter } = under
        const ref = await opened(under)
        const attachments = [picture(under.server.fileUrl('loop.jpg'))]
        await adapter.appendMessage(ref, said('from the customer', { attachments }), stepFor('own'))
        await adapter.appendMessage(
          ref,
          said('from us', { from: 'agent', agentName: 'Bea Agent' }),
          stepFor('own'),
        )
        await adapter.addNote(ref, { at: 1_790_000_000_000, text: 'a note' }, stepFor('own'))
        const events = eventsOf(under, under.callbacks.ours())
        expect(events.filter(({ kind }) => kind === 'reply')).toEqual([])
      }))

    it("an agent's private note is no event", () =>
      calling(async (under) => {
        const ticket = ticketId(await opened(under))
        const bodies = under.callbacks.note?.(ticket, 'he is angry') ?? []
        expect(eventsOf(under, bodies).filter(({ kind }) => kind === 'reply')).toEqual([])
      }))

    it('solving a ticket and bringing it back are events', () =>
      calling(async (under) => {
        const ticket = ticketId(await opened(under))
        if (!under.callbacks.status) return
        const told = (['solved', 'open'] as const).map((status) =>
          eventsOf(under, under.callbacks.status!(ticket, status)),
        )
        expect(told[0]!.some((e) => e.kind === 'status' && e.ticket === ticket && e.status !== 'open')).toBe(
          true,
        )
        expect(told[1]).toContainEqual(expect.objectContaining({ kind: 'status', ticket, status: 'open' }))
      }))

    it('a body that the vendor would not send is CallbackFault or nothing, whatever it is', () =>
      calling((under) => {
        fc.assert(
          fc.property(fc.jsonValue({ maxDepth: 4 }), (body) => {
            expect([[], 'fault']).toContainEqual(faultOr(parsed(under, { body })))
          }),
          { numRuns: 300 },
        )
        return Promise.resolve()
      }))

    it('a body with any place of it changed is never another error', () =>
      calling(async (under) => {
        const ticket = ticketId(await opened(under))
        const files = [{ type: 'image' as const, name: 'label.png' }]
        const bodies = [
          ...under.callbacks.reply(ticket, { text: 'Hello', files, agent: 'Bea Agent' }),
          ...(under.callbacks.status?.(ticket, 'solved') ?? []),
        ]
        const values = [null, 0, -1, 2 ** 60, '', 'x', true, [], {}, [null], [{}], { id: null }]
        for (const callback of bodies)
          for (const body of mutations(callback.body, values)) parsed(under, { ...callback, body })
      }))
  })
}

function faultOr(result: HelpdeskEvent[] | CallbackFault): HelpdeskEvent[] | 'fault' {
  return result instanceof CallbackFault ? 'fault' : result
}
