import { describe, expect, it } from 'vitest'
import type { StepErrorFacts } from '../../src/domain/step-error.ts'
import type { Step, TicketMessage, WrittenMessage } from '../../src/helpdesk/adapter.ts'
import {
  again,
  expectFacts,
  only,
  opened,
  picture,
  said,
  stepFor,
  thrownBy,
  ticketId,
  using,
} from './ticket-helpdesk-kit.ts'
import type { Open, SeenEntry, TicketHelpdeskUnderTest } from './ticket-helpdesk-kit.ts'
import type { VendorMisbehaviour } from './vendor-server.ts'

const secretText = 'my card number\nis 4111, see https://cards.example/4111?a=b&c=d <b>'
const hiddenWords = ['card', '4111', 'cards.example']
const at = 1_790_000_000_000

async function write(
  { adapter }: TicketHelpdeskUnderTest,
  ref: string,
  message: TicketMessage,
): Promise<WrittenMessage> {
  const step = stepFor('written')
  const name = await adapter.appendMessage(ref, message, step)
  expect(name).toBeDefined()
  return { eventId: message.eventId, message: name!, key: step.idempotencyKey }
}

/** What there is beside the message that goes. */
async function surrounded(under: TicketHelpdeskUnderTest, more: Partial<TicketMessage> = {}) {
  const ref = await opened(under)
  await write(under, ref, said('before it', { at }))
  const agent = { text: 'an answer', files: [], agent: 'Bea Agent' }
  under.callbacks?.reply(ticketId(ref), agent)
  const before = only(under).entries
  const written = await write(under, ref, said(secretText, { at: at + 1000, ...more }))
  const attachments = [picture(under.server.fileUrl('other.jpg'))]
  await write(under, ref, said('behind it', { at: at + 2000, attachments }))
  under.callbacks?.note?.(ticketId(ref), 'an opinion of an agent')
  return { ref, written, before }
}

function isHeld({ text, files }: SeenEntry): boolean {
  return hiddenWords.some((word) => text.includes(word)) || files.some((name) => name.includes('shoe'))
}

function others({ entries }: { entries: SeenEntry[] }): SeenEntry[] {
  return entries.filter(({ text }) => /it|answer|opinion/.test(text) && !/4111|delet/i.test(text))
}

async function remove(
  { adapter }: TicketHelpdeskUnderTest,
  ref: string,
  written: WrittenMessage,
  step: Step = stepFor('remove'),
): Promise<Step> {
  await adapter.removeMessage?.(ref, written, step)
  return step
}

/** Taking out what a customer took back, where the vendor knows how. */
export function describeRemoval(name: string, open: Open): void {
  const removable: Open = open
  const each = (use: (under: TicketHelpdeskUnderTest) => Promise<void>) =>
    using(removable, async (under) => (under.adapter.removeMessage ? use(under) : undefined))

  describe(`${name}: what is taken back`, () => {
    it('goes, with its words and its files, and once more is no other effect', () =>
      each(async (under) => {
        const attachments = [picture(under.server.fileUrl('shoe.jpg'))]
        const { ref, written, before } = await surrounded(under, { attachments })
        expect(only(under).entries.filter(isHeld).length).toBeGreaterThan(0)
        const kept = others(only(under))
        expect(kept.length).toBeGreaterThanOrEqual(2)

        const step = await remove(under, ref, written)
        expect(only(under).entries.filter(isHeld)).toEqual([])
        expect(others(only(under))).toEqual(kept)
        expect(only(under).entries.slice(0, before.length)).toEqual(before)
        const after = only(under)
        await remove(under, ref, written, again(step))
        await remove(under, ref, written)
        expect(only(under)).toEqual(after)
      }))

    it('goes as a whole where it was written in parts', () =>
      each(async (under) => {
        const attachments = Array.from({ length: 20 }, (_, n) =>
          picture(under.server.fileUrl(`shoe${n}.jpg`)),
        )
        const text = `${'card '.repeat(900)}4111`
        const { ref, written } = await surrounded(under, { attachments, text })
        const kept = others(only(under))
        await remove(under, ref, written)
        expect(only(under).entries.filter(isHeld)).toEqual([])
        expect(others(only(under))).toEqual(kept)
      }))

    it('may be a note of ours that quotes it', () =>
      each(async (under) => {
        const ref = await opened(under)
        const step = stepFor('edit')
        const note = { at, text: `Anna edited a message: ${secretText}` }
        const message = await under.adapter.addNote(ref, note, step)
        await remove(under, ref, { eventId: 'evt_edit', message: message!, key: step.idempotencyKey })
        expect(only(under).entries.filter(isHeld)).toEqual([])
      }))

    it('is gone after the next try, whichever answer was lost', () =>
      each(async (under) => {
        const files = { attachments: [picture(under.server.fileUrl('shoe.jpg'))] }
        const { ref, written } = await surrounded(under, files)
        const before = under.server.exchanges.length
        await remove(under, ref, written)
        const changes = under.server.exchanges.slice(before).filter(({ request }) => request.method !== 'GET')
        expect(changes.length).toBeGreaterThan(0)
        for (const lost of changes.keys()) {
          await using(removable, async (other) => {
            const there = await surrounded(other, {
              attachments: [picture(other.server.fileUrl('shoe.jpg'))],
            })
            let seen = 0
            other.server.loseAnswer(({ method }) => method !== 'GET' && seen++ === lost)
            const step = stepFor('lost')
            await thrownBy(remove(other, there.ref, there.written, step))
            await remove(other, there.ref, there.written, again(step))
            expect(only(other).entries.filter(isHeld)).toEqual([])
            expect(others(only(other)).length).toBeGreaterThanOrEqual(2)
          })
        }
      }))

    const verdicts: [VendorMisbehaviour, Partial<StepErrorFacts>][] = [
      ['refuses', { code: 'HELPDESK_REFUSED', verdict: 'permanent' }],
      ['busy', { code: 'HELPDESK_BUSY', verdict: 'retry', retryAfterMs: 7000 }],
      ['fails', { code: 'HELPDESK_FAILED', verdict: 'retry' }],
      ['silent', { code: 'HELPDESK_SILENT', verdict: 'retry' }],
    ]
    it.each(verdicts)('stays with a vendor that %s', (how, facts) =>
      each(async (under) => {
        const { ref, written } = await surrounded(under)
        under.server.misbehave(how)
        const signal = how === 'silent' ? AbortSignal.timeout(150) : new AbortController().signal
        const error = await thrownBy(remove(under, ref, written, stepFor('bad', { signal })))
        expectFacts(error, facts, [...hiddenWords, ...under.secrets])
        under.server.behave()
        await remove(under, ref, written)
        expect(only(under).entries.filter(isHeld)).toEqual([])
      }),
    )

    it('is nothing to worry about where its ticket is gone', () =>
      each(async (under) => {
        if (!under.remove) return
        const { ref, written } = await surrounded(under)
        under.remove(ticketId(ref))
        const code = await remove(under, ref, written).then(
          () => 'done',
          (error: { facts?: StepErrorFacts }) => error.facts?.code,
        )
        expect(['done', 'TICKET_GONE']).toContain(code)
      }))
  })
}
