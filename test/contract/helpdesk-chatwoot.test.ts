import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Reply } from '../../src/domain/reply.ts'
import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import {
  again,
  conversation,
  eventsOf,
  expectFacts,
  newTicket,
  only,
  opened,
  picture,
  said,
  stepFor,
  thrownBy,
  ticketId,
} from '../support/ticket-helpdesk-kit.ts'
import { chatwoot, openChatwoot } from '../support/vendors/chatwoot.ts'
import type { ChatwootUnderTest } from '../support/vendors/chatwoot.ts'

describeTicketHelpdesk('chatwoot', openChatwoot)

describe('chatwoot: tickets', () => {
  it('belong to one contact by the conversation, with a source id that cannot be guessed', () =>
    chatwoot(async (under) => {
      const [one, two] = [await opened(under), await opened(under)]
      expect(ticketId(one)).not.toBe(ticketId(two))
      expect(under.state.contacts).toHaveLength(1)
      const [contact] = under.state.contacts
      expect(contact).toMatchObject({ identifier: conversation.id, name: 'Anna Schmidt' })
      expect(contact.source_id).toMatch(/^[0-9a-f]{64}$/)
    }))

  it('hold the facts that have a field, the key, and what they go on from', () =>
    chatwoot(async (under) => {
      expect([...under.adapter.fields!]).toEqual(['locale'])
      const first = await opened(under)
      const step = stepFor('second')
      await under.adapter.openTicket({ ...newTicket, followUpOf: first }, step)
      expect(under.state.conversations[1]?.custom_attributes).toEqual({
        customer_locale: 'de_DE',
        deskbridge_ticket: step.idempotencyKey,
        deskbridge_follows: ticketId(first),
      })
    }))

  it('prove the contact where the inbox has user identity enforced', () =>
    chatwoot(
      async (under) => {
        Object.assign(under.state, { hmacToken: 'inbox-hmac-token' })
        under.state.inbox.hmac_mandatory = true
        await opened(under)
        const proof = createHmac('sha256', 'inbox-hmac-token').update(conversation.id).digest('hex')
        expect(under.state.contacts[0].identifier_hash).toBe(proof)
      },
      { hmacToken: 'inbox-hmac-token' },
    ))

  it('are not gone when it is the account that is: no ticket after ticket', () =>
    chatwoot(async (under) => {
      const ref = await opened(under)
      under.remove!(ticketId(ref))
      under.state.inbox.inbox_identifier = 'another'
      const error = await thrownBy(under.adapter.appendMessage(ref, said('hello'), stepFor('lost')))
      expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' }, ['hello'])
    }))
})

describe('chatwoot: messages', () => {
  it('carry files as files, ten at a time, and each part once', () =>
    chatwoot(async (under) => {
      const ref = await opened(under)
      const names = Array.from({ length: 23 }, (_, n) => `photo-${n}.jpg`)
      const message = said('all', { attachments: names.map((name) => picture(under.server.fileUrl(name))) })
      const step = stepFor('files')
      let posts = 0
      under.server.loseAnswer(
        ({ method, path }) => method === 'POST' && path.endsWith('/messages') && ++posts === 2,
      )
      await thrownBy(under.adapter.appendMessage(ref, message, step))
      const id = await under.adapter.appendMessage(ref, message, again(step))
      const { entries } = only(under)
      expect(entries.map(({ text }) => text)).toEqual(['all', '', ''])
      expect(entries.map(({ files }) => files.length)).toEqual([10, 10, 3])
      expect(entries.flatMap(({ files }) => files)).toEqual(names)
      expect(id).toBe(entries[0]?.id)
    }))

  it('tell the link of a file that is too large, is no file, or that Chatwoot will not have', () =>
    chatwoot(
      async (under) => {
        const ref = await opened(under)
        const [refused, shared] = [under.server.fileUrl('refused.jpg'), under.server.fileUrl('page.html')]
        await under.adapter.appendMessage(ref, said('one', { attachments: [picture(refused)] }), stepFor('r'))
        const attachments = [{ type: 'share', url: shared, title: 'A page' }]
        await under.adapter.appendMessage(ref, said('two', { attachments }), stepFor('s'))
        expect(only(under).entries.map(({ text, files }) => [text, files.length])).toEqual([
          [`one\n[image] ${refused}`, 0],
          [`two\n[share] A page ${shared}`, 0],
        ])
      },
      { maxFileMiB: 1 },
    ))

  it('find a first try behind many messages of others', () =>
    chatwoot(async (under) => {
      const ref = await opened(under)
      const step = stepFor('first')
      const message = said('the first', { at: Date.now() })
      under.server.loseAnswer()
      await thrownBy(under.adapter.appendMessage(ref, message, step))
      const reply = { text: 'busy', files: [], agent: 'Bea' }
      for (let n = 0; n < 65; n++) under.callbacks!.reply(ticketId(ref), reply)
      const id = await under.adapter.appendMessage(ref, message, again(step))
      const { entries } = only(under)
      expect(id).toBe(entries[0]?.id)
      expect(entries.filter(({ text }) => text === 'the first')).toHaveLength(1)
    }))

  it('bring a solved conversation back', () =>
    chatwoot(async (under) => {
      const ref = await opened(under)
      await under.adapter.setStatus!(ref, 'solved', stepFor('solved'))
      await under.adapter.appendMessage(ref, said('and yet'), stepFor('back'))
      expect(only(under).status).toBe('open')
    }))

  it('keep the labels that are there, and write tags as labels', () =>
    chatwoot(async (under) => {
      const ref = await opened(under)
      under.state.conversations[0]!.labels = ['by-hand']
      await under.adapter.setTags!(ref, ['Returns & Refunds', 'vip'], stepFor('tags'))
      expect(only(under).tags).toEqual(['by-hand', 'returns-refunds', 'vip'])
    }))
})

describe('chatwoot: what became of a reply', () => {
  const told = async (under: ChatwootUnderTest) => {
    const ticket = ticketId(await opened(under))
    const bodies = under.callbacks!.reply(ticket, { text: 'Hello', files: [], agent: 'Bea' })
    const [event] = eventsOf(under, bodies)
    const source = { helpdesk: 'desk', ticket, message: event?.kind === 'reply' ? event.message : '' }
    const reply = { id: 'rpl_1', conversationId: conversation.id, source } as Reply
    return { reply, message: () => under.state.conversations[0]!.messages[0]! }
  }

  it('stands at the message: sent, delivered, read, failed and why', () =>
    chatwoot(async (under) => {
      const { reply, message } = await told(under)
      const failure = { code: 'WINDOW_CLOSED' as const, message: 'Meta takes no more messages.' }
      const { reportSent, reportReceipt } = under.adapter
      await reportSent!(conversation, reply, { status: 'failed', failure }, stepFor('failed'))
      expect(message()).toMatchObject({ status: 'failed', external_error: failure.message })
      await reportSent!(conversation, reply, { status: 'sent' }, stepFor('sent'))
      expect(message()).toMatchObject({ status: 'sent', external_error: null })
      for (const status of ['delivered', 'read'] as const) {
        const receipt = { replyId: reply.id, source: reply.source!, status, at: 1_790_000_000_000 }
        await reportReceipt!(conversation, receipt, stepFor(status))
        expect(message().status).toBe(status)
      }
    }))

  it('is told nobody when it was written elsewhere, waits, or its message is gone', () =>
    chatwoot(async (under) => {
      const { reply, message } = await told(under)
      const { source: _source, ...elsewhere } = reply
      const before = under.server.exchanges.length
      await under.adapter.reportSent!(conversation, elsewhere, { status: 'sent' }, stepFor('rest'))
      await under.adapter.reportSent!(conversation, reply, { status: 'sending' }, stepFor('sending'))
      expect(under.server.exchanges).toHaveLength(before)
      message().id = 1
      await under.adapter.reportSent!(conversation, reply, { status: 'sent' }, stepFor('gone'))
    }))
})
