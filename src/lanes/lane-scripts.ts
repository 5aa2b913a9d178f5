import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'

const names = ['append', 'behind', 'claim', 'commit', 'due', 'release', 'replay', 'seize', 'wake'] as const
type ScriptName = (typeof names)[number]

/** Runs a script by its name; the answer is what Lua returned. Redis' errors pass through. */
export type RunScript = (name: ScriptName, keys: string[], args: (string | number)[]) => Promise<unknown>

type Defined = (keyCount: number, ...rest: (string | number)[]) => Promise<unknown>

/**
 * Teaches a connection the lanes' scripts. ioredis sends only their hash, and the text again where Redis forgot it
 * after a restart.
 */
export function laneScripts(redis: Redis): RunScript {
  const defined = new Map<ScriptName, Defined>()
  for (const name of names) {
    const lua = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8')
    const command = `deskbridge_${name}`
    redis.defineCommand(command, { lua })
    const run: unknown = Reflect.get(redis, command)
    if (typeof run !== 'function') throw new TypeError(`ioredis did not define ${command}`)
    defined.set(name, run.bind(redis) as Defined)
  }
  return (name, keys, args) => defined.get(name)!(keys.length, ...keys, ...args)
}
