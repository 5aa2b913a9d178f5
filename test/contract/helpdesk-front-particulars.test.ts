import { describe, expect, it } from 'vitest'
import type { Reply } from '../../src/domain/reply.ts'
import { stepFacts } from '../../src/domain/step-error.ts'
import { closeAfterEach } from '../support/vendors/close-after.ts'
import {
  again,
  conversation,
  newTicket,
  picture,
  said,
  stepFor,
  thrownBy,
} from '../support/ticket-helpdesk-kit.ts'
import { agentWrote, frontVendor, messageCallback } from '../support/vendors/front.ts'
import { frontSecrets } from '../support/vendors/front-state.ts'

const opened = closeAfterEach()

async function vendor(...args: Parameters<typeof frontVendor>) {
  return opened(await frontVendor(...args))
}

const at = 1_790_000_123_000
const written = { text: 'Tomorrow', files: [], agent: 'Bea Agent' }

describe('Front takes in later than it answers', () => {
  it('a note waits for its conversation', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    state.late = 1
    await adapter.addNote(ref, { at, text: 'Anna came by an ad' }, stepFor('note'))
    expect(state.conversations[0]?.comments.map(({ body }) => body)).toEqual(['Anna came by an ad'])
  })

  it('and is tried again when that takes long, until it is plain that it will not come', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    state.late = 99
    const note = { at, text: 'a note' }
    const early = await thrownBy(adapter.addNote(ref, note, stepFor('note')))
    expect(stepFacts(early)).toMatchObject({ code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' })
    const late = await thrownBy(adapter.addNote(ref, note, stepFor('note', { attempt: 8 })))
    expect(stepFacts(late)).toMatchObject({ code: 'TICKET_GONE', verdict: 'permanent' })
  })

  it('a failure that comes before Front has read our id is told again', async () => {
    const { adapter, state } = await vendor()
    await adapter.openTicket(newTicket, stepFor('ticket'))
    const body = messageCallback(state, conversation.id, written)
    const reply: Reply = {
      id: 'rpl_9',
      conversationId: conversation.id,
      message: { text: 'Tomorrow' },
      agent: { name: 'Bea' },
      topic: null,
      at,
      by: 'helpdesk:desk',
      source: { helpdesk: 'desk', ticket: conversation.id, message: body.payload.id },
    }
    const outcome = { status: 'failed', failure: { code: 'WINDOW_CLOSED', message: 'Too late.' } } as const
    const report = (attempt: number) =>
      adapter.reportSent!(conversation, reply, outcome, stepFor('fate', { attempt }))
    expect(stepFacts(await thrownBy(report(1)))).toMatchObject({ verdict: 'retry', arrived: 'no' })
    expect(stepFacts(await thrownBy(report(6)))).toMatchObject({ verdict: 'permanent' })
    agentWrote(state, conversation.id, body)
    await report(2)
    expect(state.conversations[0]?.messages.at(-1)?.failed).toBe('Too late.')
  })
})

describe('Front conversations', () => {
  it('one that was merged is followed to where it went', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    const other = await adapter.openTicket(
      { ...newTicket, conversation: { ...conversation, id: '1234567890:77' } },
      stepFor('other'),
    )
    const [one, two] = state.conversations
    state.merged.set(one!.id, two!.id)
    await adapter.addNote(ref, { at, text: 'follows' }, stepFor('note'))
    await adapter.addNote(other, { at, text: 'stays' }, stepFor('note'))
    expect(two!.comments.map(({ body }) => body)).toEqual(['follows', 'stays'])
  })

  it('one that was deleted is gone for notes', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    await adapter.addNote(ref, { at, text: 'known' }, stepFor('note'))
    state.conversations.length = 0
    const error = await thrownBy(adapter.addNote(ref, { at, text: 'gone' }, stepFor('note')))
    expect(stepFacts(error)).toMatchObject({ code: 'TICKET_GONE', verdict: 'permanent', arrived: 'no' })
  })

  it('a follow-up of the same person is a conversation of its own', async () => {
    const { adapter, state } = await vendor()
    const first = await adapter.openTicket(newTicket, stepFor('ticket'))
    const step = stepFor('follow-up')
    const next = await adapter.openTicket({ ...newTicket, followUpOf: first }, step)
    expect(await adapter.openTicket({ ...newTicket, followUpOf: first }, again(step))).toContain(
      next.split(' ')[0],
    )
    expect(state.conversations.map(({ handle }) => handle)).toEqual([conversation.id, conversation.id])
  })

  it('ids that are too long for Front are hashed, the same on every try', async () => {
    const { adapter, state } = await vendor()
    const id = `1234567890:comment:${'9'.repeat(300)}`
    const ticket = { ...newTicket, conversation: { ...conversation, id, psid: null } }
    const ref = await adapter.openTicket(ticket, stepFor('t'.repeat(250)))
    await adapter.appendMessage(ref, said('hello'), stepFor('long'))
    expect(state.conversations).toHaveLength(1)
    expect(state.conversations[0]).toMatchObject({
      handle: id,
      externalId: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('files of customers go in as bytes; from the third try on, and beside what fails, as links', async () => {
    const { adapter, server, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    const attachments = [picture(server.fileUrl('shoe.jpg')), picture(server.fileUrl('gone-shoe.jpg'))]
    await adapter.appendMessage(ref, said('look', { attachments }), stepFor('files'))
    await adapter.appendMessage(ref, said('again', { attachments }), stepFor('third', { attempt: 3 }))
    const [, one, two] = state.conversations[0]!.messages
    expect(one).toMatchObject({
      files: [{ name: 'shoe.jpg', type: 'image/jpeg', bytes: 'bytes of shoe.jpg' }],
      body: `look<br>[image] ${server.fileUrl('gone-shoe.jpg')}`,
    })
    expect(two).toMatchObject({ files: [], body: expect.stringContaining(server.fileUrl('shoe.jpg')) })
  })

  it('files that Front refuses keep no words back', async () => {
    const { adapter, server, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    server.misbehave('refuses', ({ files }) => files.length > 0)
    const attachments = [picture(server.fileUrl('virus.exe'))]
    await adapter.appendMessage(ref, said('open this', { attachments }), stepFor('files'))
    expect(state.conversations[0]!.messages.at(-1)?.body).toBe(
      `open this<br>[image] ${server.fileUrl('virus.exe')}`,
    )
  })

  it("an agent's file is fetched with the channel's right, and nothing else is", async () => {
    const { adapter } = await vendor()
    const file = await adapter.file!('msg_5/fil_6', new AbortController().signal)
    expect({ type: file.contentType, size: file.size }).toEqual({ type: 'image/png', size: 14 })
    expect(Buffer.concat(await file.body.toArray()).toString()).toBe('bytes of fil_6')
    const error = await thrownBy(adapter.file!('../me', new AbortController().signal))
    expect(stepFacts(error)).toMatchObject({ verdict: 'permanent' })
  })

  it('what a customer typed is no HTML', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    await adapter.appendMessage(ref, said('<a href="x">1 & 2</a>\nso'), stepFor('html'))
    expect(state.conversations[0]!.messages.at(-1)?.body).toBe('&lt;a href="x"&gt;1 &amp; 2&lt;/a&gt;<br>so')
  })

  it('a tag that is there is used, on whichever page it stands', async () => {
    const { adapter, state } = await vendor()
    state.tags.push({ id: 'tag_10', name: 'returns' }, { id: 'tag_11', name: 'size' })
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    await adapter.setTags!(ref, ['size', 'new'], stepFor('tags'))
    expect(state.tags.map(({ name }) => name)).toEqual(['vip', 'returns', 'size', 'new'])
    expect(state.conversations[0]?.tags).toEqual(['tag_11', state.tags.at(-1)!.id])
  })

  it('without an API token there are no tags and no names', async () => {
    const { adapter } = await vendor({}, { token: undefined })
    expect(adapter.setTags).toBeUndefined()
    expect(adapter.setCustomer).toBeUndefined()
  })
})

describe('setting Front up', () => {
  const signal = new AbortController().signal

  it('says that all is well', async () => {
    const { adapter } = await vendor()
    const findings = await adapter.setup!.check({
      callbackUrl: 'https://bridge.example/callbacks/desk',
      signal,
    })
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  })

  it('says what is wrong, with what to do, and no secret', async () => {
    const { adapter } = await vendor(
      {},
      { appSecret: 'wrong-secret', token: 'wrong-token', callbackUrl: undefined },
    )
    const findings = await adapter.setup!.setUp({
      callbackUrl: 'https://bridge.example/callbacks/desk',
      signal,
    })
    expect(findings.map(({ state }) => state)).toEqual(['failed', 'failed', 'todo', 'todo'])
    expect(findings[0]?.mend).toContain('401')
    expect(findings[2]?.mend).toContain('https://bridge.example/callbacks/desk')
    expect(JSON.stringify(findings)).not.toMatch(new RegExp(`wrong-|${frontSecrets.app}`))
  })
})
