import { describe, expect, test } from 'vitest'
import type { HelpdeskAdapter } from '../../src/helpdesk/adapter.ts'
import { StepError } from '../../src/domain/step-error.ts'
import { conversations } from '../../src/records/conversations.ts'
import { routeMemories } from '../../src/records/route-memories.ts'
import { placesOf } from '../../src/routing/places-of.ts'
import { answerNumber, commentLane, person, sentPrivately, thread } from '../support/lane-comments.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation, outbound, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const routes = [{ when: {}, to: ['spare'] }]
const busy = () => new StepError('busy', { code: 'DESK_BUSY', verdict: 'retry', arrived: 'no' })

describe('the fate of a reply that was written over REST', () => {
  function open(names: string[]) {
    const kit = laneKit(redis.client)
    const out = outbound(kit)
    const told: string[] = []
    const failing = new Set<string>()
    const desk = (name: string): HelpdeskAdapter => ({
      style: 'events',
      forwardEvent: () => Promise.resolve(),
      reportSent: () => (failing.has(name) ? Promise.reject(busy()) : Promise.resolve(void told.push(name))),
      close: () => Promise.resolve(),
    })
    const helpdesks = new Map(names.map((name) => [name, desk(name)]))
    const memories = routeMemories(redis.client, { prefix: kit.prefix, conversationMs: 60_000 })
    let looks = 0
    const of: typeof memories.of = (ids) => (looks++, memories.of(ids))
    const places = (rules: typeof routes) =>
      placesOf({ routes: rules, helpdesks, routeMemories: { ...memories, of } })
    const send = async (rules = routes) => {
      await out.accept(replyNumber(1))
      return out.turn({ helpdesks, placesOf: places(rules) })
    }
    return { told, failing, memories, send, looks: () => looks }
  }
  const been = (...names: string[]) => new Map([[conversation, { added: [], been: names, tags: [] }]])

  test('is told where routes have sent the conversation, and not to its Page’s helpdesk', async () => {
    const { told, memories, send } = open(['main', 'spare'])
    await memories.keep(been('spare'))
    expect(await send()).toEqual(['done'])
    expect(told).toEqual(['spare'])
  })

  test('is told to all that have had it, and only the one that has it now makes the lane wait', async () => {
    const { told, memories, failing, send } = open(['main', 'spare'])
    await memories.keep(been('main'))
    const chosen = { to: ['spare'], basis: '{}', at: 1 }
    await memories.keep(new Map([[conversation, { chosen, added: [], been: ['spare'], tags: [] }]]))
    failing.add('main')
    expect(await send()).toEqual(['done'])
    expect(told).toEqual(['spare'])
  })

  test('is the Page’s helpdesk’s when the other one has left the config, or there are no routes, which costs nothing', async () => {
    const gone = open(['main'])
    await gone.memories.keep(been('spare'))
    await gone.send()
    expect(gone.told).toEqual(['main'])
    const plain = open(['main', 'spare'])
    await plain.memories.keep(been('spare'))
    await plain.send([])
    expect([plain.told, plain.looks()]).toEqual([['main'], 0])
  })
})

test('a private reply is told in the tickets of all helpdesks that have one, and another than its own is not waited for', async () => {
  const kit = laneKit(redis.client)
  const out = commentLane(kit)
  const notes: string[] = []
  const own = out.deps.helpdesks.get('main')!
  const spare: HelpdeskAdapter = {
    ...own,
    style: 'tickets',
    openTicket: () => Promise.reject(new Error('not asked for')),
    appendMessage: () => Promise.resolve(undefined),
    addNote: (ticket) =>
      ticket === 'S-2'
        ? Promise.reject(busy())
        : Promise.resolve(void notes.push(ticket)).then(() => undefined),
  }
  const records = conversations(redis.client, {
    prefix: kit.prefix,
    conversationMs: 60_000,
    replyMs: 60_000,
    windowOpening: () => null,
  })
  await records.keepTicket(thread, 'main', 'T-1')
  await records.keepTicket(thread, 'spare', 'S-1')
  await records.keepTicket(person, 'spare', 'S-2')
  await out.accept(answerNumber(1, { do: 'private' }))
  out.answers.push(sentPrivately('m_1'))
  const helpdesks = new Map([
    ['main', own],
    ['spare', spare],
  ])
  expect(await out.turn({ helpdesks })).toEqual(['done'])
  expect(out.notes).toHaveLength(1)
  expect(notes).toEqual(['S-1'])
})
