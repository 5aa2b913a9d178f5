import { breaker } from '../src/lanes/breaker.ts'
import { drain } from '../src/lanes/drain.ts'
import { gather } from '../src/lanes/gather.ts'
import type { Commit, Committed } from '../src/lanes/lanes.ts'
import { alarms } from '../src/queue/alarms.ts'
import { workerConnection } from '../src/queue/connections.ts'
import { lanesWorker } from '../src/queue/lanes-worker.ts'
import { laneTimer } from '../src/queue/timer.ts'
import { budgets } from '../src/records/budgets.ts'
import { benchLanes, benchPrefix, benchRates, destination } from './support/rates.ts'
import type { RateReport } from './support/rates.ts'

/**
 * A worker as src/worker.ts makes it, for one destination, whose work takes a budget and then calls nobody.
 * `node rates-worker.ts <redis url> <concurrency> <call ms> <wake within ms> <margin %>`
 */
const [redisUrl = '', concurrency = '', callMs = '', wakeMs = '', margin = ''] = process.argv.slice(2)
const redis = workerConnection(redisUrl)
const lanes = benchLanes(redis)
const bell = alarms(redis, benchPrefix, [destination], () => destination)
const { take } = budgets(redis, benchRates(Number(margin)), gather)
const log = { info: () => {}, warn: console.error, error: console.error }

const report: RateReport = { grants: [], asks: [] }
const now = () => performance.timeOrigin + performance.now()

const own = drain({
  lanes,
  commit: gather<Commit, Committed>((commits) => lanes.commit(commits), { maxItems: 256 }),
  breaker: breaker(() => {}),
  work: async (task) => {
    const at = now()
    const pageId = task.lane.split(':')[1]!
    const taken = await take({ pageId, kind: 'text', urgent: false, caller: task.lane })
    report.asks.push({ lane: task.lane, at, until: taken.granted ? null : now() + taken.waitMs })
    if (!taken.granted) {
      return { verdict: 'wait', code: 'RATE_LIMITED', delayMs: taken.waitMs }
    }
    const item = Number(task.payload)
    report.grants.push({ pageId, lane: task.lane, item, grantedAt: taken.at, leftAt: now() })
    if (Number(callMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(callMs)))
    return { verdict: 'done' }
  },
  onDead: () => Promise.resolve(),
  ring: bell.ring,
  concurrency: Number(concurrency),
  suspects: new Set(),
  leaseMs: 10_000,
  giveUpMs: 86_400_000,
  wakeWithinMs: Number(wakeMs),
  log,
  trace: () => {},
  count: () => {},
  random: Math.random,
})
lanesWorker({ connection: redis, prefix: benchPrefix, destination, drain: own, log })
laneTimer({ lanes, alarms: bell, offer: (names) => void own.offer(names), log })

process.on('message', () => {
  process.send?.(report)
})
process.on('disconnect', () => process.exit(0))
await redis.ping()
process.send?.({ port: 0 })
