import { describe, expect, test } from 'vitest'
import { CopyFault } from '../../src/attachments/copy-fault.ts'
import { eraseCopies, eraseCopiesOf } from '../../src/attachments/erase-copies.ts'
import { filesIn, picture } from '../support/attachment-kit.ts'
import { attempt, conversationId, openCopying } from '../support/copy-kit.ts'
import { partly, whole } from '../support/file-server.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

describe('erasing a conversation', () => {
  test('takes its files, its jobs and its list, and leaves those of others', async () => {
    const world = await openCopying(redis.client)
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    const jobs = await world.note([world.event('evt_1', '/a.png', '/b.png')])
    const other = { ...world.event('evt_2', '/a.png'), conversationId: '1:other' }
    const [kept] = await world.note([other])
    await world.queue.add([...jobs, kept!])
    await world.copy(jobs[0]!, attempt())
    await world.copy(kept!, attempt())
    expect(await world.queue.count()).toBe(3)

    expect(await world.erase(conversationId)).toBe(2)
    expect(await filesIn(world.folder)).toEqual([kept!.id])
    expect(await world.queue.count()).toBe(1)
    expect(await world.records.get([...jobs, kept!].map(({ id }) => id))).toMatchObject([
      { state: 'erased' },
      { state: 'erased' },
      { state: 'copied' },
    ])
    expect(await world.keys(conversationId)).toEqual([])
    expect(await world.erase(conversationId)).toBe(0)
  })

  test('reaches a copy that is under way: it keeps nothing', async () => {
    const world = await openCopying(redis.client)
    const { job, written } = await world.noted()
    const rest = Promise.withResolvers<() => void>()
    world.cdn.files.set(
      '/a.png',
      partly(picture.subarray(0, 5), picture.length, (response) =>
        rest.resolve(() => response.end(picture.subarray(5))),
      ),
    )
    const copying = world.copy(job, attempt())
    const finish = await rest.promise
    await world.erase(conversationId)
    finish()
    await copying
    expect([await filesIn(world.folder), world.settled]).toEqual([[], []])
    expect(await world.state(job.id)).toEqual({ state: 'erased' })
    // Nor does a delivery that is split again bring it back.
    await world.note([written])
    await world.copy(job, attempt())
    expect([await world.state(job.id), world.cdn.asked.length]).toEqual([{ state: 'erased' }, 1])
    expect(await world.show(written)).toEqual(written)
  })

  test('that was cut short is finished by asking again', async () => {
    const world = await openCopying(redis.client)
    const jobs = await world.note([world.event('evt_1', '/a.png', '/b.png')])
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    await world.copy(jobs[0]!, attempt())
    const failing = eraseCopies({
      copies: world.records,
      store: { remove: () => Promise.reject(new CopyFault('store')) },
      dropJobs: world.queue.drop,
    })
    await expect(failing(conversationId)).rejects.toThrow()
    expect(await world.erase(conversationId)).toBe(2)
    expect(await filesIn(world.folder)).toEqual([])
  })
})

describe('erasing what came with a message that was taken back', () => {
  test('takes its files, and leaves those of others in the same conversation', async () => {
    const world = await openCopying(redis.client)
    world.cdn.files.set('/a.png', whole(picture, 'image/png'))
    const taken = await world.note([world.event('evt_1', '/a.png', '/a.png')])
    const [kept] = await world.note([world.event('evt_2', '/a.png')])
    await world.queue.add([...taken, kept!])
    for (const job of [...taken, kept!]) await world.copy(job, attempt())
    const erase = eraseCopiesOf({
      copies: world.records,
      store: world.store,
      dropJobs: world.queue.drop,
    })

    expect(await erase(conversationId, ['evt_1', 'evt_of_an_edit'])).toBe(2)
    expect(await filesIn(world.folder)).toEqual([kept!.id])
    expect(await world.records.get([...taken, kept!].map(({ id }) => id))).toMatchObject([
      { state: 'erased' },
      { state: 'erased' },
      { state: 'copied' },
    ])
    expect(await world.queue.count()).toBe(1)
    expect(await world.records.ofConversation(conversationId)).toEqual([kept!.id])
    expect([await erase(conversationId, ['evt_1']), await erase('1:nobody', ['evt_2'])]).toEqual([0, 0])
  })
})
