import { readdir } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { rewriteFiles } from '../../src/queue/rewrite-files.ts'
import { filesBelow } from '../support/canary.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ extraArgs: ['--rdbcompression', 'no'] })
const soon = () => AbortSignal.timeout(15_000)

async function holding(word: string): Promise<string[]> {
  const files = await filesBelow(redis.server.dir)
  return files.filter(({ bytes }) => bytes.includes(word)).map(({ name }) => name)
}

const saved = () => readdir(redis.server.dir).then((names) => names.includes('dump.rdb'))

describe('writing the files of Redis anew', () => {
  test('what was deleted stands in them before, and not after; what is kept, before and after', async () => {
    await redis.client.set('a', 'word-to-go')
    await redis.client.set('b', 'word-to-stay')
    await redis.client.del('a')
    expect(await holding('word-to-go')).toHaveLength(1)
    const report = await rewriteFiles(redis.client, soon())
    expect(report).toEqual({ aof: 'rewritten', rdb: 'none', replicas: 0 })
    expect(
      await poll(
        () => holding('word-to-go'),
        (found) => found.length === 0,
      ),
    ).toEqual([])
    expect(await holding('word-to-stay')).toHaveLength(1)
    expect(await saved(), 'no copy was made that was not there').toBe(false)
  })

  test('one that is under way does not count: it may have read what was deleted since', async () => {
    const writing = await slowly(async () => {
      await redis.client.set('a', 'word-in-between')
      await redis.client.bgrewriteaof()
      await redis.client.del('a')
      return rewriteFiles(redis.client, soon())
    })
    expect(writing).toMatchObject({ aof: 'rewritten' })
    expect(
      await poll(
        () => holding('word-in-between'),
        (found) => found.length === 0,
      ),
    ).toEqual([])
  })

  test('a snapshot is made anew where there are snapshots', async () => {
    await redis.client.set('a', 'word-in-a-snapshot')
    await redis.client.bgsave()
    await poll(saved, Boolean)
    await poll(
      () => holding('word-in-a-snapshot'),
      (found) => found.includes('dump.rdb'),
    )
    await redis.client.del('a')
    expect(await rewriteFiles(redis.client, soon())).toMatchObject({ aof: 'rewritten', rdb: 'saved' })
    expect(
      await poll(
        () => holding('word-in-a-snapshot'),
        (found) => found.length === 0,
      ),
    ).toEqual([])
  })

  test('ends early when it is told to, and says so', async () => {
    const report = await slowly(() => rewriteFiles(redis.client, AbortSignal.timeout(150)))
    expect(report).toMatchObject({ aof: 'unfinished' })
  })

  test('says that it was refused, where a host forbids it', async () => {
    await redis.client.acl(
      'SETUSER',
      'bare',
      'on',
      '>pass',
      '~*',
      '+@all',
      '-bgrewriteaof',
      '-bgsave',
      '-config',
    )
    const bare = new Redis(redis.url, { username: 'bare', password: 'pass' })
    try {
      expect(await rewriteFiles(bare, soon())).toMatchObject({ aof: 'refused', rdb: 'refused' })
    } finally {
      bare.disconnect()
      await redis.client.acl('DELUSER', 'bare')
    }
  })

  test('without an append-only file there is nothing to write anew', async () => {
    await redis.client.config('SET', 'appendonly', 'no')
    try {
      expect(await rewriteFiles(redis.client, soon())).toMatchObject({ aof: 'off' })
    } finally {
      await redis.client.config('SET', 'appendonly', 'yes')
      await idle()
    }
  })
})

/** With so many keys, written so slowly, that a rewrite takes a while. */
async function slowly<T>(work: () => Promise<T>): Promise<T> {
  await redis.client.eval(`for i = 1, 10000 do redis.call('SET', 'filler' .. i, i) end`, 0)
  await redis.client.config('SET', 'rdb-key-save-delay', '10')
  try {
    return await work()
  } finally {
    await redis.client.config('SET', 'rdb-key-save-delay', '0')
    await idle()
    await redis.client.eval(`for i = 1, 10000 do redis.call('DEL', 'filler' .. i) end`, 0)
  }
}

async function idle(): Promise<void> {
  await poll(
    () => redis.client.info('persistence'),
    (info) => info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0'),
  )
}
