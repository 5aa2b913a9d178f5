import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { EventHelpdesk } from '../../src/helpdesk/adapter.ts'
import { base, busy, inbound, message, ticketDesk } from '../support/lane-events.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation, page } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

const edit = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'message_edit',
  mid: 'm_1',
  text: 'better',
  numEdit: 1,
  byPage: false,
})
const echo = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'echo',
  mid: `m_${n}`,
  text: 'by hand',
  attachments: [],
  appId: '263902037430900',
  fromInbox: true,
  metadata: null,
})
const read = (n: number): DomainEvent => ({ ...base(n), kind: 'read', watermark: n, mid: null })
const comment = (n: number, byPage: boolean): DomainEvent => ({
  ...base(n),
  kind: 'comment',
  commentId: `c_${n}`,
  postId: 'p_1',
  parentId: null,
  verb: 'add',
  author: { id: byPage ? '1' : '7', name: null },
  text: `comment ${n}`,
  attachments: [],
  byPage,
})
const fromAd = (n: number): DomainEvent => ({
  ...base(n),
  kind: 'message',
  mid: `m_${n}`,
  text: `text ${n}`,
  attachments: [],
  referral: { source: 'ADS', type: 'OPEN_THREAD', ref: null, adId: '9', adTitle: 'Shoes' },
})

describe('by the table of views', () => {
  test('a note of what came on standby says so', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    await append(edit(1), { ...edit(2), standby: true })
    expect(await turn()).toEqual(['done', 'done'])
    expect(steps.slice(1)).toEqual([
      'note T-1 1 The customer edited a message: better',
      'note T-1 2 The customer edited a message: better (On standby: another app has the conversation.)',
    ])
  })

  test('what others answered is an agent’s message, a change is a note', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    await append(echo(1), edit(2))
    expect(await turn()).toEqual(['done', 'done'])
    expect(steps.slice(1)).toEqual([
      'append T-1 evt_1 by hand null by an agent #1',
      'note T-1 2 The customer edited a message: better',
    ])
  })

  test('a receipt opens no ticket and leaves no note', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn, records } = inbound(laneKit(redis.client), helpdesk)
    await append(read(1), { ...base(2), kind: 'delivery', mids: [], watermark: 2 })
    expect(await turn()).toEqual(['done', 'done'])
    expect(steps).toEqual([])
    expect(await records.ticket(conversation, 'main')).toBeUndefined()
  })

  test('a helpdesk that takes events gets those, too', async () => {
    const got: string[] = []
    const helpdesk: EventHelpdesk = {
      style: 'events',
      forwardEvent: (event) => Promise.resolve(void got.push(event.kind)),
      close: () => Promise.resolve(),
    }
    const { append, turn, deps } = inbound(laneKit(redis.client), helpdesk)
    await append(read(1), echo(2), edit(3))
    const pages = new Map([['1', { ...page, show: { echo: 'nothing', message_edit: 'nothing' } as const }]])
    expect(await turn({ ...deps, pages })).toEqual(['done', 'done', 'done'])
    expect(got).toEqual(['read', 'echo', 'message_edit'])
  })

  test('a Page that says otherwise', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    const show = { message_edit: 'nothing', read: 'note', echo: 'note' } as const
    await append(edit(1), read(2), echo(3))
    expect(await turn({ pages: new Map([['1', { ...page, show }]]) })).toEqual(['done', 'done', 'done'])
    expect(steps.slice(1)).toEqual([
      'note T-1 2 The customer has read the messages up to 1970-01-01T00:00:00.002Z.',
      "note T-1 3 Answered in Meta's inbox: by hand",
    ])
  })

  test('a note names the customer, where their name is known', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    const asked: string[] = []
    const nameOf = (id: string) => Promise.resolve(asked.push(id) > 0 ? 'Ada' : undefined)
    await append(message(1), edit(2))
    await turn({ nameOf })
    expect(steps.at(-1)).toBe('note T-1 2 Ada edited a message: better')
    // A plain message needs no name.
    expect(asked).toEqual([conversation])
  })

  test('a comment that we wrote ourselves is not told twice', async () => {
    const { helpdesk, steps } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    const wroteComment = (id: string) => Promise.resolve(id === 'c_1' || id === 'c_3')
    await append(comment(3, false), comment(1, true), comment(2, true))
    expect(await turn({ wroteComment })).toEqual(['done', 'done', 'done'])
    expect(steps.slice(2)).toEqual([
      'append T-1 evt_3 comment 3 null #1',
      'append T-1 evt_2 comment 2 null by an agent #1',
    ])
  })

  test('what a message came with is a note before it, under a key of its own', async () => {
    const { helpdesk, steps, keys } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    await append(fromAd(1), fromAd(2))
    expect(await turn()).toEqual(['done', 'done'])
    expect(steps).toEqual([
      'open evt_1:ticket #1',
      'note T-1 0 The customer came from the ad “Shoes”.\nPage: Acme\nChannel: Messenger',
      'append T-1 evt_1 text 1 null #1',
      'note T-1 2 The customer came from the ad “Shoes”.',
      'append T-1 evt_2 text 2 null #1',
    ])
    expect(keys).toEqual(['evt_1:context', 'evt_2:context'])
  })

  test('and is not said again when the message after it fails, with its ticket new or old', async () => {
    const { helpdesk, steps, failing } = ticketDesk()
    const { append, turn } = inbound(laneKit(redis.client), helpdesk)
    await append(fromAd(1), fromAd(2))
    failing.set('append', busy())
    expect(await turn()).toEqual(['retry DESK_BUSY'])
    failing.set('append', busy())
    expect(await turn()).toEqual(['retry DESK_BUSY'])
    expect(await turn()).toEqual(['done', 'done'])
    expect(steps.filter((one) => one.startsWith('note'))).toHaveLength(2)
    expect(steps.filter((one) => one.startsWith('open'))).toHaveLength(1)
    failing.set('append', busy())
    await append(fromAd(3))
    expect(await turn()).toEqual(['retry DESK_BUSY'])
    expect(await turn()).toEqual(['done'])
    expect(steps.slice(-3)).toEqual([
      'note T-1 3 The customer came from the ad “Shoes”.',
      'append T-1 evt_3 text 3 null #1',
      'append T-1 evt_3 text 3 null #2',
    ])
  })

  test('nor is the ticket lost when the conversation forgot it in between', async () => {
    const { helpdesk, steps, failing } = ticketDesk()
    const { append, turn, deps } = inbound(laneKit(redis.client), helpdesk)
    failing.set('append', busy())
    await append(fromAd(1))
    await turn()
    const conversations = { ...deps.conversations, ticket: () => Promise.resolve(undefined) }
    expect(await turn({ conversations })).toEqual(['done'])
    expect(steps.slice(-2)).toEqual(['append T-1 evt_1 text 1 null #1', 'append T-1 evt_1 text 1 null #2'])
  })
})
