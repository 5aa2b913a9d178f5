import { Redis } from 'ioredis'
import { ensureRedisServer, startRedisServer } from '../scripts/redis-server.ts'

/** The Redis of one demo run: the one that REDIS_URL names, or one of our own. */
export type DemoRedis = {
  url: string
  durability: 'strict' | 'relaxed'
  stop(): Promise<void>
}

export async function openRedis(options: {
  url: string | undefined
  prefix: string
  say: (line: string) => void
}): Promise<DemoRedis> {
  const { url, prefix, say } = options
  if (!url) {
    await ensureRedisServer({ say })
    const server = await startRedisServer({ detached: true })
    say(`Redis: our own on 127.0.0.1:${server.port}, every write synced to disk (appendfsync always)`)
    return { url: server.url, durability: 'strict', stop: server.stop }
  }
  const { host } = new URL(url)
  await withClient(url, (client) => client.ping()).catch((error: unknown) => {
    throw new Error(`no Redis answers at REDIS_URL (${host}): start it, or unset REDIS_URL`, { cause: error })
  })
  say(`Redis: the one at REDIS_URL (${host}), with keys under "${prefix}" that are deleted at the end`)
  // Its settings are not ours to judge in a demo, so the service may start on a Redis that keeps less of its promise.
  return { url, durability: 'relaxed', stop: () => withClient(url, (client) => deleteKeys(client, prefix)) }
}

async function deleteKeys(client: Redis, prefix: string): Promise<void> {
  for await (const keys of client.scanStream({ match: `*${prefix}*`, count: 500 })) {
    if (Array.isArray(keys) && keys.length > 0) await client.unlink(...keys.map(String))
  }
}

async function withClient<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    client.disconnect()
  }
}
