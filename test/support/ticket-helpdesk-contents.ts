import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import type { TicketMessage } from '../../src/helpdesk/adapter.ts'
import {
  again,
  anna,
  conversation,
  newTicket,
  only,
  opened,
  picture,
  said,
  stepFor,
  ticketId,
  using,
} from './ticket-helpdesk-kit.ts'
import type { Open, SeenEntry, TicketHelpdeskUnderTest } from './ticket-helpdesk-kit.ts'

const thread: Conversation = {
  id: '1234567890:comment:1234567890_555',
  pageId: '1234567890',
  psid: null,
  channel: 'messenger',
}

const words = Array.from({ length: 2000 }, (_, n) => `word${String(n).padStart(5, '0')}`)

function closeUp(text: string): string {
  return text.replace(/\s+/g, '')
}

/** What entries that are new since `before` show, all together. */
async function appended(
  under: TicketHelpdeskUnderTest,
  ref: string,
  message: TicketMessage,
): Promise<SeenEntry[]> {
  const entries = () => under.tickets().find(({ id }) => id === ticketId(ref))?.entries ?? []
  const before = entries().length
  await under.adapter.appendMessage(ref, message, stepFor('contents'))
  return entries().slice(before)
}

/** That everything a person wrote or sent is there, whole, and under the right name. */
export function describeContents(name: string, open: Open): void {
  describe(`${name}: what is shown`, () => {
    it('a new ticket belongs to the customer', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        expect(ref).toMatch(/^[^ ]+( .+)?$/)
        expect(only(under)).toMatchObject({ id: ticketId(ref), status: 'open', customerName: 'Anna Schmidt' })
        expect(only(under).customer).not.toBe('')
      }))

    it('a ticket opens also while nobody knows who the customer is, and for a thread', () =>
      using(open, async (under) => {
        const unknown = { ...newTicket, customer: null, context: {}, subject: 'A customer at Acme Shoes' }
        const one = await under.adapter.openTicket(unknown, stepFor('nobody'))
        const two = await under.adapter.openTicket({ ...unknown, conversation: thread }, stepFor('thread'))
        expect(ticketId(one)).not.toBe(ticketId(two))
        const [first, second] = under.tickets()
        expect(first?.customer).not.toBe(second?.customer)
      }))

    it('twenty thousand characters are all there', () =>
      using(open, async (under) => {
        const text = words.join(' ')
        const entries = await appended(under, await opened(under), said(text))
        const shown = entries.filter(({ from }) => from === 'customer').map((entry) => entry.text)
        expect(shown.join('').match(/word\d{5}/g)).toEqual(words)
      }))

    it.each(['👩‍👩‍👧‍👦 Grüße 謝謝', 'שלום עולם مرحبا', 'line\nbreak "quoted" <b>bold</b> &amp; 1 < 2 {{x}} 100%'])(
      'shows %j as it was written',
      (text) =>
        using(open, async (under) => {
          const entries = await appended(under, await opened(under), said(text))
          expect(closeUp(entries.map((entry) => entry.text).join(''))).toContain(closeUp(text))
          expect(entries[0]?.from).toBe('customer')
        }),
    )

    it('twenty attachments are all there, and the text beside them', () =>
      using(open, async (under) => {
        const names = Array.from({ length: 20 }, (_, n) => `photo-${String(n).padStart(2, '0')}.jpg`)
        const attachments = names.map((file) => picture(under.server.fileUrl(file)))
        const entries = await appended(under, await opened(under), said('all of them', { attachments }))
        const shown = entries.flatMap(({ text, files }) => [text, ...files]).join(' ')
        for (const file of names) expect(shown).toContain(file)
        expect(shown).toContain('all of them')
      }))

    it('a message of files only is shown, and holds no "null"', () =>
      using(open, async (under) => {
        const attachments = [picture(under.server.fileUrl('alone.jpg'))]
        const entries = await appended(under, await opened(under), said(null, { attachments }))
        const shown = entries.flatMap(({ text, files }) => [text, ...files]).join(' ')
        expect(shown).toContain('alone.jpg')
        expect(shown).not.toMatch(/null|undefined/)
      }))

    it('an attachment without a link is named', () =>
      using(open, async (under) => {
        const attachments = [{ type: 'location', url: null, location: { lat: 52.5, long: 13.4 } }]
        const entries = await appended(under, await opened(under), said(null, { attachments }))
        expect(entries.map(({ text }) => text).join(' ')).toMatch(/location|52\.5/i)
      }))

    it.each(['gone-photo.jpg', 'slow-photo.jpg'])('%s, which cannot be fetched, holds up no text', (file) =>
      using(open, async (under) => {
        const ref = await opened(under)
        const step = stepFor('file', { signal: AbortSignal.timeout(4500) })
        const message = said('here it is', { attachments: [picture(under.server.fileUrl(file))] })
        await under.adapter
          .appendMessage(ref, message, step)
          .catch(() =>
            under.adapter.appendMessage(ref, message, { ...again(step), signal: AbortSignal.timeout(4500) }),
          )
        const shown = only(under)
          .entries.flatMap(({ text, files }) => [text, ...files])
          .join(' ')
        expect(shown).toContain('here it is')
        expect(shown).toContain(file)
      }),
    )

    it('what an agent wrote elsewhere is no message of the customer, and names them', () =>
      using(open, async (under) => {
        const message = said('I am on it', { from: 'agent', agentName: 'Bea Agent' })
        const entries = await appended(under, await opened(under), message)
        expect(entries.map(({ text }) => text).join(' ')).toContain('I am on it')
        expect(entries.every(({ from }) => from !== 'customer')).toBe(true)
        expect(JSON.stringify(entries)).toContain('Bea Agent')
      }))

    it('where several may speak, it is shown who did', () =>
      using(open, async (under) => {
        const ref = await under.adapter.openTicket(
          { ...newTicket, conversation: thread, customer: null },
          stepFor('t'),
        )
        const entries = await appended(under, ref, said('Me too!', { customerName: 'Carl Commenter' }))
        expect(entries.map(({ text }) => text).join(' ')).toContain('Me too!')
        expect(JSON.stringify(entries)).toContain('Carl Commenter')
      }))

    it('a note is private', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        await under.adapter.addNote(
          ref,
          { at: 1_790_000_000_000, text: 'Came by an ad: <Summer> & 50 %' },
          stepFor('n'),
        )
        const notes = only(under).entries.filter(({ text }) => text.includes('Came by an ad'))
        expect(notes.map(({ from }) => from)).toEqual(['note'])
        expect(notes[0]!.text).toContain('<Summer> & 50 %')
      }))

    it('several messages in one update are all there, in order', () =>
      using(open, async (under) => {
        const ref = await opened(under)
        if (!under.adapter.appendMessages) return
        const step = stepFor('several')
        const messages = ['uno', 'dos', 'tres'].map((text) => said(text))
        await under.adapter.appendMessages(ref, messages, step)
        await under.adapter.appendMessages(ref, messages, again(step))
        const text = only(under)
          .entries.map((entry) => entry.text)
          .join(' ')
        expect(text.match(/uno|dos|tres/g)).toEqual(['uno', 'dos', 'tres'])
      }))

    it('status, tags and customer can be told twice', () =>
      using(open, async (under) => {
        const ref = await under.adapter.openTicket({ ...newTicket, customer: null }, stepFor('ticket'))
        const { setStatus, setTags, setCustomer } = under.adapter
        if (setStatus)
          for (const status of ['solved', 'open', 'open', 'solved'] as const) {
            await setStatus(ref, status, stepFor(status))
            expect(only(under).status).toBe(status)
          }
        if (setTags) {
          for (const tags of [['returns'], ['vip', 'returns'], ['vip']])
            await setTags(ref, tags, stepFor('tags'))
          expect(only(under).tags).toEqual(expect.arrayContaining(['returns', 'vip']))
          expect(new Set(only(under).tags).size).toBe(only(under).tags.length)
        }
        if (setCustomer) {
          for (const key of ['once', 'twice']) await setCustomer(ref, anna, stepFor(key))
          expect(only(under).customerName).toBe('Anna Schmidt')
        }
        expect(conversation.psid).not.toBeNull()
      }))
  })
}
