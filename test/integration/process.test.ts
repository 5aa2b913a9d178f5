import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { startHelpdesk } from '../support/fake-helpdesk.ts'
import { useRedis } from '../support/redis.ts'
import { apiKey, appSecret, configWith, deliveryOf, message, psid, startService } from '../support/service.ts'

const redis = useRedis()
const run = promisify(execFile)

async function command(args: string[], env: Record<string, string> = {}) {
  const options = { env: { PATH: process.env['PATH'], ...env } }
  return run(process.execPath, ['src/main.ts', ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
}

async function configFile(text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'deskbridge-config-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'deskbridge.yaml'), text)
  return join(dir, 'deskbridge.yaml')
}

describe('the command', () => {
  it('has --help, and says what there is when it is asked for something else', async () => {
    expect(await command(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('check-config'),
    })
    const wrong = await command(['wurst'])
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no "wurst"') })
    expect(await command(['--wurst'])).toMatchObject({ code: 1 })
  })

  it('tells every fault of the config at once, by path and never by value', async () => {
    const file = await configFile(
      stringify({
        ...configWith(redis.url),
        durability: 'canary-1',
        server: { port: 'canary-2', wurst: 1 },
        pages: [{ id: '1', name: 'A', accessToken: '${NOT_SET_ANYWHERE}', helpdesk: 'canary-3' }],
      }),
    )
    const { code, stderr } = await command(['check-config'], { DESKBRIDGE_CONFIG: file })
    expect(code).toBe(1)
    for (const path of [
      'durability:',
      'server.port:',
      'server.wurst:',
      'pages.0.accessToken:',
      'pages.0.helpdesk:',
    ]) {
      expect(stderr).toContain(path)
    }
    expect(stderr).toContain('NOT_SET_ANYWHERE')
    expect(stderr).not.toContain('canary')
    expect(await command([], { DESKBRIDGE_CONFIG: file })).toMatchObject({ code: 1 })
    expect(await command(['check-config'], { DESKBRIDGE_CONFIG: '/nowhere.yaml' })).toMatchObject({ code: 1 })
    const good = await configFile(stringify(configWith(redis.url)))
    expect(await command(['check-config'], { DESKBRIDGE_CONFIG: good })).toMatchObject({ code: 0 })
  })
})

describe('stopping', () => {
  it('finishes what is under way, exits 0, and leaves the rest to the next worker', async () => {
    const desk = await startHelpdesk()
    const config = configWith(redis.url, {
      redis: { url: redis.url, prefix: 'stopping' },
      helpdesks: { main: desk.settings() },
    })
    const first = await startService(config)
    const events = Array.from({ length: 200 }, (_, n) => message(`text ${n}`, { psid: `${psid}${n % 7}` }))
    expect((await first.post(deliveryOf(...events))).status).toBe(200)
    await desk.count(1)
    expect(await first.stop()).toBe(0)
    const second = await startService(config)
    await desk.count(200)
    expect(await second.stop('SIGINT')).toBe(0)
    expect(desk.received).toHaveLength(200)
    expect(new Set(desk.received.map(({ webhookId }) => webhookId)).size).toBe(200)
  })

  it('does not wait for connections that Meta keeps alive', async () => {
    const service = await startService(
      configWith(redis.url, {
        redis: { url: redis.url, prefix: 'alive' },
        server: { shutdownGraceMs: 15_000 },
      }),
    )
    // Many at once, so that some are busy when the signal comes, and are kept alive after it.
    const calls = Array.from({ length: 50 }, () => service.post(deliveryOf(message('on the way'))))
    await Promise.race(calls)
    const began = performance.now()
    const code = await service.stop()
    expect([code, performance.now() - began < 10_000]).toEqual([0, true])
    await Promise.allSettled(calls)
    expect(service.lines.map(({ msg }) => msg)).toContain('stopped')
  })

  it('ends at once on a second signal', async () => {
    const desk = await startHelpdesk()
    const config = configWith(redis.url, {
      redis: { url: redis.url, prefix: 'twice' },
      helpdesks: { main: desk.settings() },
    })
    const service = await startService(config)
    redis.server.freeze()
    service.child.kill('SIGTERM')
    await service.line(({ msg }) => String(msg).startsWith('stopping'))
    const code = await service.stop()
    redis.server.thaw()
    expect(code).toBe(0)
  })
})

describe('api and worker apart', () => {
  it('work together, with several of each', async () => {
    const desk = await startHelpdesk()
    const config = configWith(redis.url, {
      redis: { url: redis.url, prefix: 'apart' },
      helpdesks: { main: desk.settings() },
    })
    const [api, otherApi] = [
      await startService(config, { role: 'api' }),
      await startService(config, { role: 'api' }),
    ]
    await Promise.all([startService(config, { role: 'worker' }), startService(config, { role: 'worker' })])
    for (let n = 0; n < 20; n++) {
      expect((await (n % 2 ? api : otherApi).post(deliveryOf(message(`text ${n}`)))).status).toBe(200)
    }
    const received = await desk.count(20)
    expect(received.map(({ body }) => body.data.event['text'])).toEqual(
      Array.from({ length: 20 }, (_, n) => `text ${n}`),
    )
  })
})

describe('a full Redis', () => {
  it('is drained by a worker that starts on it', async () => {
    const desk = await startHelpdesk([503])
    const config = configWith(redis.url, {
      redis: { url: redis.url, prefix: 'full' },
      helpdesks: { main: desk.settings() },
    })
    const first = await startService(config)
    await first.post(deliveryOf(message('one'), message('two')))
    await first.line(({ code }) => code === 'HELPDESK_FAILED')
    expect(await first.stop()).toBe(0)
    await redis.client.config('SET', 'maxmemory', '1')
    onTestFinished(async () => {
      await redis.client.config('SET', 'maxmemory', '0')
    })
    await startService(config, { role: 'worker' })
    const received = await desk.count(3)
    expect(received.map(({ body }) => body.data.event['text'])).toEqual(['one', 'one', 'two'])
  })
})

describe('the log', () => {
  it('holds no secret, no text and no full PSID', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'silent' } }))
    await service.post(deliveryOf(message('a canary of a text')))
    await service.line(({ stage }) => stage === 'forward')
    await service.rest('POST', `/v1/conversations/1234567890:${psid}/replies`, { text: 'another canary' })
    await service.line(({ stage }) => stage === 'send')
    await service.post(Buffer.from('no json, but a canary'))
    await service.line(({ code }) => code === 'DELIVERY_NOT_JSON')
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text()
    const all = JSON.stringify(service.lines) + metrics
    for (const secret of ['canary', psid, appSecret, apiKey, 'token-of-the-page', 'verify-token']) {
      expect(all).not.toContain(secret)
    }
  })
})
