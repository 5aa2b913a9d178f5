import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { lookUpPerson } from '../../src/routing/look-up-person.ts'
import { people } from '../../src/records/people.ts'
import { receipts } from '../../src/records/receipts.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import { drainKit } from '../support/lane-drain.ts'
import { commentEvent, commentLane, thread, threadLane } from '../support/lane-comments.ts'
import { base, busy, message } from '../support/lane-events.ts'
import { laneKit, memoryLog, noTrace } from '../support/lane-kit.ts'
import { conversation, page, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** Inbound lanes to several helpdesks with tickets, each of which writes down what it is told. */
function open(settings: Partial<Page> = {}) {
  const kit = laneKit(redis.client)
  const out = commentLane(kit)
  const told: Record<string, string[]> = { main: [], spare: [] }
  const failing = new Map<string, Error>()

  function desk(name: string): TicketHelpdesk {
    let opened = 0
    const note = (text: string) => {
      const error = failing.get(name)
      failing.delete(name)
      if (error) return Promise.reject(error)
      told[name]!.push(text)
      return Promise.resolve(undefined)
    }
    return {
      style: 'tickets',
      openTicket: () => Promise.resolve(`${name}-${++opened}`),
      appendMessage: (ticket, { text }) => note(`${ticket}: ${text}`),
      addNote: (ticket, { text }) => note(`${ticket} note: ${text}`),
      setCustomer: (ticket, { name: called }) => note(`${ticket} is ${called}`).then(() => {}),
      reportReceipt: (_conversation, { replyId, status }) => note(`${status} ${replyId}`).then(() => {}),
      showsReplies: true,
      close: () => Promise.resolve(),
    }
  }
  const helpdesks = new Map([
    ['main', desk('main')],
    ['spare', desk('spare')],
  ])
  const keep = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 }
  const records = receipts(redis.client, keep)
  const { timeline: _, ...known } = out.deps
  const work = forwardEvent({
    ...known,
    pages: new Map([['1', { ...page, ...settings }]]),
    helpdesks,
    conversations: out.conversations,
    comments: out.comments,
    receipts: records,
  })

  async function append(event: DomainEvent, ...helpdeskNames: string[]) {
    const [lane = '', ...also] = helpdeskNames.map((name) => laneOf(event, name))
    await kit.lanes.append([{ lane, also, id: event.id, payload: JSON.stringify(event) }])
  }

  /** Works on one lane until there is nothing to do in it. */
  async function turn(lane: string): Promise<string[]> {
    const own = drainKit(kit, { work })
    await kit.waitEnds(lane)
    await own.drain.offer([lane])
    await own.until(() => own.settled.some(({ result }) => result !== 'next' && result !== 'saved'))
    await own.drain.stop()
    return own.counted
  }

  return { ...out, kit, told, failing, helpdesks, receipts: records, append, turn }
}

function laneOf({ conversationId }: DomainEvent, name: string): string {
  return name === 'main' ? `in:${conversationId}` : `in@${name}:${conversationId}`
}

const own = `in:${conversation}`
const spare = `in@spare:${conversation}`

describe('an event for several helpdesks', () => {
  test('opens a ticket in each, and one that is down makes no other wait', async () => {
    const { append, turn, told, failing, conversations } = open()
    for (const n of [1, 2]) await append(message(n), 'main', 'spare')
    failing.set('spare', busy())
    expect(await turn(spare)).toEqual(['retry DESK_BUSY'])
    expect(await turn(own)).toEqual(['done', 'done'])
    expect(told).toEqual({ main: ['main-1: text 1', 'main-1: text 2'], spare: [] })
    expect(await turn(spare)).toEqual(['done', 'done'])
    expect(told['spare']).toEqual(['spare-1: text 1', 'spare-1: text 2'])
    expect((await conversations.tickets(conversation)).map(({ ticket }) => ticket).toSorted()).toEqual([
      'main-1',
      'spare-1',
    ])
  })

  test('of a helpdesk that has left the config is a dead letter, and goes there again', async () => {
    const { append, turn, told, kit, helpdesks } = open()
    await append(message(1), 'main', 'spare')
    const desk = helpdesks.get('spare')!
    helpdesks.delete('spare')
    expect(await turn(spare)).toEqual(['dead HELPDESK_UNKNOWN'])
    expect(await turn(own)).toEqual(['done'])
    const [letter] = (await kit.deadLetters.list(10)).letters
    expect(letter).toMatchObject({
      kind: 'event',
      helpdesk: 'spare',
      message: 'no helpdesk spare in the config; add it there and replay this',
    })
    helpdesks.set('spare', desk)
    expect(await kit.deadLetters.replay(letter!)).toBe(true)
    expect(await turn(spare)).toEqual(['done'])
    expect(told).toEqual({ main: ['main-1: text 1'], spare: ['spare-1: text 1'] })
  })

  test('has what a rule says done once, and all are told of it', async () => {
    const rules = [{ words: ['scam'], do: 'hide' as const }]
    const { append, turn, told, kit } = open({ comments: { rules } })
    const event = commentEvent('c_1', { text: 'A scam', timestamp: Date.now() })
    await append(event, 'main', 'spare')
    await turn(`in@spare:${thread}`)
    await turn(`in:${thread}`)
    expect(await kit.payloads(threadLane)).toHaveLength(1)
    for (const desk of ['main', 'spare'])
      expect(told[desk]!.at(-1)).toContain('By the rule on “scam” it is hidden.')
  })

  test('has it done once also when a lane comes to it long after the others have forgotten', async () => {
    const rules = [{ words: ['scam'], do: 'hide' as const }]
    const { append, turn, kit, records: replies } = open({ comments: { rules } })
    const event = commentEvent('c_1', { text: 'A scam', timestamp: Date.now() - 80 * 3_600_000 })
    await append(event, 'main', 'spare')
    await turn(`in:${thread}`)
    const [reply] = (await kit.payloads(threadLane)).map((text) => JSON.parse(text) as { id: string })
    await replies.update(reply!.id, { status: 'sent' })
    const lane = kit.keysOf(threadLane)
    await redis.client.del(lane.items(threadLane), lane.seen(reply!.id))
    await turn(`in@spare:${thread}`)
    expect(await kit.payloads(threadLane)).toEqual([])
  })

  test('tells each of them of a receipt', async () => {
    const { append, turn, told, records: replies, receipts: records } = open()
    const reply = replyNumber(1)
    await replies.open(reply, { fingerprint: 'f', parts: 1 })
    await replies.noteSent(
      [{ replyId: reply.id, part: 0, mid: 'm_9', conversationId: conversation, at: 1 }],
      'answer',
    )
    const event: DomainEvent = { ...base(5), kind: 'read', watermark: 5, mid: null }
    await records.note([{ conversationId: conversation, status: 'read', watermark: 5, mids: [] }])
    await append(event, 'main', 'spare')
    await append({ ...event, id: 'evt_6' }, 'main', 'spare')
    await turn(own)
    expect(told).toEqual({ main: [`read ${reply.id}`], spare: [] })
    await turn(spare)
    expect(told).toEqual({ main: [`read ${reply.id}`], spare: [`read ${reply.id}`] })
  })

  test('tells each of them who the person is, and one that is down again', async () => {
    const { append, turn, told, failing, helpdesks, conversations, kit } = open()
    await append(message(1), 'main', 'spare')
    await turn(own)
    await turn(spare)
    const records = people(redis.client, { prefix: kit.prefix, profileMs: 60_000 })
    const none = { firstName: null, lastName: null, username: null, pictureUrl: null, locale: null }
    await records.open([conversation])
    await records.keepKnown(conversation, { ...none, name: 'Ada', timezone: null, gender: null }, 1)
    const lookUp = lookUpPerson({
      pages: new Map([['1', page]]),
      helpdesks,
      people: records,
      conversations,
      budgets: { take: () => Promise.reject(new Error('nobody is asked')) },
      graph: { call: () => Promise.reject(new Error('nobody is asked')) },
      stops: { stopped: () => [] },
      onLookedUp: () => {},
      trace: noTrace,
      log: memoryLog(),
      now: Date.now,
    })
    const one = { failed: 0, since: Date.now(), signal: new AbortController().signal }
    failing.set('main', busy())
    await expect(lookUp(conversation, one)).rejects.toThrow('busy')
    expect(told['spare']!.at(-1)).toBe('spare-1 is Ada')
    await lookUp(conversation, one)
    expect(told['main']!.at(-1)).toBe('main-1 is Ada')
  })
})
