import { describe, expect, test } from 'vitest'
import type { Route } from '../../src/domain/route.ts'
import { conversationKey } from '../../src/records/record-keys.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { anna, commented, labelled, read, routeKit, said, takenBack } from '../support/route-kit.ts'

const redis = useRedis({ appendfsync: 'no' })

const archive: Route = { when: {}, to: ['archive'], also: true }
const billing: Route = { when: { words: ['invoice'] }, to: ['billing'] }
const shop: Route = { when: { words: ['parcel'] }, to: ['shop'] }
const refuse = () => Promise.reject(new Error('Connection is closed'))

describe('an event', () => {
  test('of a Page without a route that fits stays with its own helpdesk', async () => {
    const { split, waiting } = routeKit(redis.client, [{ when: { kinds: ['comment'] }, to: ['shop'] }])
    await split(said('hello'))
    expect(await waiting()).toEqual({ own: ['hello'] })
  })

  test('goes into the lanes of several helpdesks, once each, and each is rung for', async () => {
    const { split, waiting, rings } = routeKit(redis.client, [{ when: {}, to: ['shop', 'main'] }, archive])
    const bodies = [said('one'), said('two')]
    await split([...bodies, ...bodies])
    await split(bodies)
    const both = ['one', 'two']
    expect(await waiting()).toEqual({ own: both, shop: both, archive: both })
    expect(rings[0]!.toSorted()).toEqual([`in:${anna}`, `in@archive:${anna}`, `in@shop:${anna}`])
  })

  test('is a dead letter of its own in each of its lanes', async () => {
    const { split, kit } = routeKit(redis.client, [archive])
    await split([said('from bert', 3, 'bert'), said('hello')])
    const tasks = await kit.lanes.claim([`in:${anna}`, `in@archive:${anna}`])
    await kit.lanes.commit(tasks.map((task) => ({ task, verdict: 'dead', code: 'NO', message: 'no' })))
    const { letters } = await kit.deadLetters.list(10)
    expect(letters.map(({ helpdesk }) => helpdesk).toSorted()).toEqual(['archive', null])
    const gone = letters.find(({ helpdesk }) => helpdesk === 'archive')!
    expect(await kit.deadLetters.replay(gone)).toBe(true)
    expect(await kit.payloads(`in@archive:${anna}`)).toHaveLength(1)
    expect(await kit.payloads(`in:${anna}`)).toEqual([])
  })
})

describe('a conversation', () => {
  test('stays where words have sent it, also with what is no message, and in the next delivery', async () => {
    const { split, waiting } = routeKit(redis.client, [billing, shop])
    await split([said('hello'), said('my invoice'), said('thanks')])
    await split(labelled('new', 'add'))
    await split([said('my parcel'), said('bye')])
    await split(said('hello from bert', 5, 'bert'))
    expect(await waiting()).toEqual({
      own: ['hello'],
      billing: ['my invoice', 'thanks', 'label'],
      shop: ['my parcel', 'bye'],
    })
    expect(await waiting('1:bert')).toEqual({ own: ['hello from bert'] })
  })

  test('is not sent back by what Meta tells late', async () => {
    const { split, waiting } = routeKit(redis.client, [billing, shop])
    await split(said('parcel', 20_000))
    await split([said('invoice', 10_000), said('so', 30_000)])
    await split(said('and', 31_000))
    expect(await waiting()).toEqual({ billing: ['invoice'], shop: ['parcel', 'so', 'and'] })
  })

  test('takes back what it said also where it was told before', async () => {
    const { split, waiting } = routeKit(redis.client, [billing, shop])
    await split([said('invoice', 10_000), said('parcel', 20_000), takenBack('invoice', 10_000, 30_000)])
    expect(await waiting()).toEqual({
      billing: ['invoice', 'message_deleted'],
      shop: ['parcel', 'message_deleted'],
    })
  })

  test('is not sent back by a splitter that is late either', async () => {
    const { routeMemories, kit } = routeKit(redis.client, [])
    const choice = (to: string, at: number) => ({
      chosen: { to: [to], basis: '{}', at },
      added: [],
      been: [to],
      tags: [{ tag: 'VIP', isOn: at < 20, at }],
    })
    for (const change of [choice('shop', 20), choice('billing', 10)])
      await routeMemories.keep(new Map([[anna, change]]))
    expect(await routeMemories.of([anna])).toEqual([
      { chosen: { to: ['shop'], basis: '{}', at: 20 }, added: [], been: ['shop', 'billing'], tags: [] },
    ])
    // Nobody else may have noted anything of it.
    expect(await redis.client.pttl(conversationKey(kit.prefix, anna))).toBeGreaterThan(0)
  })

  test('keeps the newest of its tags', async () => {
    const { routeMemories } = routeKit(redis.client, [])
    const tags = Array.from({ length: 60 }, (_, n) => ({ tag: `tag ${n}`, isOn: true, at: 1000 + n }))
    await routeMemories.keep(new Map([[anna, { added: [], been: [], tags }]]))
    const [memory] = await routeMemories.of([anna])
    expect(memory!.tags.toSorted()).toEqual(
      tags
        .slice(10)
        .map(({ tag }) => tag)
        .toSorted(),
    )
  })

  test('is remembered as long as its record, and forgotten with it', async () => {
    const { split, waiting, kit } = routeKit(redis.client, [billing])
    await split(said('invoice'))
    const key = conversationKey(kit.prefix, anna)
    expect(await redis.client.pttl(key)).toBeGreaterThan(0)
    await redis.client.del(key)
    await split(said('hello'))
    expect(await waiting()).toEqual({ billing: ['invoice'], own: ['hello'] })
  })

  test('comes back when its helpdesk has left the config', async () => {
    const { split, waiting, helpdesks, routes } = routeKit(redis.client, [billing])
    await split(said('invoice'))
    helpdesks.delete('billing')
    routes.splice(0, 1, archive)
    await split(said('hello'))
    expect(await waiting()).toEqual({ own: ['hello'], archive: ['hello'] })
  })

  test('goes by the labels of Meta’s inbox as long as it has them', async () => {
    const vips: Route = { when: { tags: ['vip'] }, to: ['shop'] }
    const { split, waiting, routeMemories } = routeKit(redis.client, [vips])
    await split([said('hello'), labelled('VIP', 'add', 50_000), said('so')])
    expect(await waiting()).toEqual({ own: ['hello'], shop: ['label', 'so'] })
    await split(labelled('VIP', 'remove', 60_000))
    await split(labelled('VIP', 'add', 55_000))
    expect(await routeMemories.of([anna])).toMatchObject([{ tags: [] }])
  })

  test('of comments goes by the group that a rule gave it', async () => {
    const comments = { rules: [{ words: ['scam'], do: 'tag' as const, group: 'Managers' }] }
    const bosses: Route = { when: { tags: ['managers'] }, to: ['billing'] }
    const { split, waiting } = routeKit(redis.client, [bosses], { comments })
    await split([commented('nice'), commented('a scam', 'c_2'), commented('yes', 'c_3', 'c_2')])
    expect(await waiting('1:comment:c_1')).toEqual({ own: ['nice'] })
    expect(await waiting('1:comment:c_2')).toEqual({ billing: ['a scam', 'yes'] })
  })

  test('goes by the language that Meta told of the person, else by the Page’s', async () => {
    const german: Route = { when: { languages: ['de'] }, to: ['billing'] }
    const french: Route = { when: { languages: ['fr'] }, to: ['shop'] }
    const { split, waiting, people } = routeKit(redis.client, [german, french], { locale: 'fr' })
    const none = { name: null, firstName: null, lastName: null, username: null, pictureUrl: null }
    await people.open([anna])
    await people.keepKnown(anna, { ...none, locale: 'de_DE', timezone: null, gender: null }, 1)
    await split([said('hallo'), said('bonjour', 7, 'bert')])
    expect([await waiting(), await waiting('1:bert')]).toEqual([
      { billing: ['hallo'] },
      { shop: ['bonjour'] },
    ])
  })

  test('tells every helpdesk that has had it what was read', async () => {
    const { split, waiting } = routeKit(redis.client, [billing, shop])
    await split([said('hello'), said('invoice'), read(), said('parcel'), read()])
    expect(await waiting()).toEqual({
      own: ['hello', 'read', 'read'],
      billing: ['invoice', 'read', 'read'],
      shop: ['parcel', 'read'],
    })
  })
})

describe('a split that is repeated', () => {
  const story = [said('hello'), said('invoice'), said('thanks'), said('parcel'), said('bye')]
  const chosen = { own: ['hello'], billing: ['invoice', 'thanks'], shop: ['parcel', 'bye'] }

  test.each([
    ['after the append', { conversations: { note: refuse } }],
    ['after what it remembers', { notice: refuse }],
    ['at the append', { lanes: { append: refuse } }],
  ])('since it failed %s chooses the same', async (_when, faulty) => {
    const { split, waiting } = routeKit(redis.client, [billing, shop])
    await expect(split(story, faulty)).rejects.toThrow('Connection is closed')
    await split(story)
    await split(story)
    expect(await waiting()).toEqual(chosen)
  })

  test('with another config loses nothing, and doubles nothing', async () => {
    const { split, waiting, routes } = routeKit(redis.client, [billing, shop, archive])
    await expect(split(story, { notice: refuse })).rejects.toThrow('Connection is closed')
    const before = await waiting()
    routes.splice(0, routes.length, { when: {}, to: ['shop'] })
    await split(story)
    expect(await waiting()).toEqual(before)
    routes.splice(0)
    await split(story)
    expect(await waiting()).toEqual(before)
  })

  test('by two at once puts each where one of them chose', async () => {
    const { split, waiting } = routeKit(redis.client, [billing, shop, archive])
    await Promise.all([split(story), split(story), split(story)])
    const texts = ['hello', 'invoice', 'thanks', 'parcel', 'bye']
    const { archive: all, ...others } = await waiting()
    expect(all).toEqual(texts)
    expect(Object.values(others).flat().toSorted()).toEqual(texts.toSorted())
  })
})

describe('what it costs', () => {
  async function commands(routes: Route[], ...batches: string[][]): Promise<string[][]> {
    const kit = routeKit(redis.client, routes)
    const seen: string[] = []
    const monitor = await redis.client.monitor()
    monitor.on('monitor', (_at: string, [command = '']: string[], source: string) => {
      if (source !== 'lua') seen.push(command.toLowerCase())
    })
    const each: string[][] = []
    try {
      for (const [n, batch] of batches.entries()) {
        await kit.split(batch)
        await redis.client.echo(`end ${n}`)
        await poll(
          () => Promise.resolve(seen),
          (all) => all.includes('echo'),
        )
        each.push(seen.splice(0).filter((one) => one !== 'echo'))
      }
    } finally {
      monitor.disconnect()
    }
    return each
  }

  test('is nothing without routes, and one look with them, and one note for what is new', async () => {
    const first = [said('hello'), said('invoice')]
    const next = [said('thanks'), said('bye')]
    const [before, after] = await commands([], first, next)
    const [learnt, known] = await commands([billing, archive], first, next)
    // APPEND, the conversations, and when something last came.
    expect([before!.length, after!.length]).toEqual([3, 3])
    expect(before).not.toContain('hgetall')
    expect([learnt!.length, known!.length]).toEqual([5, 4])
    expect(known!.filter((one) => one === 'hgetall')).toHaveLength(1)
  })
})
