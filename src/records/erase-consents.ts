import type { Redis } from 'ioredis'
import { consentKey, suppressionKey } from './record-keys.ts'
import type { ConsentSettings } from './consents.ts'

export interface ErasedConsents {
  /** Whether anything was kept of them. */
  wasKnown: boolean
  /** Whether it is kept that they ended something. */
  isSuppressed: boolean
}

export interface ConsentErasure {
  /** Ids of other conversations that are the same person's, as far as the consents tell. */
  sameAs(conversationId: string): Promise<string[]>
  /**
   * Erases what a person agreed to. With `keepSuppression`, that they ended something is kept, if they did: what they
   * agreed to before that must not count when a shop tells us of it once more. Idempotent.
   */
  erase(conversationId: string, keepSuppression: boolean): Promise<ErasedConsents>
}

// See consents.ts for what the fields hold. The last line of a log says what holds now.
const forget = `
local log, suppressed, keep, ttl = KEYS[1], KEYS[2], ARGV[1] == '1', ARGV[2]
if not keep then redis.call('DEL', suppressed) end
local ended
local fields = redis.call('HGETALL', log)
for i = 1, #fields, 2 do
  if fields[i] == 'all' or fields[i]:sub(1, 6) == 'topic:' then
    local at, status = fields[i + 1]:match('([^%s]+) {"status":"(%a+)"[^\\n]*$')
    local isEnd = status == 'stopped' or status == 'withdrawn'
    if isEnd and (not ended or tonumber(at) > tonumber(ended)) then ended = at end
  end
end
local known = redis.call('DEL', log)
if keep and ended then redis.call('SET', suppressed, ended, 'PX', ttl) end
return { known, redis.call('EXISTS', suppressed) }`

export function consentErasure(redis: Redis, { prefix, consentMs }: ConsentSettings): ConsentErasure {
  return {
    async sameAs(conversationId) {
      const fields = await redis.hkeys(consentKey(prefix, conversationId))
      return fields.flatMap((field) => (field.startsWith('alias:') ? [field.slice('alias:'.length)] : []))
    },
    async erase(conversationId, keepSuppression) {
      const keys = [consentKey(prefix, conversationId), suppressionKey(prefix, conversationId)]
      const answer = await redis.eval(forget, 2, ...keys, keepSuppression ? 1 : 0, consentMs)
      const [known, suppressed] = answer as [number, number]
      return { wasKnown: known === 1, isSuppressed: suppressed === 1 }
    },
  }
}
