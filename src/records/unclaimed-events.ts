import type { Redis } from 'ioredis'
import { ticketKey, unclaimedKey } from './record-keys.ts'

/** Far longer than it takes to note whose a ticket is that was just opened, ms. */
const keptMs = 120_000
/** So many of one ticket; the first ones are what its automations say. */
const most = 20
/** Longer than anything that could be sent, bytes. */
const longest = 65_536

/** What helpdesks told of tickets that are not known to be anybody's: one may be ours, and was just opened. */
export interface UnclaimedEvents {
  /** False, and nothing is kept, when the ticket is known by now. */
  keep(helpdesk: string, ticket: string, event: string): Promise<boolean>
  /** In the order in which they came. */
  of(helpdesk: string, ticket: string): Promise<string[]>
  /** Idempotent. */
  drop(helpdesk: string, ticket: string, events: readonly string[]): Promise<void>
}

// Both in one script: nothing is ever added once the ticket is known, so whoever looks then sees all there will be.
const keepUnknown = `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if #ARGV[1] <= tonumber(ARGV[2]) and redis.call('LLEN', KEYS[2]) < tonumber(ARGV[3]) then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return 1`

// By what they say: somebody else may have dropped them, and the key may hold others by now.
const dropThese = `#!lua flags=allow-oom
for _, event in ipairs(ARGV) do redis.call('LREM', KEYS[1], 0, event) end`

export function unclaimedEvents(redis: Redis, { prefix }: { prefix: string }): UnclaimedEvents {
  const keyOf = (helpdesk: string, ticket: string) => unclaimedKey(prefix, helpdesk, ticket)
  return {
    async keep(helpdesk, ticket, event) {
      const keys = [ticketKey(prefix, helpdesk, ticket), keyOf(helpdesk, ticket)]
      return (await redis.eval(keepUnknown, 2, ...keys, event, longest, most, keptMs)) === 1
    },
    of: (helpdesk, ticket) => redis.lrange(keyOf(helpdesk, ticket), 0, -1),
    drop: async (helpdesk, ticket, events) =>
      void (await redis.eval(dropThese, 1, keyOf(helpdesk, ticket), ...events)),
  }
}
