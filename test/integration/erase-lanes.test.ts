import { describe, expect, test } from 'vitest'
import { anna, bert, eraseKit, wrote } from '../support/erase-kit.ts'
import { useRedis } from '../support/redis.ts'

// Small values are kept as they are written, so that what Redis dumps can be searched.
const redis = useRedis({ appendfsync: 'no', extraArgs: ['--rdbcompression', 'no'] })

type World = ReturnType<typeof eraseKit>

async function arriveAt(world: World, id: string, ...helpdesks: string[]): Promise<void> {
  const event = wrote(id, `secret of ${id}`)
  const [lane = '', ...also] = helpdesks.map((name) => `in@${name}:${id}`)
  await world.kit.lanes.append([{ lane, also, id: event.id, payload: JSON.stringify(event) }])
  await world.conversations.note([event])
}

describe('erasing a customer whom routes have sent to several helpdesks', () => {
  test('empties all their lanes, also of a helpdesk that has left the config, and nobody else’s', async () => {
    const world = eraseKit(redis.client)
    await world.arrive(wrote(anna, 'to the Page’s own'))
    await arriveAt(world, anna, 'other', 'long-gone')
    await arriveAt(world, bert, 'other', 'long-gone')
    const erasure = await world.erase()
    expect(erasure).toMatchObject({ complete: true, erased: { waiting: 3 } })
    expect(await world.keysWith('secret of ' + anna + '"')).toEqual([])
    expect((await world.keysWith(`:${anna}`)).filter((key) => key.endsWith(`:${anna}`))).toEqual([])
    for (const name of ['other', 'long-gone'])
      expect(await world.kit.payloads(`in@${name}:${bert}`)).toHaveLength(1)
  })

  test('erases the dead letters of each, and what routes remember', async () => {
    const world = eraseKit(redis.client)
    await arriveAt(world, anna, 'other')
    const task = await world.kit.claimOne(`in@other:${anna}`)
    await world.kit.lanes.commit([{ task, verdict: 'dead', code: 'X', message: 'x' }])
    await world.routeMemories.keep(
      new Map([[anna, { added: ['main'], been: ['other'], tags: [{ tag: 'VIP', isOn: true, at: 1 }] }]]),
    )
    const { erased, elsewhere } = await world.erase()
    expect(erased).toMatchObject({ deadLetters: 1 })
    expect(await world.routeMemories.of([anna])).toEqual([{ added: [], been: [], tags: [] }])
    // Somebody has to erase it there.
    expect(elsewhere).toEqual([{ helpdesk: 'other', ticket: null }])
  })

  test('lets nobody begin meanwhile, in a lane that was empty either: it waits, and is rung for', async () => {
    const claimed: unknown[] = []
    const world = eraseKit(redis.client, {
      eraseCopies: async () => {
        await arriveAt(world, anna, 'other')
        claimed.push(...(await world.kit.lanes.claim([`in@other:${anna}`])))
        return 0
      },
    })
    await world.erase()
    expect(claimed).toEqual([])
    expect(await world.kit.payloads(`in@other:${anna}`)).toHaveLength(1)
    expect(world.rung).toEqual([`in@other:${anna}`])
  })
})
