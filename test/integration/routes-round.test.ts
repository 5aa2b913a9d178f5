import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { helpdeskSecret, startHelpdesk } from '../support/fake-helpdesk.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { configWith, conversation, deliveryOf, message, psid, startService } from '../support/service.ts'

const redis = useRedis()

/** A helpdesk that refuses every call until it is well, and then writes down what it gets. */
async function sickHelpdesk() {
  const refused: string[] = []
  const received: string[] = []
  let isWell = false
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { event: { text: string } } }
      ;(isWell ? received : refused).push(data.event.text)
      response.writeHead(isWell ? 200 : 503).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
  return {
    refused,
    received,
    settings: { adapter: 'webhook', url, secret: helpdeskSecret, allowPrivateNetwork: true },
    recover: () => (isWell = true),
  }
}

interface Lanes {
  in: { waiting: number }
  routed: { helpdesk: string; waiting: number }[]
}

const textOf = ({ body }: { body: { data: { event: Record<string, unknown> } } }) =>
  String(body.data.event['text'])

describe('an event that goes to two helpdesks', () => {
  it('waits for the one that is down, in order, while the other one gets all of them; api and worker apart', async () => {
    const [well, sick] = [await startHelpdesk(), await sickHelpdesk()]
    const config = configWith(redis.url, {
      redis: { url: redis.url, prefix: 'two-desks' },
      helpdesks: { main: well.settings(), spare: sick.settings },
      routes: [{ when: { words: ['invoice'] }, to: ['spare'], also: true }],
    })
    const api = await startService(config, { role: 'api' })
    const workers = [
      await startService(config, { role: 'worker' }),
      await startService(config, { role: 'worker' }),
    ]
    const texts = Array.from({ length: 30 }, (_, n) => (n === 0 ? 'my invoice' : `text ${n}`))
    const others = Array.from({ length: 10 }, (_, n) => `other ${n}`)
    for (const [n, text] of texts.entries()) {
      const delivery = deliveryOf(message(text))
      expect((await api.post(delivery)).status).toBe(200)
      // Meta posts some of them twice.
      if (n % 5 === 0) expect((await api.post(delivery)).status).toBe(200)
      const other = others[n]
      if (other !== undefined)
        expect((await api.post(deliveryOf(message(other, { psid: `${psid}9` })))).status).toBe(200)
    }
    await well.count(texts.length + others.length)
    const told = well.received.map(textOf)
    expect(told.filter((text) => texts.includes(text))).toEqual(texts)
    expect(told.filter((text) => others.includes(text))).toEqual(others)
    expect(sick.received).toEqual([])
    const lanes = async () => {
      const answer = await api.rest('GET', `/v1/conversations/${conversation}`)
      return ((await answer.json()) as { lanes: Lanes }).lanes
    }
    // It answered, and what it was told is committed a moment later.
    const { routed } = await poll(lanes, (is) => is.in.waiting === 0)
    expect(routed).toMatchObject([{ helpdesk: 'spare', waiting: 30 }])

    sick.recover()
    await poll(
      () => Promise.resolve(sick.received.length),
      (count) => count >= texts.length,
      40_000,
    )
    for (const one of [api, ...workers]) expect(await one.stop()).toBe(0)
    expect(sick.received).toEqual(texts)
    expect(new Set(sick.refused)).toEqual(new Set(['my invoice']))
    expect(well.received).toHaveLength(texts.length + others.length)
  }, 60_000)

  it('is a dead letter for each that has refused it for good, and is replayed to that one alone', async () => {
    // The first call is refused for good.
    const [main, spare] = [await startHelpdesk(), await startHelpdesk([400])]
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'dead-routes' },
        helpdesks: { main: main.settings(), spare: spare.settings() },
        routes: [{ to: ['spare'], also: true }],
      }),
    )
    expect((await service.post(deliveryOf(message('hello')))).status).toBe(200)
    await main.count(1)
    const letters = async () =>
      (await (await service.rest('GET', '/v1/dead-letters')).json()) as {
        deadLetters: { id: string; helpdesk: string | null }[]
      }
    const { deadLetters } = await poll(letters, (answer) => answer.deadLetters.length > 0)
    expect(deadLetters).toMatchObject([{ helpdesk: 'spare', conversationId: conversation }])
    expect((await service.rest('POST', `/v1/dead-letters/${deadLetters[0]!.id}/replay`)).status).toBe(202)
    await spare.count(2)
    expect(await service.stop()).toBe(0)
    expect([main.received.length, spare.received.length]).toEqual([1, 2])
    expect(spare.received[0]!.webhookId).toBe(spare.received[1]!.webhookId)
  })
})

describe('routes that are changed', () => {
  it('count after SIGHUP, and stay as they were when they name what only a restart makes known', async () => {
    const [main, spare] = [await startHelpdesk(), await startHelpdesk()]
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'reload' },
        helpdesks: { main: main.settings(), spare: spare.settings() },
      }),
    )
    async function change(sections: object): Promise<void> {
      const file = parse(await readFile(service.configFile, 'utf8')) as object
      await writeFile(service.configFile, stringify({ ...file, ...sections }))
      const before = service.lines.length
      service.child.kill('SIGHUP')
      await service.line((line) => {
        const isLate = service.lines.indexOf(line) >= before
        return isLate && line['msg'] === 'the Pages were read again'
      })
    }
    await change({ routes: [{ when: { kinds: ['message'] }, to: ['spare'] }] })
    await service.post(deliveryOf(message('one')))
    await spare.count(1)
    const desks = { main: main.settings(), spare: spare.settings(), third: { adapter: 'inbox' } }
    await change({ routes: [{ to: ['third'] }], helpdesks: desks })
    await service.line(({ msg }) => String(msg).startsWith('the routes stay as they were'))
    await service.post(deliveryOf(message('two')))
    await spare.count(2)
    await change({ routes: [] })
    await service.post(deliveryOf(message('three')))
    await main.count(1)
    expect(await service.stop()).toBe(0)
    expect([main.received.map(textOf), spare.received.map(textOf)]).toEqual([['three'], ['one', 'two']])
  })
})
