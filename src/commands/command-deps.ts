import type { Fault } from '../config/fill-environment.ts'
import type { Config } from '../config/schema.ts'
import type { Print } from './read-arguments.ts'

export type Loaded = { ok: true; file: string; config: Config } | { ok: false; file: string; faults: Fault[] }

/** What a command is given: its arguments are read before the config is, and the config before anything is opened. */
export interface CommandDeps<Tools> {
  print: Print
  load: () => Loaded
  /** Opens what a readable config needs; whoever gave this closes it. */
  open: (config: Config) => Tools
}

/** The config, or undefined after its faults were printed. */
export function configOf({ print, load }: Pick<CommandDeps<unknown>, 'print' | 'load'>): Config | undefined {
  const loaded = load()
  if (loaded.ok) return loaded.config
  print(`${loaded.file} has ${loaded.faults.length === 1 ? 'a fault' : `${loaded.faults.length} faults`}:`)
  for (const { path, message } of loaded.faults) print(`  ${path === '' ? 'the file' : path}: ${message}`)
  return undefined
}
