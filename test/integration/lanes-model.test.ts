import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { laneCommands } from '../support/lane-commands.ts'
import { laneKit } from '../support/lane-kit.ts'
import { model } from '../support/lane-model.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })

/** Both directions of one conversation, which share a shard, and two others. */
const names = ['in:1:anna', 'out:1:anna', 'in:1:bert', 'in:2:cleo']

const property = fc.asyncProperty(laneCommands, fc.constantFrom(1, 2, 4), async (commands, shards) => {
  await fc.asyncModelRun(() => ({ model: model(names), real: laneKit(redis.client, { shards }) }), commands)
})

/** `FC_RUNS=5000 vitest run lanes-model` tries that many more, others each time. */
const more = Number(process.env['FC_RUNS'] ?? 0)
const runs = [
  { seed: 1, numRuns: 80 },
  { seed: 20_261_123, numRuns: 80 },
  { seed: 7_777_777, numRuns: 80 },
  ...(more > 0 ? [{ seed: randomInt(2 ** 31), numRuns: more }] : []),
]

test.each(runs)(
  'the lanes are what the model says, whatever is done in whatever order: seed $seed, $numRuns runs',
  { timeout: 60_000 + 100 * more },
  async (parameters) => {
    const details = await fc.check(property, parameters)
    expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
  },
)
