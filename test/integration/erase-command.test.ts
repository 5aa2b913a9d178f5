import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { runEraseCommand } from '../../src/erase-command.ts'
import { delivery } from '../../src/queue/journal.ts'
import { deliveriesQueue, openQueue } from '../../src/queue/queues.ts'
import { unsplit } from '../../src/queue/unsplit.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, conversation, deliveryOf, message, psid, startService } from '../support/service.ts'

const redis = useRedis()
const never = new AbortController().signal

async function configFile(config: object): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-erase-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  const file = join(dir, 'deskbridge.yaml')
  await writeFile(file, stringify(config))
  return file
}

test('the command erases beside a running service, which goes on', async () => {
  const config = configWith(redis.url, { redis: { url: redis.url, prefix: 'beside' } })
  const service = await startService(config)
  const inbox = () => service.rest('GET', `/v1/inbox/conversations/${conversation}`)
  await service.post(deliveryOf(message('old words')))
  await poll(inbox, ({ status }) => status === 200)
  const lines: string[] = []
  const env = { DESKBRIDGE_CONFIG: await configFile(config) }
  const run = () =>
    runEraseCommand(['--customer', conversation], { env, print: (line) => lines.push(line), signal: never })
  expect(await run(), lines.join('\n')).toBe(0)
  expect(lines.join('\n')).toContain('1 inbox messages')
  expect(lines.join('\n')).not.toContain(psid)
  expect((await inbox()).status).toBe(404)
  await service.post(deliveryOf(message('new words')))
  const found = await poll(inbox, ({ status }) => status === 200)
  expect(await found.text()).not.toContain('old words')
  expect(await run()).toBe(0)
})

test('it says when Redis is out of reach', async () => {
  const config = configWith('redis://127.0.0.1:9', {})
  const env = { DESKBRIDGE_CONFIG: await configFile(config) }
  const running = runEraseCommand(['--customer', conversation], { env, print: () => {}, signal: never })
  await expect(running).rejects.toThrow('Redis is out of reach')
})

test('writes that hold somebody are found wherever they are in the journal, and only theirs', async () => {
  const queue = openQueue(deliveriesQueue, redis.client, 'unsplit')
  onTestFinished(() => queue.close())
  const add = (...bodies: Buffer[]) =>
    queue.add('deliveries', { v: 1, deliveries: bodies.map((body) => delivery(body, 1)) })
  const count = (text: string) => unsplit(queue, (held) => held.includes(text))
  expect(await count('anna')).toBe(0)
  await add(Buffer.from('{"a":"bert"}'), Buffer.from('{"a":"anna"}'))
  await add(Buffer.from('{"a":"bert"}'))
  await add(Buffer.concat([Buffer.from([0xff]), Buffer.from('"anna"')]))
  await queue.add('deliveries', { v: 2, anything: ['anna'] })
  expect([await count('anna'), await count('bert'), await count('carl')]).toEqual([3, 2, 0])
  // One that a worker has, and one that was put off.
  await redis.client.rpoplpush('unsplit:{queue}:deliveries:wait', 'unsplit:{queue}:deliveries:active')
  await queue.add(
    'deliveries',
    { v: 1, deliveries: [delivery(Buffer.from('anna'), 1)] },
    { delay: 1_000_000 },
  )
  expect(await count('anna')).toBe(4)
  await Promise.all(Array.from({ length: 60 }, (_, n) => add(Buffer.from(n % 2 === 0 ? '"carl"' : '"dora"'))))
  expect(await count('carl')).toBe(30)
})
