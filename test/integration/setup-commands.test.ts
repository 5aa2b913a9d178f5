import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { lastDeliveriesKey } from '../../src/records/last-deliveries.ts'
import { pageStops, tokenMark } from '../../src/records/page-stops.ts'
import { isoMoment } from '../../src/setup/report.ts'
import { useRedis } from '../support/redis.ts'
import { appSecret, pageId } from '../support/service.ts'
import { startWorld } from '../support/setup-world.ts'

const redis = useRedis()

type World = Awaited<ReturnType<typeof startWorld>>

const shown = (text: string) => text.split('\n').filter((line) => /^ {2}(warning|fault)/.test(line))

async function change(
  world: World,
  edit: (config: Record<string, Record<string, unknown>>) => void,
): Promise<void> {
  const config = parse(await readFile(world.file, 'utf8')) as Record<string, Record<string, unknown>>
  edit(config)
  await writeFile(world.file, stringify(config))
}

/** What the service notes of deliveries. */
async function delivered(world: World, at: number): Promise<void> {
  await redis.client.hset(lastDeliveriesKey(world.prefix), pageId, at)
}

describe('doctor', () => {
  it('finds nothing where nothing is, but that a loopback is no https', async () => {
    const world = await startWorld(redis.url)
    await world.say('hello')
    await world.inboxOf(1)
    await delivered(world, Date.now())
    const { text, exitCode } = await world.run('doctor')
    expect(shown(text)).toEqual([expect.stringContaining('is not https')])
    expect(exitCode).toBe(1)
    for (const secret of [appSecret, 'token-of-the-page', 'verify-token']) expect(text).not.toContain(secret)
  })

  it('after an outage prints the commands that mend it, and they do', async () => {
    const world = await startWorld(redis.url)
    await world.say('before')
    await world.inboxOf(1)
    const received = Date.now() - 25 * 60_000
    await delivered(world, received)
    await world.unsubscribe()
    for (let minute = 0; minute < 60; minute++) await world.say(`missed ${minute}`)

    const { text } = await world.run('doctor')
    expect(text).toContain('It is not subscribed: no message reaches the service.')
    expect(text).toContain('Meta has unsubscribed it')
    const backfill = `node src/main.ts backfill --page ${pageId} --since ${isoMoment(received - 5 * 60_000)}`
    expect(text).toContain(`$ ${backfill}`)

    const subscribed = await world.run('subscribe', '--page', pageId)
    expect(subscribed.text).toContain(`$ ${backfill}`)
    expect(shown((await world.run('doctor')).text).join()).not.toContain('not subscribed')
  })

  it('tells a Page whose sending has stopped, and a wrong secret', async () => {
    const world = await startWorld(redis.url)
    const stop = {
      reason: 'restricted',
      graph: '10/1893063',
      since: Date.now(),
      probes: 1,
      probeAt: 0,
    } as const
    const mark = tokenMark('token-of-the-page')
    await pageStops(redis.client, { prefix: world.prefix }).put(pageId, {
      ...stop,
      tokenMark: mark,
      trialLane: null,
    })
    const first = await world.run('doctor')
    expect(first.text).toContain('Meta has restricted it (Graph 10/1893063)')

    await change(world, ({ meta }) => void (meta!['appSecrets'] = ['another secret']))
    const second = await world.run('doctor')
    expect(second.text).toContain('Graph does not know meta.appId with the first of meta.appSecrets')
  })

  it('without Redis ends all the same', async () => {
    const world = await startWorld(redis.url)
    await change(world, (config) => void (config['redis'] = { url: 'redis://127.0.0.1:1' }))
    const { text, exitCode } = await world.run('doctor')
    expect(exitCode).toBe(1)
    expect(text).toContain('Redis cannot be reached.')
    expect(text).toContain('Without Redis nobody knows when the last delivery came.')
  })
})

describe('subscribe', () => {
  it('has Meta verify the webhook, and is done the second time', async () => {
    const world = await startWorld(redis.url)
    world.simulator.pointAt('http://127.0.0.1:9/elsewhere')
    await world.unsubscribe()
    const dry = await world.run('subscribe', '--dry-run')
    expect(dry.text).toContain('Nothing was changed')

    const first = await world.run('subscribe')
    expect([first.exitCode, first.text]).toEqual([0, expect.stringContaining('callback moves from')])
    const second = await world.run('subscribe')
    expect(second.lines).toEqual([
      expect.stringContaining('page: nothing to do'),
      expect.stringContaining('Acme (1234567890): nothing to do'),
    ])
    await world.say('hello')
    await world.inboxOf(1)
  })

  it('says that the callback could not be verified', async () => {
    const world = await startWorld(redis.url)
    await change(world, ({ meta }) => void (meta!['verifyToken'] = 'another'))
    world.simulator.pointAt('http://127.0.0.1:9/elsewhere')
    const { text, exitCode } = await world.run('subscribe')
    expect(exitCode).toBe(1)
    expect(text).toContain('Meta could not verify the callback URL')
  })
})

describe('profile', () => {
  it('is written once, and changed where it differs', async () => {
    const world = await startWorld(redis.url)
    const locales = {
      default: { greeting: 'Hello!', menu: [{ title: 'Shop', url: 'https://shop.example/' }] },
      de_DE: { iceBreakers: [{ question: 'Wo ist meine Bestellung?', payload: 'ORDER' }] },
    }
    const ice = { ...locales.default, iceBreakers: [{ question: 'Where is my order?', payload: 'ORDER' }] }
    const set = (profile: object) =>
      change(world, ({ pages }) => void Object.assign(Object.values(pages!)[0]!, { profile }))
    await set({ getStarted: 'BEGIN', locales: { ...locales, default: ice } })

    const first = await world.run('profile')
    expect([first.exitCode, first.text]).toEqual([0, expect.stringContaining('written.')])
    expect((await world.run('profile')).text).toContain('nothing to do')

    await set({ getStarted: 'START', locales: { ...locales, default: ice } })
    const third = await world.run('profile')
    expect(third.lines.slice(0, 4)).toEqual([
      'Acme (1234567890):',
      '  get_started',
      '    - payload BEGIN',
      '    + payload START',
    ])
    // Meta lets ten calls through in ten minutes; these were five.
    expect(world.simulator.stats().pages[pageId]?.calls['messenger_profile']).toBe(5)
  })
})
