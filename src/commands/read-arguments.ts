import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'

/** How a command ends: as it should, with something left to mend, or not understood. */
export const exit = { done: 0, faults: 1, usage: 2 } as const

export type Print = (line: string) => void

type Values<T extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: T }>>['values']

/** The options of a command, or the exit code after `--help` or a mistake was answered. */
export function readArguments<T extends ParseArgsOptionsConfig>(
  args: string[],
  options: T,
  help: string,
  print: Print,
): Values<T> | number {
  try {
    const { values } = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } })
    if ((values as { help?: boolean }).help !== true) return values
    print(help)
    return exit.done
  } catch (error) {
    return mistake(error instanceof Error ? error.message : 'Unreadable arguments', help, print)
  }
}

export function mistake(message: string, help: string, print: Print): number {
  print(message)
  print('')
  print(help)
  return exit.usage
}
