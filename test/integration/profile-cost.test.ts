import { describe, expect, test } from 'vitest'
import { poll } from '../support/poll.ts'
import { ada, profileKit, psid, wrote } from '../support/profile-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

describe('the way of an event', () => {
  test('costs no command for whom this process knows, and one look for whom it does not', async () => {
    const kit = await profileKit(redis)
    await kit.people.open([ada])
    await kit.people.keepNothing(ada, 'empty')
    const seen: string[] = []
    const monitor = await redis.client.monitor()
    monitor.on('monitor', (_at: string, [command = '', key = '']: string[]) => {
      if (key.startsWith(kit.prefix)) seen.push(command.toLowerCase())
    })
    const own = kit.wants()
    const batch = Array.from({ length: 1000 }, () => wrote())
    try {
      expect(await own.strangers(batch)).toEqual([])
      for (let n = 0; n < 10; n++) expect(await own.strangers(batch)).toEqual([])
      await redis.client.get(`${kit.prefix}:end`)
      await poll(
        () => Promise.resolve(seen.at(-1)),
        (last) => last === 'get',
      )
    } finally {
      monitor.disconnect()
    }
    expect(seen).toEqual(['hget', 'get'])
  })

  test('has a person looked up once, and again by another process as long as nobody has asked', async () => {
    const kit = await profileKit(redis)
    const own = kit.wants()
    await own.lookUp(await own.strangers([wrote()]))
    expect(await own.strangers([wrote()])).toEqual([])
    expect(await kit.wants().strangers([wrote()])).toEqual([ada])
  })

  test('goes on when Redis refuses', async () => {
    const kit = await profileKit(redis)
    let refuses = true
    const refused = () => Promise.reject(new Error(`READONLY ${ada}`))
    const own = kit.wants({
      strangers: (ids) => (refuses ? refused() : kit.people.strangers(ids)),
      open: refused,
    })
    expect(await own.strangers([wrote()])).toEqual([])
    await own.lookUp([ada])
    expect(kit.log.lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
    expect(JSON.stringify(kit.log.lines)).not.toContain(psid)
    // They are not taken for known.
    refuses = false
    expect(await own.strangers([wrote()])).toEqual([ada])
  })
})
