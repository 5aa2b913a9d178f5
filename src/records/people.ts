import type { Redis } from 'ioredis'
import type { Customer } from '../domain/customer.ts'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { personKey } from './record-keys.ts'

/** `waiting`: to be asked. `empty`: Meta told nothing. `unavailable`: Meta told that it will not, or could not be asked. */
export type PersonState = 'waiting' | 'known' | 'empty' | 'unavailable'

export type PersonRecord =
  | { state: Exclude<PersonState, 'known'> }
  /** Times are ms since the epoch. */
  | { state: 'known'; customer: Customer; lookedUpAt: number; expiresAt: number }

export interface PeopleSettings {
  prefix: string
  /** How long a profile is kept, ms. */
  profileMs: number
}

/** What Meta told of people, by conversation. */
export interface People {
  /** Those of these conversations that nobody has asked Meta about, or has not yet. One round trip. */
  strangers(ids: readonly string[]): Promise<string[]>
  /** Opens records for those who have none; the others stay as they are. One round trip. */
  open(ids: readonly string[]): Promise<void>
  get(id: string): Promise<PersonRecord | undefined>
  /** The languages of people as Meta told them, such as `de_DE`; null where it did not. One round trip. */
  locales(ids: readonly string[]): Promise<(string | null)[]>
  /** What is known of the person; undefined when nothing is. */
  customer(id: string): Promise<Customer | undefined>
  /** The answer, undefined for none. False when the record is gone meanwhile: the person was erased, and nothing is kept. */
  keepKnown(id: string, customer: Customer, now: number): Promise<boolean>
  /** For a day. */
  keepNothing(id: string, state: 'empty' | 'unavailable'): Promise<boolean>
}

const dayMs = 86_400_000
/** Longer than a question to Meta may wait. */
const waitingMs = 25 * 3_600_000

const openPerson = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'state', 'waiting')
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`

// Whoever erased the person has deleted the record, and an answer that was under way must not bring it back.
const settle = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`

export function people(redis: Redis, { prefix, profileMs }: PeopleSettings): People {
  const keyOf = (id: string) => personKey(prefix, id)

  async function settled(id: string, ttlMs: number, fields: string[]): Promise<boolean> {
    return (await redis.eval(settle, 1, keyOf(id), ttlMs, ...fields)) === 1
  }

  async function get(id: string): Promise<PersonRecord | undefined> {
    const fields = await redis.hgetall(keyOf(id))
    const state = fields['state'] as PersonState | undefined
    if (state !== 'known') return state && { state }
    const [lookedUpAt, expiresAt] = [Number(fields['lookedUpAt']), Number(fields['expiresAt'])]
    return { state, customer: readCustomer(fields), lookedUpAt, expiresAt }
  }

  return {
    async strangers(ids) {
      const reads = redis.pipeline()
      for (const id of ids) reads.hget(keyOf(id), 'state')
      const states = pipelineResults(await reads.exec())
      return ids.filter((_, at) => states[at] === null || states[at] === 'waiting')
    },
    async open(ids) {
      const writes = redis.pipeline()
      for (const id of ids) writes.eval(openPerson, 1, keyOf(id), waitingMs)
      pipelineResults(await writes.exec())
    },
    get,
    async locales(ids) {
      const reads = redis.pipeline()
      for (const id of ids) reads.hget(keyOf(id), 'locale')
      return pipelineResults(await reads.exec()) as (string | null)[]
    },
    async customer(id) {
      const record = await get(id)
      return record?.state === 'known' ? record.customer : undefined
    },
    keepKnown: (id, customer, now) =>
      settled(id, profileMs, [
        'state',
        'known',
        'lookedUpAt',
        String(now),
        'expiresAt',
        String(now + profileMs),
        ...Object.entries(customer).flatMap(([field, value]) =>
          value === null ? [] : [field, String(value)],
        ),
      ]),
    keepNothing: (id, state) => settled(id, dayMs, ['state', state]),
  }
}

function readCustomer(fields: Record<string, string>): Customer {
  const text = (field: keyof Customer): string | null => fields[field] ?? null
  const timezone = text('timezone')
  return {
    name: text('name'),
    firstName: text('firstName'),
    lastName: text('lastName'),
    username: text('username'),
    pictureUrl: text('pictureUrl'),
    locale: text('locale'),
    timezone: timezone === null ? null : Number(timezone),
    gender: text('gender'),
  }
}
