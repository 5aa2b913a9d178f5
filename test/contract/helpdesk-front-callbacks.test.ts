import { describe, expect, it } from 'vitest'
import type { ProvenCallback } from '../../src/helpdesk/callback.ts'
import { CallbackFault } from '../../src/helpdesk/callback.ts'
import { closeAfterEach } from '../support/vendors/close-after.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { conversation, newTicket, stepFor } from '../support/ticket-helpdesk-kit.ts'
import { frontVendor, messageCallback, signedByFront } from '../support/vendors/front.ts'
import type { Json } from '../support/vendor-server.ts'

const opened = closeAfterEach()

async function vendor(...args: Parameters<typeof frontVendor>) {
  return opened(await frontVendor(...args))
}

const at = 1_790_000_123_000
const written = { text: 'Tomorrow', files: [], agent: 'Bea Agent' }

/** As the route does it: the bytes are proven, then read. */
function proven({ adapter }: Awaited<ReturnType<typeof vendor>>, body: Json, headers = {}): ProvenCallback {
  const { scheme, secrets } = adapter.callback!
  const { bytes, headers: signed } = signedByFront(body, at)
  const unproven = { headers: { ...signed, ...headers }, pathSecret: undefined, body: bytes }
  expect(verifyCallback({ scheme, secrets }, unproven, at)).toBe('proven')
  return { headers: unproven.headers, query: {}, body: JSON.parse(bytes.toString()) }
}

describe('Front calls us', () => {
  it('an agent answers: signed, read, and answered with our ids', async () => {
    const under = await vendor()
    const ref = await under.adapter.openTicket(newTicket, stepFor('ticket'))
    const callback = proven(under, messageCallback(under.state, conversation.id, written))
    expect(under.adapter.callback!.parse(callback)).toMatchObject([
      {
        kind: 'reply',
        ticket: ref.split(' ')[0],
        text: 'Tomorrow',
        at: 1_790_000_123_456,
        agent: { name: 'Bea Agent' },
      },
    ])
    expect(under.adapter.callback!.answer!(callback, ['rpl_1'])).toEqual({
      body: {
        type: 'success',
        external_id: (callback.body as Json).payload.id,
        external_conversation_id: conversation.id,
      },
    })
  })

  it('refuses bytes that another key signed, or that were changed on the way', async () => {
    const { adapter, state } = await vendor()
    const { scheme, secrets } = adapter.callback!
    const { bytes, headers } = signedByFront(messageCallback(state, 'x', written), at, 'another key')
    expect(verifyCallback({ scheme, secrets }, { headers, pathSecret: undefined, body: bytes }, at)).toBe(
      'wrong',
    )
    const good = signedByFront(messageCallback(state, 'x', written), at)
    const changed = Buffer.from(good.bytes.toString().replace('Tomorrow', 'Never'))
    const unproven = { headers: good.headers, pathSecret: undefined, body: changed }
    expect(verifyCallback({ scheme, secrets }, unproven, at)).toBe('wrong')
  })

  it('a message that nobody here can send is refused, so that the agent sees it', async () => {
    const under = await vendor()
    const callback = proven(under, messageCallback(under.state, 'someone-else', written))
    expect(under.adapter.callback!.answer!(callback, [])).toMatchObject({
      status: 400,
      body: { type: 'bad_request' },
    })
  })

  it('an automatic answer has no agent, and is known by what it answers', async () => {
    const under = await vendor()
    const body = { ...messageCallback(under.state, conversation.id, written), type: 'message_autoreply' }
    delete body.payload.author
    delete body.payload.id
    delete body.metadata
    body.payload._links = {
      related: { message_replied_to: 'https://acme.api.frontapp.com/messages/msg_55c8' },
    }
    expect(under.adapter.callback!.parse(proven(under, body))).toMatchObject([
      {
        kind: 'reply',
        ticket: conversation.id,
        message: 'msg_55c8_autoreply',
        agent: null,
        text: 'Tomorrow',
      },
    ])
  })

  it('rich text becomes plain text, and plain text stays as it is', async () => {
    const { adapter, state } = await vendor()
    const texts = ['<p>Hello <b>Anna</b></p><p>1 &lt; 2</p>', 'a < b\nand &amp; more'].map((text) => {
      const body = messageCallback(state, conversation.id, { ...written, text })
      delete body.payload.text
      return adapter
        .callback!.parse({ headers: {}, query: {}, body })
        .map((event) => 'text' in event && event.text)
    })
    expect(texts).toEqual([['Hello Anna\n\n1 < 2'], ['a < b\nand &amp; more']])
  })

  it('of a merged conversation, the ids of the person that the agent writes to go first', async () => {
    const { adapter, state } = await vendor()
    await adapter.openTicket(newTicket, stepFor('ticket'))
    const body = messageCallback(state, conversation.id, written)
    body.metadata.external_conversation_ids = [
      '1234567890:somebody',
      conversation.id,
      `${conversation.id}~ab12`,
    ]
    expect(adapter.callback!.parse({ headers: {}, query: {}, body })).toMatchObject([
      { ticket: `${conversation.id}~ab12` },
    ])
  })

  it('the challenge of a webhook is given back', async () => {
    const under = await vendor()
    const callback = proven(
      under,
      { type: 'sync', authorization: { id: 'cmp_1' } },
      { 'x-front-challenge': 'q7x' },
    )
    expect(under.adapter.callback!.parse(callback)).toEqual([])
    expect(under.adapter.callback!.answer!(callback, [])).toEqual({ body: { challenge: 'q7x' } })
  })

  it('a channel that is connected is told where to call; imports and deletions are taken note of', async () => {
    const under = await vendor()
    const answers = [
      { type: 'authorization', payload: { channel_id: 'cha_77' } },
      { type: 'message_imported', payload: { id: 'msg_1' } },
      { type: 'delete', payload: { channel_id: 'cha_77' } },
    ].map((body) => {
      const callback = proven(under, body)
      expect(under.adapter.callback!.parse(callback)).toEqual([])
      return under.adapter.callback!.answer!(callback, [])
    })
    expect(answers).toEqual([
      { body: { type: 'success', webhook_url: 'https://bridge.example/callbacks/desk' } },
      { body: { type: 'success' } },
      { body: { type: 'success' } },
    ])
  })

  it('a message without an id is a fault that names the field', async () => {
    const { adapter, state } = await vendor()
    const body = messageCallback(state, conversation.id, written)
    delete body.payload.id
    body.payload._links = { related: { message_replied_to: 'https://acme.api.frontapp.com/messages/msg_1' } }
    const parse = () => adapter.callback!.parse({ headers: {}, query: {}, body })
    expect(parse).toThrow(CallbackFault)
    expect(parse).toThrow(/payload\.id/)
  })
})
