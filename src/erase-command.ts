import { runErase } from './commands/erase.ts'
import { loadConfig } from './config/load-config.ts'
import type { Environment } from './config/load-config.ts'
import type { Config } from './config/schema.ts'
import { openErasing } from './erasures.ts'
import { isReadyWithin, workerConnection } from './queue/connections.ts'
import { deliveriesQueue, openQueue } from './queue/queues.ts'
import { isDeletionCode } from './records/deletions.ts'
import { openStore, pagesById } from './store.ts'

/** Runs `deskbridge erase`; answers its exit code. The signal ends it early, and doing it again finishes it. */
export async function runEraseCommand(
  args: string[],
  io: { env: Environment; print: (line: string) => void; signal: AbortSignal },
): Promise<number> {
  const opened: (() => Promise<void>)[] = []
  try {
    return await runErase(args, {
      print: io.print,
      load: () => loadConfig(io.env),
      open: (config) => {
        const { tools, close } = openTools(config, io.signal)
        opened.push(close)
        return tools
      },
    })
  } finally {
    for (const close of opened) await close()
  }
}

function openTools(config: Config, signal: AbortSignal) {
  // Patient: nobody waits for an answer within a second, and a fork of a large Redis takes longer than that.
  const redis = workerConnection(config.redis.url)
  // It tries again by itself; that it is away is told by whoever asks it something.
  redis.on('error', () => {})
  const pages = pagesById(config)
  const store = openStore(redis, config, pages)
  const queue = openQueue(deliveriesQueue, redis, config.redis.prefix)
  // The timer of a worker finds what is due.
  const ring = (lanes: string[]) => store.alarms.ring(lanes).catch(() => {})
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const erasing = openErasing(redis, config, { pages, store, queue, ring, log })

  async function reached(): Promise<void> {
    if (!(await isReadyWithin(redis, 3000))) throw new Error('Redis is out of reach')
  }

  const tools = {
    deletion: async (code: string) => {
      await reached()
      return isDeletionCode(code) ? store.deletions.get(code) : undefined
    },
    erase: async (request: Parameters<typeof erasing.erase>[0]) => {
      await reached()
      return erasing.erase(request, signal)
    },
  }

  async function close(): Promise<void> {
    await Promise.all([queue.close(), store.alarms.close(), erasing.close()])
    redis.disconnect()
  }
  return { tools, close }
}
