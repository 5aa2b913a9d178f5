import { pino } from 'pino'
import { startApi } from './api.ts'
import type { Role } from './api.ts'
import type { Environment } from './config/load-config.ts'
import type { Config } from './config/schema.ts'
import type { Trace } from './domain/stage.ts'
import { metricsReader } from './gauges.ts'
import { adminServer } from './http/admin-server.ts'
import { createMetrics } from './metrics.ts'
import { ingestConnection } from './queue/connections.ts'
import { pageStops } from './records/page-stops.ts'
import { reloadPages } from './reload.ts'
import { logged, openLanes, pagesById, startUpFaults } from './store.ts'
import { startWorker } from './worker.ts'

/** Starts the roles, and serves until a signal ends it. */
export async function serve(role: 'all' | 'api' | 'worker', config: Config, env: Environment): Promise<void> {
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
  const pages = pagesById(config)
  const routes = [...config.routes]
  process.on('SIGHUP', () => reloadPages(config, { pages, routes }, { env, log }))
  const roles: Role[] = []
  let isUp = false
  const starting = {
    name: 'start',
    ok: false,
    detail: 'not everything is up yet; without Redis it waits for it',
  }
  const stops = pageStops(redis, config.redis)
  const reader = metricsReader(metrics, { ...openLanes(redis, config), stops }, redis, config.redis.prefix)
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
    const started = await start(config, { log, trace, metrics, pages, routes })
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
