import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { CommentEvent } from '../../src/domain/page-events.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { inboxHelpdesk } from '../../src/helpdesk/inbox/adapter.ts'
import { inboxStore } from '../../src/helpdesk/inbox/store.ts'
import { editEventId, messageEventId } from '../../src/meta/events/event-frame.ts'
import { recordErasure } from '../../src/records/erase-records.ts'
import { ownWrites } from '../../src/records/own-writes.ts'
import { base, busy, inLane, message } from '../support/lane-events.ts'
import { commentEvent } from '../support/lane-comments.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'
import { dayMs, desk, worldOf } from '../support/take-back-kit.ts'

const redis = useRedis({ appendfsync: 'no' })
const permanent = (code: string) => new StepError('no', { code, verdict: 'permanent', arrived: 'no' })

/** What the customer wrote, under the id that it has in truth. */
const said = (n: number): DomainEvent => ({ ...message(n), id: messageEventId('message', '1', `m_${n}`) })
const deleted = (n: number, of: string, byPage = false): DomainEvent => ({
  ...base(n),
  kind: 'message_deleted',
  mid: of,
  byPage,
})
const edited = (n: number, of: string): DomainEvent => ({
  ...base(n),
  id: editEventId('1', of, 1),
  kind: 'message_edit',
  mid: of,
  text: 'my new number is 4222',
  numEdit: 1,
  byPage: false,
})

function world(more: Partial<TicketHelpdesk> = {}) {
  const made = desk()
  return { ...made, ...worldOf(laneKit(redis.client), { ...made.helpdesk, ...more }) }
}

const first = messageEventId('message', '1', 'm_1')
const gone = 'The customer took back a message; it was removed here.'
const kept = 'The customer took back a message; this helpdesk keeps what it has.'

describe('a message that is taken back', () => {
  test('is removed where it was written, and then the note says so', async () => {
    const { hear, calls } = world()
    await hear(said(1))
    await hear(said(2))
    calls.length = 0
    expect(await hear(deleted(3, 'm_1'))).toEqual(['done'])
    expect(calls).toEqual([`remove T-1 M-1 ${first}`, `note T-1 ${gone}`])
  })

  test('stays, and the note says so, where the helpdesk does not know how', async () => {
    const { helpdesk } = desk()
    const { removeMessage: _none, ...without } = helpdesk
    const notes: string[] = []
    const addNote: TicketHelpdesk['addNote'] = (_ticket, { text }) => {
      notes.push(text)
      return Promise.resolve('M')
    }
    const { hear, written } = worldOf(laneKit(redis.client), { ...without, addNote })
    await hear(said(1))
    await hear(deleted(2, 'm_1'))
    expect(notes.at(-1)).toBe(kept)
    // Nor is anything remembered for that.
    expect(await written()).toEqual([])
  })

  test('stays where the helpdesk refuses for good; what passes is tried again first', async () => {
    const { hear, turn, calls, failing } = world()
    await hear(said(1))
    calls.length = 0
    failing.remove = busy()
    expect(await hear(deleted(2, 'm_1'))).toEqual(['retry DESK_BUSY'])
    expect(calls).toEqual([`remove T-1 M-1 ${first}`])
    failing.remove = permanent('HELPDESK_REFUSED')
    expect(await turn()).toEqual(['done'])
    expect(calls.slice(1)).toEqual([`remove T-1 M-1 ${first}`, `note T-1 ${kept}`])
  })

  test('is gone with its ticket, which is no reason to leave the one of today', async () => {
    const { hear, calls, failing, records } = world()
    await hear(said(1))
    await records.keepTicket(conversation, 'main', 'T-9', 5)
    calls.length = 0
    failing.remove = permanent('TICKET_GONE')
    await hear(deleted(6, 'm_1'))
    expect(calls).toEqual([`remove T-1 M-1 ${first}`, `note T-9 ${gone}`])
    expect(await records.ticketState(conversation, 'main')).toMatchObject({ ticket: 'T-9', status: 'open' })
  })

  test('that nobody knows is told alone', async () => {
    const { hear, calls } = world()
    await hear(said(1))
    calls.length = 0
    await hear(deleted(2, 'm_unknown'))
    expect(calls).toEqual([`note T-1 ${kept}`])
  })

  test('that stands with others in one comment is told alone', async () => {
    const updates: number[] = []
    const { hear, calls } = world({
      appendMessages: (_ticket, messages) => {
        updates.push(messages.length)
        return Promise.resolve('M-joined')
      },
    })
    await hear(said(1), said(2))
    expect(updates).toEqual([2])
    calls.length = 0
    await hear(deleted(3, 'm_1'))
    expect(calls).toEqual([`note T-1 ${kept}`])
  })

  test('takes with it what notes say of its edits', async () => {
    const { hear, calls } = world()
    await hear(said(1))
    await hear(edited(2, 'm_1'))
    calls.length = 0
    await hear(deleted(3, 'm_1'))
    const edit = editEventId('1', 'm_1', 1)
    expect(calls).toEqual([`remove T-1 M-1 ${first}`, `remove T-1 M-2 ${edit}`, `note T-1 ${gone}`])
  })

  test('of the Page is what it wrote elsewhere', async () => {
    const { hear, calls } = world()
    const echo: DomainEvent = {
      ...base(2),
      id: messageEventId('echo', '1', 'm_2'),
      kind: 'echo',
      mid: 'm_2',
      text: 'by staff',
      attachments: [],
      appId: null,
      fromInbox: true,
      metadata: null,
    }
    await hear(said(1))
    await hear(echo)
    calls.length = 0
    await hear(deleted(3, 'm_2', true))
    expect(calls).toEqual([
      `remove T-1 M-2 ${echo.id}`,
      'note T-1 The Page took back a message; it was removed here.',
    ])
  })
})

describe('a comment that is removed', () => {
  const comment = (n: number, verb: CommentEvent['verb'], text: string): CommentEvent =>
    commentEvent('c_1', { id: `evt_c${n}`, timestamp: n, conversationId: conversation, verb, text })

  test('is taken out with its edits, and what it said is not told once more', async () => {
    const { hear, story, calls } = world()
    await hear(comment(1, 'add', 'call me: 4111'))
    await hear(comment(2, 'edit', 'call me: 4222'))
    calls.length = 0
    await hear(comment(3, 'remove', 'call me: 4222'))
    expect(calls).toEqual([
      'remove T-1 M-2 evt_c1',
      'remove T-1 M-3 evt_c2',
      'note T-1 A comment of Ada was removed; it was removed here.',
    ])
    expect(JSON.stringify(await story.all(conversation))).not.toMatch(/4111|4222/)
  })
})

describe('what we keep of it ourselves', () => {
  test('loses its text and its files; that something was said stays', async () => {
    const { hear, story, erased } = world()
    await hear(said(1), said(2))
    await hear(edited(3, 'm_1'))
    await hear(deleted(4, 'm_1'))
    const entries = (await story.all(conversation)).toReversed()
    expect(entries.filter(({ kind }) => kind.startsWith('message'))).toEqual([
      { id: first, conversationId: conversation, at: 1, kind: 'message', by: 'customer', removed: true },
      expect.objectContaining({ at: 2, text: 'text 2' }),
      expect.objectContaining({ at: 3, kind: 'message_edit', removed: true }),
      expect.objectContaining({ kind: 'message_deleted', text: 'The customer took back a message.' }),
    ])
    expect(JSON.stringify(entries)).not.toContain('4222')
    expect(erased).toEqual([
      [conversation, [first, ...[1, 2, 3, 4, 5].map((n) => editEventId('1', 'm_1', n))]],
    ])
    // A delivery that is split again does not bring it back.
    await story.add([{ ...entries[0]!, text: 'text 1' }])
    expect((await story.all(conversation)).some(({ text }) => text === 'text 1')).toBe(false)
  })

  test('goes also where nobody is told', async () => {
    const { kit, hear, story } = world()
    await hear(said(1))
    await kit.redis.del(`${kit.prefix}:conversation:${conversation}`)
    await hear(deleted(2, 'm_1'))
    expect((await story.all(conversation)).some(({ text }) => text === 'text 1')).toBe(false)
  })

  test('where it stands is kept for thirty days at most, and erased with the customer', async () => {
    const { kit, hear, written, own } = world()
    await hear(said(1))
    expect(await written()).toEqual([`:written:main:${first}:${conversation}`])
    const ttl = await kit.redis.pttl(`${kit.prefix}${(await written())[0]}`)
    expect(ttl).toBeGreaterThan(29 * dayMs)
    expect(ttl).toBeLessThanOrEqual(30 * dayMs)
    expect(await own.places('main', conversation, ['evt_other', first])).toEqual([
      { eventId: first, ticket: 'T-1', message: 'M-1', key: first },
    ])
    await recordErasure(redis.client, kit).erase([conversation])
    expect(await written()).toEqual([])
    const brief = ownWrites(redis.client, { prefix: kit.prefix, conversationMs: dayMs })
    const place = { eventId: 'evt_1', conversationId: conversation, ticket: 'T', key: 'evt_1:after:T-0' }
    await brief.keep('main', 'M', place)
    expect(await kit.redis.pttl(`${kit.prefix}${(await written())[0]}`)).toBeLessThanOrEqual(dayMs)
    expect(await brief.places('main', conversation, ['evt_1'])).toMatchObject([{ key: place.key }])
  })
})

test('in the inbox nothing is left of it but a mark', async () => {
  const kit = laneKit(redis.client)
  const store = inboxStore(redis.client, { prefix: kit.prefix, helpdesk: 'main', retentionDays: 1 })
  const { hear, written } = worldOf(kit, inboxHelpdesk(store))
  const file = { type: 'image', url: 'https://cdn.example/1' }
  await hear({ ...said(1), attachments: [file], quickReply: { payload: 'P' } } as DomainEvent)
  await hear(edited(2, 'm_1'))
  await hear(said(3))
  expect(await hear(deleted(4, 'm_1'))).toEqual(['done'])
  const { messages, lastText } = (await store.get(conversation))!
  const shown = messages.filter(({ text }) => !text?.startsWith('Page'))
  expect(shown).toEqual([
    { id: first, from: 'customer', at: 1, text: null, removed: true },
    { id: editEventId('1', 'm_1', 1), from: 'note', at: 2, text: null, removed: true },
    expect.objectContaining({ at: 3, text: 'text 3' }),
    expect.objectContaining({ at: 4, from: 'note', text: gone }),
  ])
  expect(lastText).toBe('text 3')
  // It finds its messages by their events: nothing is remembered beside.
  expect(await written()).toEqual([])
  expect(await kit.payloads(inLane)).toEqual([])
})
