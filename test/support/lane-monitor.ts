import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'

/**
 * Watches every script that runs, and collects each key that one touches without naming it in KEYS. On a cluster of
 * one node nothing else would tell: all slots are at home.
 */
export async function watchScriptKeys(client: Redis) {
  const monitor = await client.monitor()
  onTestFinished(() => monitor.disconnect())
  const undeclared = new Set<string>()
  let scripts = 0
  let declared = new Set<string>()
  let reached: (() => void) | undefined
  const mark = `mark-${randomUUID()}`

  monitor.on('monitor', (_time: string, [command = '', ...args]: string[], source: string) => {
    if (args[0] === mark) return reached?.()
    if (/^evalsha$|^eval$/i.test(command)) {
      scripts++
      declared = new Set(args.slice(2, 2 + Number(args[1])))
    } else if (source === 'lua' && args[0] !== undefined && !declared.has(args[0])) {
      undeclared.add(`${command} ${args[0]}`)
    }
  })

  return {
    /** What it saw, once everything that was sent so far has passed. */
    async end() {
      const { promise, resolve } = Promise.withResolvers<void>()
      reached = resolve
      await client.echo(mark)
      await promise
      return { scripts, undeclared: [...undeclared] }
    },
  }
}
