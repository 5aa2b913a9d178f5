import { describe, expect, it } from 'vitest'
import { anna, eventsOf, newTicket, picture, said, ticketId, using } from './ticket-helpdesk-kit.ts'
import type { Open, TicketHelpdeskUnderTest } from './ticket-helpdesk-kit.ts'
import type { Step } from '../../src/helpdesk/adapter.ts'
import type { Reply } from '../../src/domain/reply.ts'
import type { VendorExchange } from './vendor-server.ts'

const at = 1_790_000_000_000
const plain = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'user-agent', 'accept'])
const secretHeaders = /authorization|token|key|secret|x-user-id/i

function step(name: string): Step {
  return { idempotencyKey: `evt_recorded_${name}`, attempt: 1, signal: new AbortController().signal }
}

function message(eventId: string, text: string | null, more = {}) {
  return { ...said(text, more), eventId: `evt_recorded_${eventId}`, at }
}

/** One round of everything an adapter can do, with the same words and keys every time. */
async function goRound(under: TicketHelpdeskUnderTest): Promise<unknown[]> {
  const { adapter, server, callbacks } = under
  const ref = await adapter.openTicket(newTicket, step('ticket'))
  await adapter.appendMessage(ref, message('m1', 'Where is my parcel?'), step('m1'))
  const attachments = [picture(server.fileUrl('shoe.jpg'))]
  const shown = await adapter.appendMessage(ref, message('m2', 'This one', { attachments }), step('m2'))
  await adapter.appendMessage(
    ref,
    message('m3', 'On its way', { from: 'agent', agentName: 'Bea' }),
    step('m3'),
  )
  await adapter.addNote(ref, { at, text: 'Anna came by an ad' }, step('n1'))
  await adapter.setCustomer?.(ref, anna, step('who'))
  await adapter.setTags?.(ref, ['returns', 'vip'], step('tags'))
  const bodies = callbacks?.reply(ticketId(ref), { text: 'Tomorrow', files: [], agent: 'Bea Agent' }) ?? []
  const events = eventsOf(under, bodies)
  for (const event of events) {
    if (event.kind !== 'reply') continue
    const source = { helpdesk: 'desk', ticket: event.ticket, message: event.message }
    const reply: Reply = {
      id: 'rpl_recorded00000000000000',
      conversationId: newTicket.conversation.id,
      message: { text: 'Tomorrow' },
      agent: { name: 'Bea Agent' },
      topic: null,
      at,
      by: 'helpdesk:desk',
      source,
    }
    const { conversation } = newTicket
    await adapter.reportSent?.(conversation, reply, { status: 'sent' }, step('sent'))
    const failure = { code: 'WINDOW_CLOSED' as const, message: 'The window is closed.' }
    await adapter.reportSent?.(conversation, reply, { status: 'failed', failure }, step('failed'))
    const receipt = { replyId: reply.id, source, at }
    await adapter.reportReceipt?.(conversation, { ...receipt, status: 'delivered' }, step('delivered'))
    await adapter.reportReceipt?.(conversation, { ...receipt, status: 'read' }, step('read'))
  }
  const taken = { eventId: 'evt_recorded_m2', message: shown ?? '', key: step('m2').idempotencyKey }
  await adapter.removeMessage?.(ref, taken, step('taken-back'))
  await adapter.setStatus?.(ref, 'solved', step('solved'))
  await adapter.setStatus?.(ref, 'open', step('open'))
  return [{ callbacks: bodies.map(({ body }) => body), events }]
}

/** What was asked and answered, so that a change of it is seen in review. */
export function describeRecording(name: string, open: Open): void {
  describe(`${name}: recording`, () => {
    it('asks what it asked before', () =>
      using(open, async (under) => {
        const told = await goRound(under)
        const recorded = [...under.server.exchanges.map((exchange) => show(exchange)), ...told]
        const text = `${JSON.stringify(steady(recorded, under), null, 2)}\n`
        for (const secret of under.secrets) {
          expect(text).not.toContain(secret)
          expect(text).not.toContain(Buffer.from(secret).toString('base64'))
        }
        await expect(text).toMatchFileSnapshot(`../fixtures/helpdesks/${name}.json`)
      }))
  })
}

function show({ request, answer }: VendorExchange): object {
  const { method, path, query, json, files, bytes } = request
  const headers = Object.entries(request.headers)
    .filter(([key]) => !plain.has(key))
    .map(([key, value]) => [
      key,
      secretHeaders.test(key) ? '(secret)' : value.replace(/boundary=.*/, 'boundary=…'),
    ])
  const raw = json === undefined && files.length === 0 && bytes.length > 0
  return {
    request: {
      line: `${method} ${path}`,
      ...(Object.keys(query).length > 0 ? { query } : {}),
      headers: Object.fromEntries(headers),
      ...(json === undefined ? {} : { body: json }),
      ...(files.length > 0
        ? { files: files.map((file) => ({ ...file, bytes: file.bytes.toString() })) }
        : {}),
      ...(raw ? { bytes: bytes.toString() } : {}),
    },
    answer: { status: answer.status ?? 200, body: answer.json ?? answer.text },
  }
}

/** Without what differs from run to run: ports, secrets, and times that are now. */
function steady(thing: unknown, under: TicketHelpdeskUnderTest): unknown {
  if (typeof thing === 'string') return steadyText(thing, under)
  if (typeof thing === 'number') return isNow(thing) ? '(now)' : thing
  if (Array.isArray(thing)) return thing.map((part) => steady(part, under))
  if (typeof thing !== 'object' || thing === null) return thing
  return Object.fromEntries(
    Object.entries(thing).map(([key, value]) => [steadyText(key, under), steady(value, under)]),
  )
}

function steadyText(text: string, { server, secrets, volatile = {} }: TicketHelpdeskUnderTest): string {
  let made = text.replaceAll(server.url, 'https://vendor.example')
  for (const secret of secrets) made = made.replaceAll(secret, '(secret)')
  for (const [name, pattern] of Object.entries(volatile)) made = made.replace(pattern, `(${name})`)
  return made
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/g, (date) =>
      isNow(Date.parse(date)) ? '(now)' : date,
    )
    .replace(/\b\d{10}(\d{3})?\b/g, (digits) => (isNow(Number(digits)) ? '(now)' : digits))
}

/** Seconds or milliseconds. */
function isNow(time: number): boolean {
  const hour = 3_600_000
  return Math.abs(time - Date.now()) < hour || Math.abs(time * 1000 - Date.now()) < hour
}
