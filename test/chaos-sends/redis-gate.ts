import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { addressOf } from './address-of.ts'
import { commandReader } from './resp.ts'
import type { Command } from './resp.ts'

/**
 *   pass          goes on to Redis
 *   hold          neither this command nor anything after it reaches Redis
 *   hold answer   all goes on to Redis, and no answer comes back any more
 */
export type Gate = 'pass' | 'hold' | 'hold answer'

export interface RedisGate {
  url: string
  close(): void
}

/** Stands between the worker and Redis, and stops a connection at a command. */
export async function redisGate(deps: {
  port: number
  onCommand: (words: string[]) => Gate | Promise<Gate>
}): Promise<RedisGate> {
  const open = new Set<Socket>()

  function serve(client: Socket): void {
    const redis = connect({ host: '127.0.0.1', port: deps.port, noDelay: true })
    const read = commandReader()
    const waiting: Command[] = []
    let running = false
    let state: Gate = 'pass'
    const end = () => {
      client.destroy()
      redis.destroy()
      open.delete(client)
    }
    open.add(client)
    client.setNoDelay(true)
    for (const socket of [client, redis]) socket.on('error', end).on('close', end)

    async function run(): Promise<void> {
      running = true
      for (let command = waiting.shift(); command && state !== 'hold'; command = waiting.shift()) {
        const gate = deps.onCommand(command.words)
        const now = typeof gate === 'string' ? gate : await gate
        if (now !== 'pass') state = now
        if (now !== 'hold') redis.write(command.bytes)
      }
      running = false
    }

    client.on('data', (chunk: Buffer) => {
      waiting.push(...read(chunk))
      if (!running) run().catch(end)
    })
    redis.on('data', (chunk: Buffer) => void (state === 'pass' && client.write(chunk)))
  }

  const server = createServer(serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${addressOf(server)}`,
    close() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}
