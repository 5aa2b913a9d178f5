import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { DiskReport } from '../domain/erasure.ts'

const pollMs = 100
/** Times that Redis may refuse before it is believed: it refuses, too, while it still does something else. */
const maxRefusals = 5

interface Persistence {
  field(name: string): string | undefined
  count(name: string): number
}

/**
 * Has Redis write its files anew, and waits for it: what was deleted stands in the append-only file until then, as the
 * commands that once wrote it. Ends early when the signal says so; then Redis goes on, and nobody looks.
 */
export async function rewriteFiles(redis: Redis, signal: AbortSignal): Promise<DiskReport> {
  const now = await read(redis)
  const replicas = now.count('connected_slaves')
  const aof =
    now.field('aof_enabled') === '1'
      ? await carryOut(redis, signal, {
          start: () => redis.bgrewriteaof(),
          counted: 'aof_rewrites',
          running: ['aof_rewrite_in_progress', 'aof_rewrite_scheduled', 'rdb_bgsave_in_progress'],
          status: 'aof_last_bgrewrite_status',
        })
      : 'off'
  // Only where there are snapshots: a first one would be a copy that nobody writes anew later.
  const makesSnapshots = now.count('rdb_saves') > 0 || (await savesByItself(redis))
  const rdb = makesSnapshots
    ? await carryOut(redis, signal, {
        start: () => redis.bgsave(),
        counted: 'rdb_saves',
        running: ['rdb_bgsave_in_progress', 'aof_rewrite_in_progress', 'aof_rewrite_scheduled'],
        status: 'rdb_last_bgsave_status',
      })
    : 'none'
  return { aof: aof === 'done' ? 'rewritten' : aof, rdb: rdb === 'done' ? 'saved' : rdb, replicas }
}

interface Chore {
  start: () => Promise<unknown>
  /** How many there were since Redis started; counted when one starts. */
  counted: string
  /** What is 1 while Redis is busy with files. */
  running: string[]
  status: string
}

/** One that was under way when we came may have read what was erased since, so only one that starts later counts. */
async function carryOut(
  redis: Redis,
  signal: AbortSignal,
  { start, counted, running, status }: Chore,
): Promise<'done' | 'unfinished' | 'refused'> {
  let before: number | undefined
  for (let refusals = 0; refusals < maxRefusals && !signal.aborted;) {
    const now = await read(redis).catch(() => undefined)
    const isBusy = now === undefined || running.some((name) => now.field(name) === '1')
    if (!isBusy) {
      const count = now.count(counted)
      if (before !== undefined && count > before && now.field(status) === 'ok') return 'done'
      // The first time nobody was asked yet. Redis counts from 0 again after it was started again.
      if (before !== undefined && count >= before) refusals++
      before = count
      // Forbidden, as many hosts do; or busy again since we looked.
      await start().catch(() => refusals++)
    }
    await wait(pollMs, undefined, { signal }).catch(() => {})
  }
  return signal.aborted ? 'unfinished' : 'refused'
}

async function read(redis: Redis): Promise<Persistence> {
  const [persistence, replication] = await Promise.all([redis.info('persistence'), redis.info('replication')])
  const info = `${persistence}\n${replication}`
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  return { field, count: (name) => Number(field(name) ?? 0) }
}

/** Unknown where CONFIG is forbidden; then it may. */
async function savesByItself(redis: Redis): Promise<boolean> {
  try {
    const [, points] = await redis.config('GET', 'save')
    return points !== ''
  } catch {
    return true
  }
}
