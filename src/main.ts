#!/usr/bin/env node
import { newKey } from './commands/new-key.ts'
import { loadConfig } from './config/load-config.ts'
import { runEraseCommand } from './erase-command.ts'
import { serve } from './serve.ts'
import { runSetupCommand, setupCommands } from './setup-command.ts'

const help = `deskbridge: from Meta's webhook to your helpdesk and back

  node src/main.ts [all]          every role in one process
  node src/main.ts api            receive deliveries and REST calls
  node src/main.ts worker         work off the lanes

  node src/main.ts check-config   say what is wrong with the config file, and stop
  node src/main.ts doctor         look at everything that a Page needs, and say how to mend what is missing
  node src/main.ts setup          make in a helpdesk what deskbridge needs there
  node src/main.ts subscribe      subscribe the app and the Pages to the events that we read
  node src/main.ts profile        write greeting, ice breakers and menu of the config to Messenger
  node src/main.ts backfill       fetch what was missed in an outage
  node src/main.ts key new        make a key for the REST API
  node src/main.ts erase          erase everything that is kept of a customer

Each has --help of its own. SIGHUP reads the Pages of the config again.

Environment: DESKBRIDGE_CONFIG (default ./deskbridge.yaml); PORT, ADMIN_PORT, REDIS_URL and LOG_LEVEL override the file.
All settings: docs/configuration.md. A file to start with: deskbridge.example.yaml.`

const roles = ['all', 'api', 'worker'] as const

async function main(args: string[]): Promise<void> {
  const [command = 'all', ...rest] = args
  if (command === '--help' || command === '-h') return console.log(help)
  const setup = setupCommands.find((one) => one === command)
  if (setup) return runSetup(setup, rest)
  if (command === 'key') return makeKey(rest)
  if (command === 'erase') return erase(rest)
  const role = roles.find((one) => one === command)
  if (rest.includes('--help') || rest.includes('-h')) return console.log(help)
  if ((role === undefined && command !== 'check-config') || rest.length > 0) {
    console.error(`There is no "${args.join(' ')}".\n\n${help}`)
    process.exit(1)
  }
  const loaded = loadConfig(process.env)
  if (!loaded.ok) {
    const count = loaded.faults.length
    console.error(`${loaded.file} has ${count === 1 ? 'a fault' : `${count} faults`}:`)
    for (const { path, message } of loaded.faults)
      console.error(`  ${path === '' ? 'the file' : path}: ${message}`)
    process.exit(1)
  }
  if (role) return serve(role, loaded.config, process.env)
  console.log(`${loaded.file} is in order.`)
}

async function runSetup(command: (typeof setupCommands)[number], args: string[]): Promise<void> {
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort())
  const io = { env: process.env, print: console.log, stderr: process.stderr, signal: end.signal }
  process.exitCode = await runSetupCommand(command, args, io)
}

async function erase(args: string[]): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.exitCode = await runEraseCommand(args, {
    env: process.env,
    print: console.log,
    signal: stop.signal,
  })
}

function makeKey(args: string[]): void {
  const { exitCode, lines } = newKey(args)
  ;(exitCode === 0 ? console.log : console.error)(lines.join('\n'))
  process.exitCode = exitCode
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  // Name and message only: Redis' errors carry the command's arguments, and those are people's words.
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : 'deskbridge failed')
  process.exit(1)
})
