import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import type { HelpdeskEvent, HelpdeskPoll } from '../../src/helpdesk/callback.ts'
import { pollHelpdesks } from '../../src/routing/poll-helpdesks.ts'
import type { PollDeps } from '../../src/routing/poll-helpdesks.ts'
import { agentReply, callbackStore, person } from '../support/callback-kit.ts'
import { memoryLog } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
const no = () => Promise.reject(new Error('not asked for'))

let store: ReturnType<typeof callbackStore>
/** What happened in the helpdesk, by its number; a cursor is how many were told. */
let happened: HelpdeskEvent[]
let cursors: (string | undefined)[]
let fault: Error | undefined
let log: ReturnType<typeof memoryLog>
let watchers: (() => void)[]

beforeEach(async () => {
  store = callbackStore(redis.client)
  await store.conversations.keepTicket(person, 'desk', '7')
  happened = []
  cursors = []
  fault = undefined
  log = memoryLog()
  watchers = []
})

function changed(): void {
  for (const one of watchers.splice(0)) one()
}

/** Resolves when it holds; asked again after each look and each thing that was stored. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => watchers.push(resolve))
}

const look: HelpdeskPoll['look'] = (cursor) => {
  cursors.push(cursor)
  setImmediate(changed)
  if (fault) return Promise.reject(fault)
  const from = Number(cursor ?? happened.length)
  const events = happened.slice(from, from + 2)
  return Promise.resolve({ events, cursor: String(from + events.length), more: from + 2 < happened.length })
}

function start(more: Partial<PollDeps> = {}, everyMs = 5) {
  const desk: TicketHelpdesk = {
    style: 'tickets',
    openTicket: no,
    appendMessage: no,
    addNote: no,
    close: () => Promise.resolve(),
    poll: { everyMs, look },
  }
  const helpdesks = new Map([['desk', desk]])
  const acceptCallback: PollDeps['acceptCallback'] = async (...told) => {
    const ids = await store.acceptCallback(...told)
    changed()
    return ids
  }
  const polls = pollHelpdesks({ ...store, helpdesks, acceptCallback, log, ...more })
  onTestFinished(() => polls.close())
  return polls
}

const told = async () => (await store.waiting()).map(({ source }) => source?.message)
const replies = (...names: string[]) => names.map((name) => agentReply(name))

describe('polling', () => {
  it('begins with now, tells all that happens since, in order and once', async () => {
    happened = replies('before')
    start()
    await until(() => cursors.length >= 2)
    happened.push(...replies('a', 'b', 'c', 'd', 'e'))
    await until(() => store.counted.length >= 5)
    await until(() => cursors.at(-1) === '6')
    expect([cursors[0], await told()]).toEqual([undefined, ['a', 'b', 'c', 'd', 'e']])
    expect(store.counted).toEqual(Array(5).fill('reply'))
  })

  it('goes on where it stopped after a restart', async () => {
    const first = start()
    await until(() => cursors.length >= 1)
    happened.push(...replies('a'))
    await until(() => store.counted.length >= 1)
    await first.close()
    happened.push(...replies('b'))
    cursors = []
    start()
    await until(() => store.counted.length >= 2)
    expect([cursors[0], await told()]).toEqual(['1', ['a', 'b']])
  })

  it('tells again what was stored by one that died before it moved the cursor, and it is one reply', async () => {
    const died = Promise.withResolvers<void>()
    const first = start({
      pollCursors: {
        async begin(...asked) {
          const turn = await store.pollCursors.begin(...asked)
          if ('waitMs' in turn || cursors.length === 0) return turn
          const dies = () => {
            died.resolve()
            return Promise.reject(new Error('died'))
          }
          return { ...turn, keep: dies, end: dies }
        },
      },
    })
    await until(() => cursors.length >= 1)
    happened.push(...replies('a', 'b'))
    await died.promise
    await first.close()
    expect(await told()).toEqual(['a', 'b'])
    // Its turn ends by itself, later than any test would wait.
    await redis.client.del(`${store.prefix}:poll:desk:turn`)
    cursors = []
    start()
    await until(() => store.counted.length >= 4)
    expect([cursors[0], await told()]).toEqual(['0', ['a', 'b']])
    expect(store.counted).toEqual(['reply', 'reply', 'repeated', 'repeated'])
  })

  it('is done by one process at a time', async () => {
    let looking = 0
    let most = 0
    const desk = (): TicketHelpdesk => ({
      style: 'tickets',
      openTicket: no,
      appendMessage: no,
      addNote: no,
      close: () => Promise.resolve(),
      poll: {
        everyMs: 1,
        async look(...given) {
          looking++
          most = Math.max(most, looking)
          await new Promise((resolve) => setImmediate(resolve))
          looking--
          return look(...given)
        },
      },
    })
    for (let n = 0; n < 4; n++) start({ helpdesks: new Map([['desk', desk()]]) })
    await until(() => cursors.length >= 20)
    expect(most).toBe(1)
  })

  it('whose turn was lost on the way neither sets the cursor back nor ends the turn of another', async () => {
    const slow = await store.pollCursors.begin('desk', 60_000)
    if ('waitMs' in slow) throw new Error('no turn')
    await redis.client.del(`${store.prefix}:poll:desk:turn`)
    const quick = await store.pollCursors.begin('desk', 60_000)
    if ('waitMs' in quick) throw new Error('no turn')
    expect(await quick.keep('2')).toBe(true)
    expect([await slow.keep('1'), await slow.renew()]).toEqual([false, false])
    await slow.end(1)
    expect(await store.pollCursors.begin('desk', 60_000)).toMatchObject({ waitMs: expect.any(Number) })
    await quick.end(1)
    expect(await redis.client.hget(`${store.prefix}:poll:desk`, 'cursor')).toBe('2')
  })

  it('that fails is told once by its code, rests for longer each time, and is told when it is over', async () => {
    const busy = { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' } as const
    fault = new StepError('busy', busy)
    const rests: number[] = []
    start(
      {
        pollCursors: {
          async begin(...asked) {
            const turn = await store.pollCursors.begin(...asked)
            if ('waitMs' in turn) return turn
            return { ...turn, end: (ms) => turn.end(ms).then(() => void rests.push(ms)) }
          },
        },
      },
      2,
    )
    await until(() => cursors.length >= 4)
    fault = undefined
    await until(() => cursors.length >= 6)
    expect(rests.slice(0, 4)).toEqual([4, 8, 16, 32])
    expect(rests[4]).toBe(2)
    expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
      ['warn', { helpdesk: 'desk', code: 'HELPDESK_BUSY' }],
      ['info', { helpdesk: 'desk' }],
    ])
  })

  it('ends at once when it is closed, also in the middle of a look', async () => {
    const looks = Promise.withResolvers<void>()
    const polls = start({
      helpdesks: new Map([
        [
          'desk',
          {
            style: 'tickets',
            openTicket: no,
            appendMessage: no,
            addNote: no,
            close: () => Promise.resolve(),
            poll: {
              everyMs: 60_000,
              look: (_cursor, signal) =>
                new Promise((_resolve, reject) => {
                  signal.addEventListener('abort', () => reject(signal.reason as Error))
                  looks.resolve()
                }),
            },
          } satisfies TicketHelpdesk,
        ],
      ]),
    })
    await looks.promise
    await polls.close()
    expect(log.lines).toEqual([])
    // Nobody has to wait for its turn to end.
    expect(await redis.client.exists(`${store.prefix}:poll:desk:turn`)).toBe(0)
  })
})
