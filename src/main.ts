import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { startApi } from './api.ts'
import type { Role } from './api.ts'
import { loadConfig } from './config/load-config.ts'
import type { Config } from './config/schema.ts'
import type { Trace } from './domain/stage.ts'
import { metricsReader } from './gauges.ts'
import { adminServer } from './http/admin-server.ts'
import { createMetrics } from './metrics.ts'
import { ingestConnection } from './queue/connections.ts'
import { logged, openLanes, startUpFaults } from './store.ts'
import { startWorker } from './worker.ts'

const help = `deskbridge: from Meta's webhook to your helpdesk and back

  node src/main.ts [all]          every role in one process
  node src/main.ts api            receive deliveries and REST calls
  node src/main.ts worker         work off the lanes
  node src/main.ts check-config   say what is wrong with the config file, and stop

Environment: DESKBRIDGE_CONFIG (default ./deskbridge.yaml); PORT, ADMIN_PORT, REDIS_URL and LOG_LEVEL override the file.
All settings: docs/configuration.md. A file to start with: deskbridge.example.yaml.`

const commands = ['all', 'api', 'worker', 'check-config'] as const
type Command = (typeof commands)[number]

async function main(): Promise<void> {
  const command = readCommand()
  const loaded = loadConfig(process.env)
  if (!loaded.ok) {
    console.error(
      `${loaded.file} has ${loaded.faults.length === 1 ? 'a fault' : `${loaded.faults.length} faults`}:`,
    )
    for (const { path, message } of loaded.faults)
      console.error(`  ${path === '' ? 'the file' : path}: ${message}`)
    process.exit(1)
  }
  if (command === 'check-config') {
    console.log(`${loaded.file} is in order.`)
    return
  }
  await run(command, loaded.config)
}

function readCommand(): Command {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    })
    const wanted = positionals[0] ?? 'all'
    const command = commands.find((one) => one === wanted)
    if (values.help === true) {
      console.log(help)
      process.exit(0)
    }
    if (command && positionals.length <= 1) return command
    console.error(`There is no "${positionals.join(' ')}".\n\n${help}`)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'Unreadable arguments'}\n\n${help}`)
  }
  process.exit(1)
}

async function run(role: Exclude<Command, 'check-config'>, config: Config): Promise<void> {
  const log = pino({ level: config.logLevel, base: { role } })
  const trace: Trace =
    config.logLevel === 'debug' ? (stage, fields) => log.debug({ stage, ...fields }, stage) : () => {}
  const metrics = createMetrics()
  const closing: (() => Promise<void>)[] = []
  stopOnSignal(closing, config.server.shutdownGraceMs, log)

  const redis = logged(ingestConnection(config.redis.url), log, 'ops')
  const faults = await startUpFaults(redis, config, log)
  if (faults.length > 0) {
    for (const fault of faults)
      log.fatal(`refusing to start, since Redis would lose what we acknowledge: ${fault}`)
    log.fatal('set this on Redis, or accept the loss with `durability: relaxed` in the config')
    process.exit(1)
  }
  const roles: Role[] = []
  let isUp = false
  const starting = {
    name: 'start',
    ok: false,
    detail: 'not everything is up yet; without Redis it waits for it',
  }
  const reader = metricsReader(metrics, openLanes(redis, config), redis, config.redis.prefix)
  const admin = adminServer({
    checks: () => (isUp ? roles.flatMap((one) => one.checks()) : [starting]),
    metrics: reader.read,
  })
  closing.push(async () => {
    await admin.close()
    await reader.close()
    redis.disconnect()
  })
  // Before the roles: a worker that waits for Redis is alive, and must be able to say what it waits for.
  await admin.listen({ host: config.server.adminHost, port: config.server.adminPort })
  for (const start of [role === 'worker' ? [] : [startApi], role === 'api' ? [] : [startWorker]].flat()) {
    const started = await start(config, { log, trace, metrics })
    roles.push(started)
    // The last started is closed first, and what watches over them last of all.
    closing.unshift(() => started.close())
  }
  isUp = true
  log.info({ addresses: admin.addresses() }, 'ready; admin port is open')
}

/** SIGTERM and SIGINT drain and exit 0; a second one, or the end of the grace, exits at once: what is left waits in Redis. */
function stopOnSignal(closing: (() => Promise<void>)[], graceMs: number, log: pino.Logger): void {
  let stopping = false

  async function stop(signal: string): Promise<void> {
    if (stopping) process.exit(0)
    stopping = true
    log.info({ signal }, 'stopping: finishing what is under way')
    setTimeout(() => {
      log.warn({ graceMs }, 'the grace is over; what was under way is taken up by the next worker')
      process.exit(0)
    }, graceMs - 500).unref()
    // Taken off one by one: a role that is still starting adds itself while we stop.
    for (let close = closing.shift(); close; close = closing.shift()) {
      await close().catch((error: unknown) => log.error({ err: String(error) }, 'closing failed'))
    }
    log.info('stopped')
    process.exit(0)
  }

  process.on('SIGTERM', (signal) => void stop(signal))
  process.on('SIGINT', (signal) => void stop(signal))
}

await main().catch((error: unknown) => {
  // Name and message only: Redis' errors carry the command's arguments, and those are people's words.
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : 'deskbridge failed')
  process.exit(1)
})
