import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { hashKey } from '../config/key-hash.ts'
import { scopes } from '../config/schema.ts'

const help = `deskbridge key new: make a key for the REST API

  node src/main.ts key new --id <id> --scopes <scope,…> [--per-minute <calls>]

  --id           its name in logs and limits: letters, digits, dot, dash, underscore
  --scopes       what it may do, with commas between: ${scopes.slice(0, 5).join(', ')},
                 ${scopes.slice(5).join(', ')}
  --per-minute   a limit of its own, instead of rateLimit.restPerMinute

It writes nothing: it prints the key, once, and the line for the config, which holds only the key's hash.`

export interface CommandResult {
  exitCode: 0 | 1
  /** For standard output when the exit code is 0, else for standard error. */
  lines: string[]
}

/** `key new` with what follows `key`. The key is in the lines and nowhere else; nothing is written. */
export function newKey(
  args: readonly string[],
  random: (bytes: number) => Buffer = randomBytes,
): CommandResult {
  const read = readArguments(args)
  if ('lines' in read) return read
  const { id, scopes, perMinute } = read
  // The prefix lets people and secret scanners see what it is.
  const key = `dbk_${random(32).toString('base64url')}`
  const list = scopes.map((scope) => `'${scope}'`).join(', ')
  const limit = perMinute === undefined ? '' : `, perMinute: ${perMinute}`
  const lines = [
    'The key. It is shown this once and kept nowhere; hand it to the caller on a safe way:',
    '',
    `  ${key}`,
    '',
    'The line for the config file, under apiKeys:',
    '',
    `  - { id: '${id}', keyHash: '${hashKey(key)}', scopes: [${list}]${limit} }`,
    '',
    'Next: node src/main.ts check-config, then restart deskbridge. Calls carry the header',
    'Authorization: Bearer <key>.',
    'To replace a key without a gap: keep the old line beside this one, under another id; restart; let the',
    'caller change over; take the old line out; restart.',
  ]
  return { exitCode: 0, lines }
}

interface Wanted {
  id: string
  scopes: string[]
  perMinute: number | undefined
}

function readArguments(args: readonly string[]): Wanted | CommandResult {
  let parsed
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        id: { type: 'string' },
        scopes: { type: 'string' },
        'per-minute': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    return refused(error instanceof Error ? error.message : 'Unreadable arguments')
  }
  const { values, positionals } = parsed
  if (values.help === true) return { exitCode: 0, lines: [help] }
  if (positionals.join(' ') !== 'new') return refused(`There is no "${['key', ...positionals].join(' ')}".`)
  const { id } = values
  if (id === undefined) return refused('--id is missing.')
  if (!/^[\w.-]{1,64}$/.test(id)) {
    return refused('--id takes 1 to 64 letters, digits, dots, dashes and underscores.')
  }
  const wanted = (values.scopes ?? '').split(',').map((scope) => scope.trim())
  const unknown = wanted.filter((scope) => !scopes.some((known) => known === scope))
  if (values.scopes === undefined) return refused(`--scopes is missing. There are: ${scopes.join(', ')}`)
  if (unknown.length > 0) {
    return refused(`There is no scope "${unknown.join('", "')}". There are: ${scopes.join(', ')}`)
  }
  const perMinute = values['per-minute']
  if (perMinute !== undefined && !/^[1-9]\d{0,5}$/.test(perMinute)) {
    return refused('--per-minute takes a whole number from 1 to 999999.')
  }
  return {
    id,
    scopes: [...new Set(wanted)],
    perMinute: perMinute === undefined ? undefined : Number(perMinute),
  }
}

function refused(fault: string): CommandResult {
  return { exitCode: 1, lines: [fault, '', help] }
}
