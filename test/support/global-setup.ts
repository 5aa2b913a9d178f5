import { ensureRedisServer } from '../../scripts/redis-server.ts'

/** Finds or installs a Redis once, before any file: two files at once would both call the package manager. */
export async function setup(): Promise<void> {
  await ensureRedisServer({ say: console.log })
}
