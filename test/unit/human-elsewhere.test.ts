import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { inboxOf } from '../../src/meta/events/meta-inboxes.ts'
import { answeredElsewhere, isHeldForHuman } from '../../src/routing/human-elsewhere.ts'

const minute = 60_000
const now = 1_790_000_000_000
const bot = { agent: null, topic: null }
const agent = { agent: { name: 'Kim' }, topic: null }
const notification = { agent: null, topic: 'orders' }
const hold = { elsewhere: 'hold' } as const

describe('a reply after a human answered elsewhere', () => {
  test.each([
    { name: 'a bot at a Page without the setting', page: {}, ago: 0, reply: bot, held: false },
    { name: 'a bot at a Page that says note', page: { elsewhere: 'note' }, ago: 0, reply: bot, held: false },
    { name: 'a bot where no human ever did', page: hold, ago: null, reply: bot, held: false },
    { name: 'a bot at once', page: hold, ago: 0, reply: bot, held: true },
    { name: 'a bot when our clock is behind', page: hold, ago: -minute, reply: bot, held: true },
    { name: 'a bot just before the hour is over', page: hold, ago: 60 * minute - 1, reply: bot, held: true },
    { name: 'a bot when the hour is over', page: hold, ago: 60 * minute, reply: bot, held: false },
    {
      name: 'a bot in the hours',
      page: { ...hold, elsewhereHours: 3 },
      ago: 179 * minute,
      reply: bot,
      held: true,
    },
    {
      name: 'a bot after the hours',
      page: { ...hold, elsewhereHours: 3 },
      ago: 180 * minute,
      reply: bot,
      held: false,
    },
    {
      name: 'a bot after half an hour',
      page: { ...hold, elsewhereHours: 0.5 },
      ago: 30 * minute,
      reply: bot,
      held: false,
    },
    { name: 'an agent', page: hold, ago: 0, reply: agent, held: false },
    { name: 'a notification', page: hold, ago: 0, reply: notification, held: false },
  ] as const)('$name: held $held', ({ page, ago, reply, held }) => {
    expect(isHeldForHuman(page, ago === null ? null : now - ago, reply, now)).toBe(held)
  })
})

const base = {
  id: 'evt_1',
  pageId: '1',
  conversationId: '1:2',
  psid: '2',
  timestamp: now,
  standby: false,
  raw: null,
}

function echo(appId: string | null, fromInbox: boolean): DomainEvent {
  return { ...base, kind: 'echo', mid: 'm_1', text: 'x', attachments: [], appId, fromInbox, metadata: null }
}

function handed(action: 'pass' | 'take' | 'request' | 'app_roles', newOwner: string | null): DomainEvent {
  const owners = { previousOwner: null, newOwner, requestedOwner: '5' }
  return { ...base, kind: 'thread_control', action, ...owners, metadata: null }
}

describe('somebody answers elsewhere', () => {
  test.each([
    { what: 'an echo of the inbox', event: echo(inboxOf('messenger'), true), known: true, unknown: true },
    { what: 'an echo of an app', event: echo('5', false), known: false, unknown: false },
    { what: 'a pass to another app', event: handed('pass', '5'), known: true, unknown: false },
    { what: 'a take by another app', event: handed('take', '5'), known: true, unknown: false },
    { what: 'a pass to us', event: handed('pass', '7'), known: false, unknown: false },
    {
      what: 'a take by Meta’s inbox',
      event: handed('take', inboxOf('messenger')),
      known: true,
      unknown: true,
    },
    {
      what: 'a pass to Instagram’s inbox',
      event: handed('pass', inboxOf('instagram')),
      known: true,
      unknown: true,
    },
    { what: 'a pass to nobody', event: handed('pass', null), known: false, unknown: false },
    { what: 'a request', event: handed('request', null), known: false, unknown: false },
    { what: 'new roles', event: handed('app_roles', '5'), known: false, unknown: false },
  ])('$what: $known, and $unknown while nobody knows our own app', ({ event, known, unknown }) => {
    expect([answeredElsewhere(event, '7'), answeredElsewhere(event, undefined)]).toEqual([known, unknown])
  })

  test('what the person does is no sign of it, on standby neither', () => {
    const said = { kind: 'message', mid: 'm_1', text: 'x', attachments: [] as never[] } as const
    const message = { ...base, ...said, standby: true }
    expect(answeredElsewhere(message, '7')).toBe(false)
  })
})
