import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/helpdesk/adapter.ts'
import {
  again,
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

/** The three things that must happen once. Each answers how to count what came of it. */
const effects = {
  openTicket: {
    prepare: () => Promise.resolve(''),
    act: ({ adapter }: TicketHelpdeskUnderTest, _ref: string, step: Step) =>
      adapter.openTicket(newTicket, step),
    count: ({ tickets }: TicketHelpdeskUnderTest) => tickets().length,
  },
  appendMessage: {
    prepare: opened,
    act: ({ adapter }: TicketHelpdeskUnderTest, ref: string, step: Step) =>
      adapter.appendMessage(ref, { ...said('Where is my parcel?'), at: 1_790_000_000_000 }, step),
    count: countEntries('Where is my parcel?'),
  },
  'appendMessage of an agent': {
    prepare: opened,
    act: ({ adapter }: TicketHelpdeskUnderTest, ref: string, step: Step) =>
      adapter.appendMessage(
        ref,
        { ...said('On its way.', { from: 'agent', agentName: 'Bea' }), at: 1_790_000_000_000 },
        step,
      ),
    count: countEntries('On its way.'),
  },
  addNote: {
    prepare: opened,
    act: ({ adapter }: TicketHelpdeskUnderTest, ref: string, step: Step) =>
      adapter.addNote(ref, { at: 1_790_000_000_000, text: 'Anna reacted with a heart.' }, step),
    count: countEntries('Anna reacted with a heart.'),
  },
}

const names = Object.keys(effects) as (keyof typeof effects)[]

function countEntries(text: string) {
  return (under: TicketHelpdeskUnderTest) =>
    only(under).entries.filter((entry) => entry.text.includes(text)).length
}

async function changesOf(open: Open, name: keyof typeof effects): Promise<number> {
  const { prepare, act } = effects[name]
  let changes = 0
  await using(open, async (under) => {
    const ref = await prepare(under)
    const before = under.server.exchanges.length
    await act(under, ref, stepFor(name))
    changes = under.server.exchanges.slice(before).filter(({ request }) => request.method !== 'GET').length
  })
  return changes
}

/** One effect for each key, whatever becomes of an answer. */
export function describeOnce(name: string, open: Open): void {
  describe(`${name}: once`, () => {
    it.each(names)('%s twice under the same key is one effect', (what) =>
      using(open, async (under) => {
        const { prepare, act, count } = effects[what]
        const ref = await prepare(under)
        const step = stepFor(what)
        const first = await act(under, ref, step)
        const second = await act(under, ref, again(step))
        expect(count(under)).toBe(1)
        if (what === 'openTicket') expect(ticketId(second!)).toBe(ticketId(first!))
      }),
    )

    it.each(names)(
      '%s, taken by the vendor without our hearing of it, is one effect after the next try',
      async (what) => {
        const { prepare, act, count } = effects[what]
        const changes = await changesOf(open, what)
        expect(changes).toBeGreaterThan(0)
        for (let lost = 0; lost < changes; lost++) {
          await using(open, async (under) => {
            const ref = await prepare(under)
            const step = stepFor(what)
            let seen = 0
            under.server.loseAnswer(({ method }) => method !== 'GET' && seen++ === lost)
            await thrownBy(Promise.resolve(act(under, ref, step)))
            const made = await act(under, ref, again(step))
            expect(count(under), `the answer of change ${lost + 1} of ${changes} was lost`).toBe(1)
            if (what !== 'openTicket') return
            await under.adapter.appendMessage(made!, said('And it goes on'), stepFor('on'))
            expect(ticketId(made!)).toBe(only(under).id)
            expect(only(under).entries.some(({ text }) => text.includes('And it goes on'))).toBe(true)
          })
        }
      },
    )

    it.each(names)('%s that never arrived is done by the next try, though it might have', (what) =>
      using(open, async (under) => {
        const { prepare, act, count } = effects[what]
        const ref = await prepare(under)
        const step = stepFor(what, { signal: AbortSignal.timeout(100) })
        under.server.misbehave('silent')
        await thrownBy(Promise.resolve(act(under, ref, step)))
        under.server.behave()
        await act(under, ref, again(step))
        expect(count(under)).toBe(1)
      }),
    )

    it('the same words under another key are another message', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        await under.adapter.appendMessage(ref, said('ok'), stepFor('first'))
        const step = stepFor('second', { signal: AbortSignal.timeout(100) })
        const second = said('ok')
        under.server.misbehave('silent')
        await thrownBy(under.adapter.appendMessage(ref, second, step))
        under.server.behave()
        await under.adapter.appendMessage(ref, second, again(step))
        expect(
          only(under).entries.filter(({ from, text }) => from === 'customer' && text.includes('ok')),
        ).toHaveLength(2)
      }))

    it('shows messages in the order in which they were appended', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        for (const text of ['uno', 'dos', 'tres'])
          await under.adapter.appendMessage(ref, said(text), stepFor(text))
        const shown = only(under).entries.flatMap(({ text }) => /uno|dos|tres/.exec(text)?.[0] ?? [])
        expect(shown).toEqual(['uno', 'dos', 'tres'])
      }))
  })
}
