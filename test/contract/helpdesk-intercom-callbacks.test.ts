import { describe, expect, it } from 'vitest'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import type { HelpdeskEvent } from '../../src/helpdesk/callback.ts'
import { closeAfterEach } from '../support/vendors/close-after.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { newTicket, said, stepFor } from '../support/ticket-helpdesk-kit.ts'
import { adminReplied, intercomVendor, signedByIntercom } from '../support/vendors/intercom.ts'
import type { Json } from '../support/vendor-server.ts'

const opened = closeAfterEach()

async function vendor(...args: Parameters<typeof intercomVendor>) {
  return opened(await intercomVendor(...args))
}

type Under = Awaited<ReturnType<typeof vendor>>

const written = { text: 'Tomorrow', files: [], agent: 'Bea Agent' }

/** As the route does it: the bytes are proven, then read. */
function told({ adapter }: Under, body: Json): HelpdeskEvent[] {
  const { scheme, secrets } = adapter.callback!
  const { bytes, headers } = signedByIntercom(body)
  expect(
    verifyCallback({ scheme, secrets }, { headers, pathSecret: undefined, body: bytes }, Date.now()),
  ).toBe('proven')
  return adapter.callback!.parse({ headers, query: {}, body: JSON.parse(bytes.toString()) })
}

function firstPart(body: Json): Json {
  return body.data.item.conversation_parts.conversation_parts[0]
}

describe('Intercom calls us', () => {
  it('a teammate answers: signed and read', async () => {
    const under = await vendor()
    const body = adminReplied(under.state, '501', written)
    expect(told(under, body)).toEqual([
      {
        kind: 'reply',
        ticket: '501',
        message: firstPart(body).id,
        at: 1_790_000_123_000,
        text: 'Tomorrow',
        files: [],
        agent: { name: 'Bea Agent' },
      },
    ])
  })

  it('refuses bytes that another secret signed, or that were changed on the way', async () => {
    const { adapter, state } = await vendor()
    const { scheme, secrets } = adapter.callback!
    const verdict = (headers: Record<string, string>, body: Buffer) =>
      verifyCallback({ scheme, secrets }, { headers, pathSecret: undefined, body }, Date.now())
    const wrong = signedByIntercom(adminReplied(state, '501', written), 'another secret')
    expect(verdict(wrong.headers, wrong.bytes)).toBe('wrong')
    const good = signedByIntercom(adminReplied(state, '501', written))
    expect(verdict(good.headers, good.bytes)).toBe('proven')
    expect(verdict(good.headers, Buffer.from(good.bytes.toString().replace('Tomorrow', 'Never')))).toBe(
      'wrong',
    )
  })

  it('a ping is proven and is no event', async () => {
    const under = await vendor()
    const ping = { type: 'notification_event', topic: 'ping', id: null, data: { item: { type: 'ping' } } }
    expect(told(under, ping)).toEqual([])
  })

  it('HTML becomes plain text with pasted pictures as files, and plain text stays as it is', async () => {
    const under = await vendor()
    const said = (text: string) => {
      const body = adminReplied(under.state, '501', written)
      firstPart(body).body = text
      return told(under, body)
    }
    const html = '<p>Hello <b>Anna</b></p><img src="https://cdn.example/a.png?x=1&amp;y=2"><p>1 &lt; 2</p>'
    expect(said(html)).toMatchObject([
      {
        text: expect.stringMatching(/^Hello Anna\s+1 < 2$/),
        files: [{ type: 'image', url: 'https://cdn.example/a.png?x=1&y=2' }],
      },
    ])
    expect(said('a < b\nand &amp; more')).toMatchObject([{ text: 'a < b\nand &amp; more' }])
  })

  it('a bot has no agent; what is said in closing is said, and closes', async () => {
    const under = await vendor()
    const bot = adminReplied(under.state, '501', written)
    firstPart(bot).author = { type: 'bot', id: '1', name: 'Fin' }
    expect(told(under, bot)).toMatchObject([{ kind: 'reply', agent: null }])
    const closing = { ...adminReplied(under.state, '501', written), topic: 'conversation.admin.closed' }
    firstPart(closing).part_type = 'close'
    expect(told(under, closing)).toMatchObject([
      { kind: 'reply', text: 'Tomorrow' },
      { kind: 'status', status: 'solved', ticket: '501' },
    ])
  })

  it('what our own teammate did, in words or status, is no event', async () => {
    const under = await vendor()
    const ref = await under.adapter.openTicket(newTicket, stepFor('ticket'))
    await under.adapter.appendMessage(ref, said('from elsewhere', { from: 'agent' }), stepFor('own'))
    await under.adapter.setStatus!(ref, 'solved', stepFor('solved'))
    await under.adapter.setStatus!(ref, 'open', stepFor('open'))
    expect(under.state.told.map(({ topic }) => topic as string)).toEqual([
      'conversation.admin.replied',
      'conversation.admin.closed',
      'conversation.admin.opened',
    ])
    expect(under.state.told.flatMap((body) => told(under, body))).toEqual([])
  })

  it('a note is no reply, though it comes beside a status', async () => {
    const under = await vendor()
    const body = { ...adminReplied(under.state, '501', written), topic: 'conversation.admin.closed' }
    firstPart(body).part_type = 'note'
    expect(told(under, body)).toMatchObject([{ kind: 'status', status: 'solved' }])
  })

  it('what a contact wrote is no reply, whatever the topic says', async () => {
    const under = await vendor()
    const body = adminReplied(under.state, '501', written)
    firstPart(body).author.type = 'user'
    expect(told(under, body)).toEqual([])
  })

  it('a notification without its conversation is a fault that names the field', async () => {
    const under = await vendor()
    const body = adminReplied(under.state, '501', written)
    delete body.data.item.id
    expect(() => told(under, body)).toThrow(CallbackFault)
    expect(() => told(under, body)).toThrow(/data\.item\.id/)
  })
})
