import type { Redis } from 'ioredis'
import { pipelineResults } from '../domain/pipeline-results.ts'
import { wellFormedJson } from '../domain/well-formed-json.ts'
import type { ReplyRecord, ReplySource, ReplyStatus } from '../domain/reply.ts'
import { replyKey, sentKey } from './record-keys.ts'
import type { RecordSettings } from './record-keys.ts'
import { readRecord, replySteps } from './replies.ts'

/** What a person's Messenger tells of the messages it got. */
export interface Receipt {
  conversationId: string
  status: 'delivered' | 'read'
  /** Everything sent until then, ms by Meta's clock; null when only mids are told. */
  watermark: number | null
  mids: string[]
}

export interface Receipts {
  /** Moves what was sent to delivered or read. One script for a whole batch; idempotent, and never backwards. */
  note(receipts: Receipt[]): Promise<void>
  /** The replies that are as far as this receipt says, and of which this helpdesk was not told so. */
  untold(receipt: Receipt, helpdesk: string): Promise<{ replyId: string; source?: ReplySource }[]>
  noteTold(replyId: string, helpdesk: string, status: Receipt['status']): Promise<void>
}

// The keys of the replies follow from what the index holds, so they are no KEYS: records are not laid out for a cluster.
const moveReplies = `
for i, index in ipairs(KEYS) do
  local receipt = cjson.decode(ARGV[1 + i])
  local named = {}
  for _, mid in ipairs(receipt.mids) do named[mid] = true end
  local sent = redis.call('ZRANGE', index, 0, -1, 'WITHSCORES')
  for j = 1, #sent, 2 do
    local id, part, mid = string.match(sent[j], '^([^|]*)|([^|]*)|(.*)$')
    if named[mid] or (receipt.watermark ~= cjson.null and tonumber(sent[j + 1]) <= receipt.watermark) then
      local key, state = ARGV[1] .. id, 'state:' .. part
      if redis.call('EXISTS', key) == 1 and redis.call('HGET', key, state) ~= 'read' then
        redis.call('HSET', key, state, receipt.status)
      end
    end
  end
end`

// A record that is over by now must not come back: it would have no time to live.
const noteTold = `if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end`

export function receipts(redis: Redis, settings: RecordSettings): Receipts {
  const { prefix } = settings
  const keyOf = (id: string) => replyKey(prefix, id)

  async function note(all: Receipt[]): Promise<void> {
    const keys = all.map((one) => sentKey(prefix, one.conversationId))
    const told = all.map((one) => wellFormedJson(one))
    await redis.eval(moveReplies, keys.length, ...keys, keyOf(''), ...told)
  }

  async function untold(receipt: Receipt, helpdesk: string): ReturnType<Receipts['untold']> {
    const members = await redis.zrange(sentKey(prefix, receipt.conversationId), '0', '-1')
    const ids = [...new Set(members.map((member) => member.slice(0, member.indexOf('|'))))]
    if (ids.length === 0) return []
    const pipeline = redis.pipeline()
    for (const id of ids) pipeline.hgetall(keyOf(id))
    const found = pipelineResults(await pipeline.exec()) as Record<string, string>[]
    const isUntold = ({ status }: ReplyRecord, fields: Record<string, string>): boolean => {
      if (fields['conversationId'] === undefined || step(status) < step(receipt.status)) return false
      // An earlier version knew of one helpdesk.
      return step(fields[toldField(helpdesk)] ?? fields['told']) < step(receipt.status)
    }
    return ids.flatMap((replyId, at) => {
      const fields = found[at]!
      const { source } = fields
      if (!isUntold(readRecord(replyId, fields), fields)) return []
      return [{ replyId, ...(source ? { source: JSON.parse(source) as ReplySource } : {}) }]
    })
  }

  return {
    note,
    untold,
    noteTold: async (id, helpdesk, status) =>
      void (await redis.eval(noteTold, 1, keyOf(id), toldField(helpdesk), status)),
  }
}

function toldField(helpdesk: string): string {
  return `told:${helpdesk}`
}

/** How far a status is; -1 for none and for `failed`. */
function step(status: string | undefined): number {
  return replySteps.indexOf(status as ReplyStatus)
}
