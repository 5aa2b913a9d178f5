import { describe, expect, it } from 'vitest'
import type { StepErrorFacts } from '../../src/domain/step-error.ts'
import type { Step } from '../../src/helpdesk/adapter.ts'
import {
  conversation,
  expectFacts,
  newTicket,
  only,
  opened,
  said,
  stepFor,
  thrownBy,
  ticketId,
  using,
} from './ticket-helpdesk-kit.ts'
import type { Open, TicketHelpdeskUnderTest } from './ticket-helpdesk-kit.ts'
import type { VendorMisbehaviour } from './vendor-server.ts'

const verdicts: [VendorMisbehaviour, StepErrorFacts][] = [
  ['refuses', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' }],
  ['busy', { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no', retryAfterMs: 7000 }],
  ['fails', { code: 'HELPDESK_FAILED', verdict: 'retry', arrived: 'unknown', destinationDown: true }],
  ['silent', { code: 'HELPDESK_SILENT', verdict: 'retry', arrived: 'unknown' }],
  ['half', { code: 'HELPDESK_SILENT', verdict: 'retry', arrived: 'unknown' }],
  ['garbage', { code: 'HELPDESK_GARBAGE', verdict: 'retry', arrived: 'unknown' }],
]

const secretText = 'my card number is 4111'

const calls = {
  openTicket: (under: TicketHelpdeskUnderTest, _ref: string, step: Step) =>
    under.adapter.openTicket({ ...newTicket, subject: secretText }, step),
  appendMessage: (under: TicketHelpdeskUnderTest, ref: string, step: Step) =>
    under.adapter.appendMessage(ref, said(secretText), step),
  addNote: (under: TicketHelpdeskUnderTest, ref: string, step: Step) =>
    under.adapter.addNote(ref, { at: 1_790_000_000_000, text: secretText }, step),
}

const names = Object.keys(calls) as (keyof typeof calls)[]

/** What an adapter makes of a vendor that misbehaves. */
export function describeFailures(name: string, open: Open): void {
  describe(`${name}: when the vendor misbehaves`, () => {
    for (const [how, facts] of verdicts) {
      it.each(names)(`one that ${how} is judged ${facts.code} by %s`, (what) =>
        using(open, async (under) => {
          const ref = what === 'openTicket' ? '' : await opened(under)
          under.server.misbehave(how)
          const signal = how === 'silent' ? AbortSignal.timeout(150) : new AbortController().signal
          const error = await thrownBy(Promise.resolve(calls[what](under, ref, stepFor(what, { signal }))))
          const hidden = [secretText, conversation.psid!, 'Schmidt', ...under.secrets]
          expectFacts(error, facts, hidden)
        }),
      )
    }

    it.each(names)('%s ends promptly when its signal aborts', (what) =>
      using(open, async (under) => {
        const ref = what === 'openTicket' ? '' : await opened(under)
        under.server.misbehave('silent')
        const began = performance.now()
        const step = stepFor(what, { signal: AbortSignal.timeout(50) })
        await thrownBy(Promise.resolve(calls[what](under, ref, step)))
        expect(performance.now() - began).toBeLessThan(1000)
      }),
    )

    it('a ticket that is gone is TICKET_GONE', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        if (!under.remove) return
        under.remove(ticketId(ref))
        for (const what of ['appendMessage', 'addNote'] as const) {
          const error = await thrownBy(Promise.resolve(calls[what](under, ref, stepFor(what))))
          expectFacts(error, { code: 'TICKET_GONE', verdict: 'permanent', arrived: 'no' }, [secretText])
        }
      }))

    it('a ticket that takes nothing any more is TICKET_CLOSED, and a follow-up can be opened', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        if (!under.closeForGood) return
        under.closeForGood(ticketId(ref))
        const error = await thrownBy(under.adapter.appendMessage(ref, said(secretText), stepFor('closed')))
        expectFacts(error, { code: 'TICKET_CLOSED', verdict: 'permanent', arrived: 'no' }, [secretText])
      }))

    it('a follow-up is a new ticket of the same customer', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        if (under.closeForGood) under.closeForGood(ticketId(ref))
        else under.remove?.(ticketId(ref))
        const next = await under.adapter.openTicket({ ...newTicket, followUpOf: ref }, stepFor('follow-up'))
        expect(ticketId(next)).not.toBe(ticketId(ref))
        await under.adapter.appendMessage(next, said('It broke again'), stepFor('again'))
        const ticket = under.tickets().find(({ id }) => id === ticketId(next))
        expect(ticket?.entries.some(({ text }) => text.includes('It broke again'))).toBe(true)
      }))

    it('after all that went wrong, the next message arrives', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        under.server.misbehave('fails')
        await thrownBy(under.adapter.appendMessage(ref, said('lost'), stepFor('lost')))
        under.server.behave()
        await under.adapter.appendMessage(ref, said('found'), stepFor('found'))
        expect(only(under).entries.some(({ text }) => text.includes('found'))).toBe(true)
      }))
  })
}
