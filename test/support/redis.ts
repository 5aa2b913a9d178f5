import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { startRedisServer } from '../../scripts/redis-server.ts'
import type { RedisServer } from '../../scripts/redis-server.ts'

/**
 * A Redis of this test file's own. At the end it must have no connection left but ours: a worker or a client that
 * nobody closed fails the file.
 */
export function useRedis(options: Parameters<typeof startRedisServer>[0] = {}) {
  let server: RedisServer | undefined
  let client: Redis | undefined

  beforeAll(async () => {
    server = await startRedisServer(options)
    client = new Redis(server.url)
    // Tests kill this Redis; the client only waits for it to come back.
    client.on('error', () => {})
    await client.ping()
  })

  afterAll(async () => {
    try {
      // Asked again for a moment: a socket that was just closed may still be listed.
      await vi.waitFor(async () => {
        const clients = String(await client?.client('LIST'))
        expect(clients.trim().split('\n'), 'connections left open').toHaveLength(1)
      }, 5000)
    } finally {
      client?.disconnect()
      await server?.stop()
    }
  })

  return {
    get server() {
      return server!
    },
    get url() {
      return server!.url
    },
    get client() {
      return client!
    },
    async keys(pattern = '*'): Promise<string[]> {
      return (await client!.keys(pattern)).toSorted()
    },
  }
}
