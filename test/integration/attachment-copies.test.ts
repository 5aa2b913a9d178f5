import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { CopyFault } from '../../src/attachments/copy-fault.ts'
import { copyableAttachments } from '../../src/attachments/copyable.ts'
import { filesIn, picture } from '../support/attachment-kit.ts'
import { attempt, hourMs, openCopying } from '../support/copy-kit.ts'
import { drip, partly, status, whole } from '../support/file-server.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

describe('copying', () => {
  test('keeps the file and says so, once, however often it is done', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted('/a.png')
    expect(await world.state(job.id)).toMatchObject({ state: 'waiting' })
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    await world.copy(job, attempt())
    await world.copy(job, attempt())
    expect(await world.state(job.id)).toMatchObject({
      state: 'copied',
      name: 'a.png',
      contentType: 'image/png',
      bytes: picture.length,
    })
    expect([world.cdn.asked, world.settled]).toEqual([['/a.png'], [picture.length]])
    const file = await world.store.read(job.id)
    expect(file && (await buffer(file.body))).toEqual(picture)
  })

  test('by two workers at once leaves one whole file', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted()
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    await Promise.all([world.copy(job, attempt()), world.copy(job, attempt())])
    expect(await world.state(job.id)).toMatchObject({ state: 'copied' })
    expect(await filesIn(world.folder)).toEqual([job.id])
  })

  test('tries again what passes, and gives up what has become too old', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted()
    world.cdn.files.set('/a.png', status(503))
    await expect(world.copy(job, attempt({ failed: 500 }))).rejects.toMatchObject({ reason: 'failed' })
    expect(await world.state(job.id)).toMatchObject({ state: 'waiting' })
    await world.copy(job, attempt({ failed: 500, since: Date.now() - hourMs }))
    expect(await world.state(job.id)).toMatchObject({ state: 'failed', reason: 'failed' })
    expect(world.settled).toEqual(['failed'])
  })

  test('gives up at the third refusal, and at once what is too large', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted()
    for (const failed of [0, 1]) await expect(world.copy(job, attempt({ failed }))).rejects.toThrow('404')
    await world.copy(job, attempt({ failed: 2 }))
    const [large] = await world.note([world.event('evt_2', '/large.png')])
    world.cdn.files.set('/large.png', whole(Buffer.alloc(10_001), 'image/png'))
    await world.copy(large!, attempt())
    expect(world.settled).toEqual(['refused', 'too-large'])
    expect(await filesIn(world.folder)).toEqual([])
  })

  test('does not touch again what ended its workers', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted()
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    await world.copy(job, attempt({ crashed: 4 }))
    expect([world.cdn.asked, world.settled]).toEqual([[], ['crashed']])
    const [next] = await world.note([world.event('evt_2', '/a.png')])
    await world.copy(next!, attempt({ crashed: 3 }))
    expect(await world.state(next!.id)).toMatchObject({ state: 'copied' })
  })

  test('that is stopped counts for nothing, whatever its age', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted()
    world.cdn.files.set('/a.png', drip(10))
    const stop = new AbortController()
    const asked = world.cdn.nextAsked('/a.png')
    const copying = world.copy(job, attempt({ signal: stop.signal, since: 0 }))
    await asked
    stop.abort()
    await expect(copying).rejects.toBeInstanceOf(CopyFault)
    expect(await world.state(job.id)).toMatchObject({ state: 'waiting' })
    expect([world.settled, await filesIn(world.folder)]).toEqual([[], []])
  })

  test('ends the fetch when the store fails', async () => {
    const failing = { write: () => Promise.reject(new CopyFault('store')), remove: () => Promise.resolve() }
    const world = await openCopying(redis.client, { store: failing })
    const { job } = await world.noted()
    const hungUp = Promise.withResolvers<void>()
    world.cdn.files.set(
      '/a.png',
      partly(picture, 9000, (response) => response.on('close', () => hungUp.resolve())),
    )
    await expect(world.copy(job, attempt())).rejects.toMatchObject({ reason: 'store' })
    await hungUp.promise
    // Sooner than a connection that nobody reads from is closed anyway.
  }, 10_000)

  test('logs neither the link nor the person', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted('/secret-of-meta.png')
    await world.copy(job, attempt({ failed: 2 }))
    const said = JSON.stringify(world.log.lines)
    expect(said).toContain(job.id)
    expect(said).not.toMatch(/secret-of-meta|2400000000000001/)
    expect(JSON.stringify(job)).not.toContain('2400000000000001')
  })
})

describe('what the helpdesk is shown', () => {
  test('is our link while it is fetched and after, and what Meta sent beside it', async () => {
    const world = await openCopying(redis.client)
    const { job, written } = await world.noted()
    const shown = await world.show(written)
    const url = shown.kind === 'message' ? shown.attachments[0]?.url : undefined
    expect(url).toContain(`https://desk.example/v1/attachments/${job.id}?expires=`)
    expect(shown).toEqual({ ...written, attachments: [{ type: 'image', url }] })
    expect(JSON.stringify(shown.raw)).toContain(world.cdn.url)
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    await world.copy(job, attempt())
    // Noted again, as when a delivery is split twice: it stays as it is, and so does the link.
    await world.note([written])
    expect(await world.show(written)).toEqual(shown)
  })

  test("is Meta's link of what was never noted, or was given up", async () => {
    const world = await openCopying(redis.client)
    const unknown = world.event('evt_9', '/a.png')
    expect(await world.show(unknown)).toEqual(unknown)
    const { job, written } = await world.noted()
    await world.copy(job, attempt({ failed: 2 }))
    expect(await world.show(written)).toEqual(written)
  })

  test('ends when the file does: records are gone with it', async () => {
    const world = await openCopying(redis.client)
    const { job } = await world.noted()
    const [ttl] = await Promise.all([redis.client.pttl(world.keyOf(job.id)), world.state(job.id)])
    expect(ttl).toBeGreaterThan(hourMs - 60_000)
    expect(ttl).toBeLessThanOrEqual(hourMs)
    const copied = await filesIn(world.folder)
    expect(copied).toEqual([])
  })
})

test('a file that was kept by a worker that died before it said so goes when its record is gone', async () => {
  const world = await openCopying(redis.client)
  const { job } = await world.noted()
  const bytes = (async function* () {
    yield await Promise.resolve(picture)
  })()
  await world.store.write(job.id, { contentType: 'image/png', bytes })
  await redis.client.del(world.keyOf(job.id))
  await world.copy(job, attempt())
  expect([await filesIn(world.folder), world.cdn.asked]).toEqual([[], []])
})

test('a job is added once, however often it is noted', async () => {
  const world = await openCopying(redis.client)
  const { job } = await world.noted()
  await Promise.all([world.queue.add([job]), world.queue.add([job, job])])
  await world.queue.add([])
  expect(await world.queue.count()).toBe(1)
  await world.queue.drop([job.id, 'att_unknown'])
  expect(await poll(world.queue.count, (count) => count === 0)).toBe(0)
})

test('what is swept is gone, also to whoever has a link', async () => {
  const world = await openCopying(redis.client)
  const { job, written } = await world.noted()
  world.cdn.files.set('/a.png', whole(picture, 'image/png'))
  await world.copy(job, attempt())
  const path = join(world.folder, job.id.slice(4, 6), job.id)
  await utimes(path, new Date(0), new Date(0))
  expect(await world.store.sweep?.(Date.now() - hourMs)).toBe(1)
  expect(await world.store.read(copyableAttachments(written)[0]!.id)).toBeUndefined()
})
