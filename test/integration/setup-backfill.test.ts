import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { graphClient } from '../../src/meta/graph-client.ts'
import { ingestConnection, isReadyWithin } from '../../src/queue/connections.ts'
import { delivery, journal } from '../../src/queue/journal.ts'
import { deliveriesQueue, openQueue } from '../../src/queue/queues.ts'
import { backfill } from '../../src/setup/backfill.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { appSecret, conversation, pageId, psid } from '../support/service.ts'
import { configFor } from '../support/setup-kit.ts'
import { startWorld } from '../support/setup-world.ts'

const redis = useRedis()

describe('after an outage', () => {
  it('a backfill brings what was missed, in order, and a second one changes nothing', async () => {
    const world = await startWorld(redis.url)
    await world.say('before 1')
    await world.simulator.write({ pageId, psid, postback: { title: 'A button', payload: 'TAP' } })
    await world.say('before 2')
    await world.inboxOf(3)

    await world.unsubscribe()
    for (const text of ['missed 1', 'missed 2', 'missed 3']) await world.say(text)
    expect((await world.run('subscribe')).exitCode).toBe(0)
    await world.say('after')
    const before = await world.inboxOf(4)
    expect(before).not.toContain('missed 1')

    const first = await world.run('backfill', '--page', pageId, '--since', '1h')
    expect(first.text).toContain('Journalled 3 new messages in 1 conversation; 4 more were known already.')
    expect(first.exitCode).toBe(0)
    const all = await world.inboxOf(7)
    expect(all.filter((text) => text.startsWith('missed'))).toEqual(['missed 1', 'missed 2', 'missed 3'])

    const second = await world.run('backfill', '--page', pageId, '--since', '1h')
    expect(second.text).toContain('Journalled 0 new messages in 1 conversation; 7 more were known already.')
    // Whatever a second one had journalled would stand before this.
    await world.say('last')
    expect(await world.inboxOf(8)).toEqual([...all, 'last'])
  })

  it('what was received meanwhile is recognised where it is split, though the backfill did not know', async () => {
    const world = await startWorld(redis.url)
    for (const text of ['one', 'two']) await world.say(text)
    await world.simulator.inbox({ pageId, psid, text: 'by hand' })
    const before = await poll(world.inbox, (texts) => texts.includes('by hand') && texts.includes('two'))
    const connection = ingestConnection(redis.url)
    const queue = openQueue(deliveriesQueue, connection, world.prefix)
    const graph = graphClient({
      graphUrl: world.simulator.url,
      graphVersion: 'v26.0',
      appSecret,
      timeoutMs: 4000,
    })
    onTestFinished(async () => {
      await Promise.all([queue.close(), graph.close()])
      connection.disconnect()
    })
    await isReadyWithin(connection, 5000)
    const { write } = journal(queue, () => {})
    const since = Date.now() - 3_600_000
    const [page] = configFor(world.simulator.url).pages
    const isWhole = await backfill(
      page!,
      { since, dryRun: false },
      {
        graph,
        print: () => {},
        progress: { show: () => {}, clear: () => {} },
        now: Date.now,
        signal: new AbortController().signal,
        lastDeliveryAt: () => Promise.resolve(null),
        everyMs: 0,
        pause: (ms) => setTimeout(ms),
        known: () => Promise.resolve(new Set()),
        journal: (body, receivedAt) => write(delivery(body, receivedAt)),
      },
    )
    expect(isWhole).toBe(true)
    const { duplicates } = await world.service.line(
      ({ msg, duplicates }) => msg === 'append' && duplicates === 3,
    )
    expect(duplicates).toBe(3)
    await world.say('last')
    expect(await world.inboxOf(before.length + 1)).toEqual([...before, 'last'])
  })

  it('our own replies are known as ours, and those of others are brought', async () => {
    const world = await startWorld(redis.url)
    await world.say('a question')
    await world.inboxOf(1)
    const path = `/v1/inbox/conversations/${encodeURIComponent(conversation)}/replies`
    await world.service.rest('POST', path, { text: 'an answer' })
    await world.service.line(({ msg }) => msg === 'send')
    await world.unsubscribe()
    await world.simulator.inbox({ pageId, psid, text: 'somebody else answers' })

    const { text, exitCode } = await world.run('backfill', '--page', pageId, '--since', '1h')
    expect(exitCode).toBe(0)
    expect(text).toContain('Journalled 1 new message in 1 conversation; 2 more were known already.')
  })

  it('--dry-run journals nothing', async () => {
    const world = await startWorld(redis.url)
    await world.unsubscribe()
    await world.say('missed')
    const { text } = await world.run('backfill', '--page', pageId, '--since', '1h', '--dry-run')
    expect(text).toContain('Found 1 new message')
    await world.run('subscribe')
    await world.say('later')
    expect(await world.inboxOf(1)).toEqual(['later'])
  })

  it('what Meta no longer tells is named, and the rest is brought', async () => {
    const world = await startWorld(redis.url)
    await world.unsubscribe()
    for (let at = 1; at <= 23; at++) await world.say(`missed ${at}`)
    const { text, exitCode } = await world.run('backfill', '--page', pageId, '--since', '1h')
    expect(exitCode).toBe(0)
    expect(text).toContain('Journalled 20 new messages')
    expect(text).toContain('the newest 20 messages of a conversation. At least\n  3 older in')
    expect((await world.inboxOf(20))[0]).toBe('missed 4')
  })
})
