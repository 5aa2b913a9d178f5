import { Redis } from 'ioredis'
import { apiKey, prefix } from './world.ts'
import type { World } from './world.ts'

/** What is still in Redis when nothing moves any more. */
export interface LeftOver {
  /** `CODE mid` of each dead letter. None is expected: the helpdesk refuses nothing for good. */
  deadLetters: string[]
  /** Lanes that still hold something. */
  lanes: number
  /** Deliveries that were acknowledged and are not split. */
  deliveries: number
  /** Deliveries that BullMQ gave up on. */
  failedDeliveries: number
}

export async function leftOver(world: World): Promise<LeftOver> {
  const redis = new Redis(world.redis.url, { commandTimeout: 5000, maxRetriesPerRequest: 2 })
  redis.on('error', () => {})
  try {
    const queue = `${prefix}:{queue}:deliveries`
    const [lanes, waiting, active, failed] = await Promise.all([
      redis.keys(`${prefix}:{*}:items:*`),
      redis.llen(`${queue}:wait`),
      redis.llen(`${queue}:active`),
      redis.zcard(`${queue}:failed`),
    ])
    return {
      deadLetters: await deadLetters(world.apis[0]!),
      lanes: lanes.length,
      deliveries: waiting + active,
      failedDeliveries: failed,
    }
  } finally {
    redis.disconnect()
  }
}

async function deadLetters(api: string): Promise<string[]> {
  const read = async (path: string): Promise<unknown> => {
    const response = await fetch(`${api}/v1/dead-letters${path}`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(5000),
    })
    return response.json()
  }
  const { deadLetters } = (await read('?limit=50')) as { deadLetters: { id: string; code: string }[] }
  return Promise.all(
    deadLetters.map(async ({ id, code }) => {
      const { payload } = (await read(`/${id}`)) as { payload: string }
      return `${code} ${/"mid":"(.*?)"/.exec(payload)?.[1] ?? ''}`
    }),
  )
}
