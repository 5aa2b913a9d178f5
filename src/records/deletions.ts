import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { deletionKey, deletionsKey } from './record-keys.ts'

/** A person asked Meta to have us delete their data, or took our app out of their account. */
export type DeletionKind = 'deletion' | 'deauthorization'

/** `erasing`: what we know of is erased, and the files are not rewritten yet. */
export type DeletionStatus = 'received' | 'erasing' | 'done'

export interface Deletion {
  /** What the person can ask by; nobody can guess it. */
  code: string
  kind: DeletionKind
  status: DeletionStatus
  /** ms since the epoch. */
  receivedAt: number
  doneAt: number | null
  /** Meta's id of the person in the app. It is forgotten as soon as their data is erased. */
  userId: string | null
}

export interface DeletionSettings {
  prefix: string
  /** How long a request can be asked for, ms. */
  deletionMs: number
}

export interface Deletions {
  /** Keeps a request, once; false when it was kept before. */
  receive(request: Pick<Deletion, 'code' | 'kind' | 'userId' | 'receivedAt'>): Promise<boolean>
  get(code: string): Promise<Deletion | undefined>
  /** Newest first. */
  list(limit: number): Promise<Deletion[]>
  /** The person's id is forgotten: their data is erased, but for the files. Idempotent; false when there is none such. */
  begin(code: string): Promise<boolean>
  finish(code: string, now: number): Promise<boolean>
}

/** The same for the same request, so that Meta may repeat it. One that is signed for both callbacks has two. */
export function deletionCode(kind: DeletionKind, mark: string): string {
  return hash('sha256', `${kind}:${mark}`, 'hex').slice(0, 40)
}

const codePattern = /^[a-z0-9]{40}$/

export function isDeletionCode(text: string): boolean {
  return codePattern.test(text)
}

const keepOnce = `
local code, kind, user, at, ttl = unpack(ARGV)
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'kind', kind, 'status', 'received', 'receivedAt', at, 'userId', user)
redis.call('PEXPIRE', KEYS[1], ttl)
for i = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', at - ttl)
  redis.call('ZADD', KEYS[i], at, code)
  redis.call('PEXPIRE', KEYS[i], ttl)
end
return 1`

// Done stays done, whatever comes late.
const move = `
local status = redis.call('HGET', KEYS[1], 'status')
if not status then return 0 end
redis.call('HDEL', KEYS[1], 'userId')
if ARGV[1] == 'done' then redis.call('ZREM', KEYS[2], ARGV[2]) end
if status ~= 'done' then redis.call('HSET', KEYS[1], 'status', ARGV[1]) end
if ARGV[1] == 'done' then redis.call('HSETNX', KEYS[1], 'doneAt', ARGV[3]) end
return 1`

export function deletions(redis: Redis, { prefix, deletionMs }: DeletionSettings): Deletions {
  const all = deletionsKey(prefix)
  const notDone = openKey(prefix)
  const keyOf = (code: string) => deletionKey(prefix, code)

  async function receive(request: Parameters<Deletions['receive']>[0]): Promise<boolean> {
    const { code, kind, userId, receivedAt } = request
    const indexes = kind === 'deletion' ? [all, notDone] : [all]
    const keys = [keyOf(code), ...indexes]
    const args = [code, kind, userId ?? '', receivedAt, deletionMs]
    return (await redis.eval(keepOnce, keys.length, ...keys, ...args)) === 1
  }

  async function get(code: string): Promise<Deletion | undefined> {
    const fields = await redis.hgetall(keyOf(code))
    if (fields['status'] === undefined) return undefined
    return {
      code,
      kind: fields['kind'] as DeletionKind,
      status: fields['status'] as DeletionStatus,
      receivedAt: Number(fields['receivedAt']),
      doneAt: fields['doneAt'] === undefined ? null : Number(fields['doneAt']),
      userId: fields['userId'] || null,
    }
  }

  async function list(limit: number): Promise<Deletion[]> {
    const found = await Promise.all((await redis.zrevrange(all, 0, limit - 1)).map(get))
    return found.filter((one) => one !== undefined)
  }

  async function moveTo(status: 'erasing' | 'done', code: string, now: number): Promise<boolean> {
    return (await redis.eval(move, 2, keyOf(code), notDone, status, code, now)) === 1
  }

  return {
    receive,
    get,
    list,
    begin: (code) => moveTo('erasing', code, 0),
    finish: (code, now) => moveTo('done', code, now),
  }
}

/** How many people wait for their data to be deleted. */
export function openDeletions(redis: Redis, prefix: string): Promise<number> {
  return redis.zcard(openKey(prefix))
}

function openKey(prefix: string): string {
  return `${deletionsKey(prefix)}:open`
}
