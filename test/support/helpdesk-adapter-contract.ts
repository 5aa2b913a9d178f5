import { afterAll, describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import type { Attachment, DomainEvent, MessageEvent } from '../../src/domain/event.ts'
import { stepFacts } from '../../src/domain/step-error.ts'
import type { HelpdeskAdapter, NewTicket, Step } from '../../src/helpdesk/adapter.ts'
import { describeCallbacks } from './ticket-helpdesk-callbacks.ts'
import { describeContents } from './ticket-helpdesk-contents.ts'
import { describeFailures } from './ticket-helpdesk-failures.ts'
import type { Open } from './ticket-helpdesk-kit.ts'
import { describeOnce } from './ticket-helpdesk-once.ts'
import { describeRecording } from './ticket-helpdesk-recording.ts'
import { describeRemoval } from './ticket-helpdesk-removal.ts'

/** How a helpdesk may misbehave, and what an adapter must make of it. Only for adapters that call somebody. */
export type Misbehaviour = 'refuses' | 'busy' | 'fails' | 'silent' | 'garbage'

/** An adapter that calls somebody over the network, who may misbehave from the next call on. */
export interface RemoteAdapterUnderTest extends AdapterUnderTest {
  misbehave: (how: Misbehaviour) => void
}

export interface AdapterUnderTest {
  adapter: HelpdeskAdapter
  /** The texts that the helpdesk now holds for this conversation, in order, each effect once. */
  texts(conversation: Conversation): Promise<string[]>
  close(): Promise<void>
}

const conversation: Conversation = {
  id: '1234567890:2400000000000001',
  pageId: '1234567890',
  psid: '2400000000000001',
  channel: 'messenger',
}

const newTicket: NewTicket = {
  conversation,
  page: { name: 'Acme Shoes' },
  subject: 'A customer at Acme Shoes',
  customer: null,
  context: { page: 'Acme Shoes', channel: 'messenger' },
  followUpOf: null,
}

let counter = 0

function message(text: string, attachments: Attachment[] = []): MessageEvent {
  counter++
  return {
    id: `evt_contract${counter}`,
    kind: 'message',
    mid: `m_contract_${counter}`,
    text,
    attachments,
    pageId: conversation.pageId,
    conversationId: conversation.id,
    psid: conversation.psid,
    timestamp: 1_790_000_000_000 + counter,
    standby: false,
    raw: {},
  }
}

function stepFor(event: DomainEvent, signal = new AbortController().signal): Step {
  return { idempotencyKey: event.id, attempt: 1, signal }
}

async function forward(adapter: HelpdeskAdapter, event: DomainEvent, step = stepFor(event)): Promise<void> {
  if (adapter.style === 'events') return adapter.forwardEvent(event, conversation, step)
  const ticket = await adapter.openTicket(newTicket, { ...step, idempotencyKey: `${event.id}:ticket` })
  const { id: eventId, timestamp: at, kind } = event
  if (kind !== 'message') {
    await adapter.addNote(ticket, { at, text: kind }, step)
    return
  }
  const { text, attachments } = event
  await adapter.appendMessage(
    ticket,
    { eventId, from: 'customer', at, text, attachments, payload: null },
    step,
  )
}

async function using<T extends AdapterUnderTest>(open: () => Promise<T>, use: (under: T) => Promise<void>) {
  const under = await open()
  try {
    await use(under)
  } finally {
    await under.adapter.close()
    await under.close()
  }
}

/** What every adapter must do, no exception. */
export function describeHelpdeskAdapter(name: string, open: () => Promise<AdapterUnderTest>): void {
  describe(`helpdesk adapter ${name}`, () => {
    it('shows messages in order, and the same key twice as one effect', () =>
      using(open, async ({ adapter, texts }) => {
        const [one, two] = [message('one'), message('two')]
        for (const event of [one, one, two, two]) await forward(adapter, event)
        expect(await texts(conversation)).toEqual(['one', 'two'])
      }))

    it('carries long text, emoji, right-to-left text and twenty attachments', () =>
      using(open, async ({ adapter, texts }) => {
        const wanted = ['x'.repeat(20_000), '👩‍👩‍👧‍👦 Grüße 謝謝', 'שלום עולם مرحبا', 'line\nbreak "quoted" <b>']
        const attachments = Array.from({ length: 20 }, (_, n) => ({
          type: 'image',
          url: `https://cdn.example/${n}.jpg`,
        }))
        for (const text of wanted) await forward(adapter, message(text, attachments))
        expect(await texts(conversation)).toEqual(wanted)
      }))

    it('takes an event that it does not understand', () =>
      using(open, async ({ adapter, texts }) => {
        const { mid: _mid, text: _text, attachments: _attachments, ...base } = message('')
        await forward(adapter, { ...base, kind: 'unknown', name: 'never_seen' })
        expect(await texts(conversation)).toHaveLength(1)
      }))
  })
}

/** And, beside it, what every adapter must do that calls a helpdesk over the network. */
export function describeRemoteHelpdesk(name: string, open: () => Promise<RemoteAdapterUnderTest>): void {
  describeHelpdeskAdapter(name, open)

  describe(`helpdesk adapter ${name}, when the helpdesk misbehaves`, () => {
    const verdicts: [Misbehaviour, 'retry' | 'permanent', 'no' | 'unknown'][] = [
      ['refuses', 'permanent', 'no'],
      ['busy', 'retry', 'no'],
      ['fails', 'retry', 'unknown'],
      ['silent', 'retry', 'unknown'],
    ]
    it.each(verdicts)('a helpdesk that %s is judged %s, arrived: %s', (how, verdict, arrived) =>
      using(open, async ({ adapter, misbehave }) => {
        misbehave(how)
        const event = message('to a helpdesk that misbehaves')
        const aborted = how === 'silent' ? AbortSignal.timeout(200) : new AbortController().signal
        const error = await forward(adapter, event, stepFor(event, aborted)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(stepFacts(error)).toMatchObject({
          verdict,
          arrived,
          code: expect.stringMatching(/^HELPDESK_/),
        })
        expect(String(error)).not.toContain('to a helpdesk that misbehaves')
      }),
    )

    it('takes a 2xx with a garbage body as what it says', () =>
      using(open, async ({ adapter, misbehave }) => {
        misbehave('garbage')
        await expect(forward(adapter, message('whatever it answers'))).resolves.toBeUndefined()
      }))

    it('ends promptly when its signal aborts', () =>
      using(open, async ({ adapter, misbehave }) => {
        misbehave('silent')
        const event = message('aborted')
        const began = performance.now()
        await expect(forward(adapter, event, stepFor(event, AbortSignal.timeout(50)))).rejects.toThrow()
        expect(performance.now() - began).toBeLessThan(1000)
      }))
  })
}

/** What every adapter must do that opens tickets at a vendor. Each test gets a vendor of its own from `open`. */
export function describeTicketHelpdesk(name: string, open: Open): void {
  const descriptions = new Set<string>()
  const noting: Open = async () => {
    const under = await open()
    for (const file of under.server.descriptions) descriptions.add(file)
    return under
  }
  describeOnce(name, noting)
  describeContents(name, noting)
  describeFailures(name, noting)
  describeCallbacks(name, noting)
  describeRemoval(name, noting)
  describeRecording(name, noting)

  afterAll(() => {
    const held = descriptions.size > 0 ? [...descriptions].join(', ') : 'our own schemas only'
    console.log(`${name}: requests were held against ${held}`)
  })
}
