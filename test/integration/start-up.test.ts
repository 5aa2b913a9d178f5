import { pino } from 'pino'
import { expect, test } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import { ingestConnection, isReadyWithin } from '../../src/queue/connections.ts'
import { startUpFaults } from '../../src/store.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()

test('a Redis that freezes while it is asked at the start is waited for, and ends nothing', async () => {
  const config = configSchema.parse({ meta: { appSecrets: ['a'], verifyToken: 'b' } })
  const connection = ingestConnection(redis.url)
  connection.on('error', () => {})
  expect(await isReadyWithin(connection, 3000)).toBe(true)
  const log = pino({ level: 'silent' })
  expect(await startUpFaults(connection, config, log)).toEqual([])
  redis.server.freeze()
  const asked = startUpFaults(connection, config, log)
  expect(await asked.finally(() => redis.server.thaw())).toEqual([])
  connection.disconnect()
})
