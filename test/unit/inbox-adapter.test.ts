import { beforeEach, describe, expect, test } from 'vitest'
import type { Conversation } from '../../src/domain/conversation.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { inboxHelpdesk } from '../../src/helpdesk/inbox/adapter.ts'
import type { InboxStore } from '../../src/helpdesk/inbox/store.ts'

/** What the adapter asks of the store; the store itself is tested on a real Redis. */
let asked: unknown[][]
const store: InboxStore = {
  helpdesk: 'main',
  open: (conversation) => Promise.resolve(void asked.push(['open', conversation])),
  put: (id, message) => Promise.resolve(void asked.push(['put', id, message])),
  remove: (...all) => Promise.resolve(void asked.push(['remove', ...all])),
  setStatus: (...all) => Promise.resolve(void asked.push(['setStatus', ...all])),
  setConversationStatus: (...all) => Promise.resolve(asked.push(['setConversationStatus', ...all]) > 0),
  setCustomer: (...all) => Promise.resolve(void asked.push(['setCustomer', ...all])),
  list: () => Promise.reject(new Error('not asked for')),
  get: () => Promise.reject(new Error('not asked for')),
  erase: () => Promise.reject(new Error('not asked for')),
}
const desk = inboxHelpdesk(store)
const conversation: Conversation = { id: '1:2', pageId: '1', psid: '2', channel: 'messenger' }
const ticket = {
  conversation,
  page: { name: 'Acme Shoes' },
  subject: 'A customer at Acme Shoes',
  customer: null,
  context: {},
  followUpOf: null,
}
const step = { idempotencyKey: 'evt_key', attempt: 1, signal: AbortSignal.timeout(10_000) }

beforeEach(() => {
  asked = []
})

test('the ticket of a conversation is the conversation itself, so that it is never opened twice', async () => {
  expect(await desk.openTicket(ticket, step)).toBe('1:2')
  expect(await desk.openTicket(ticket, { ...step, attempt: 2 })).toBe('1:2')
  const opened = [
    ['open', conversation],
    ['setConversationStatus', '1:2', 'open'],
  ]
  expect(asked).toEqual([...opened, ...opened])
})

describe('a message of the customer', () => {
  const message = {
    eventId: 'evt_1',
    from: 'customer' as const,
    at: 5,
    text: 'Hallo',
    attachments: [],
    payload: null,
  }

  test('is kept under the id of its event', async () => {
    await desk.appendMessage('1:2', message, step)
    expect(asked).toEqual([['put', '1:2', { id: 'evt_1', from: 'customer', at: 5, text: 'Hallo' }]])
  })

  test('with attachments and a payload keeps both', async () => {
    const attachments = [{ type: 'image', url: 'https://cdn.example/1.jpg' }]
    await desk.appendMessage('1:2', { ...message, text: null, attachments, payload: 'RED' }, step)
    expect(asked).toEqual([
      ['put', '1:2', { id: 'evt_1', from: 'customer', at: 5, text: null, attachments, payload: 'RED' }],
    ])
  })
})

test('what somebody else answered is an agent’s, and who of several spoke is told', async () => {
  const base = { at: 5, text: 'Hallo', attachments: [], payload: null }
  await desk.appendMessage('1:2', { ...base, eventId: 'evt_1', from: 'agent', agentName: 'Kim' }, step)
  await desk.appendMessage('1:2', { ...base, eventId: 'evt_2', from: 'customer', customerName: 'Ada' }, step)
  expect(asked).toEqual([
    ['put', '1:2', { id: 'evt_1', from: 'agent', at: 5, text: 'Hallo', agentName: 'Kim' }],
    ['put', '1:2', { id: 'evt_2', from: 'customer', at: 5, text: 'Hallo', customerName: 'Ada' }],
  ])
})

test('a note is kept under the key of its step', async () => {
  await desk.addNote('1:2', { at: 6, text: 'Messenger event: read' }, step)
  expect(asked).toEqual([
    ['put', '1:2', { id: 'evt_key', from: 'note', at: 6, text: 'Messenger event: read' }],
  ])
})

test('a receipt moves the message on', async () => {
  await desk.reportReceipt!(conversation, { replyId: 'rpl_1', status: 'read', at: 9 }, step)
  expect(asked).toEqual([['setStatus', '1:2', 'rpl_1', 'read']])
})

describe('what became of a reply', () => {
  const reply: Reply = {
    id: 'rpl_1',
    conversationId: '1:2',
    message: { text: 'Ja' },
    agent: { name: 'Ada' },
    topic: null,
    at: 7,
    by: 'desk',
  }

  test('is kept under the id of the reply, in a conversation that exists', async () => {
    await desk.reportSent!(conversation, reply, { status: 'sent' }, step)
    const message = { id: 'rpl_1', from: 'agent', at: 7, text: 'Ja', agentName: 'Ada', status: 'sent' }
    expect(asked).toEqual([
      ['open', conversation],
      ['put', '1:2', message],
    ])
  })

  test('and why, when it failed', async () => {
    const failure = { code: 'WINDOW_CLOSED', message: 'The window is closed.' } as const
    await desk.reportSent!(conversation, { ...reply, agent: null }, { status: 'failed', failure }, step)
    expect(asked.at(-1)).toEqual([
      'put',
      '1:2',
      { id: 'rpl_1', from: 'agent', at: 7, text: 'Ja', status: 'failed', failure },
    ])
  })
})
