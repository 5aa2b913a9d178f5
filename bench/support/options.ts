import { parseArgs } from 'node:util'

export interface NumberOption {
  default: number
  min: number
  max: number
}

export type Fsync = 'always' | 'everysec'

/** Reads `--name N` for every option named, `--fsync` and `--help`; says what is wrong and ends the process when something is. */
export function readOptions<const Names extends string>(
  help: string,
  numbers: Record<Names, NumberOption>,
): Record<Names, number> & { fsync: Fsync } {
  const names = Object.keys(numbers) as Names[]
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean' },
        fsync: { type: 'string', default: 'everysec' },
        ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
      },
    })
    if (values.help === true) {
      console.log(help)
      process.exit(0)
    }
    const given: Record<string, unknown> = values
    const { fsync } = given
    if (fsync !== 'always' && fsync !== 'everysec') throw new Error('--fsync must be always or everysec')
    const policy: Fsync = fsync
    const read = names.map((name) => [name, readNumber(name, given[name], numbers[name])] as const)
    return { ...(Object.fromEntries(read) as Record<Names, number>), fsync: policy }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'unreadable arguments'}\n\n${help}`)
    process.exit(1)
  }
}

function readNumber(name: string, text: unknown, option: NumberOption): number {
  if (text === undefined) return option.default
  const value = Number(text)
  if (Number.isInteger(value) && value >= option.min && value <= option.max) return value
  throw new Error(`--${name} must be a whole number from ${option.min} to ${option.max}`)
}
