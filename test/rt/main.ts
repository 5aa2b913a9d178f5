import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../scripts/free-port.ts'
import { ensureRedisServer, startRedisServer } from '../../scripts/redis-server.ts'
import { scripFor } from '../../src/helpdesk/rt/scrip.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { interruptible } from '../chaos/interrupt.ts'
import { agentAt } from './agent.ts'
import { acme, appSecret, callbackSecret, hasty, openDesk } from './desk.ts'
import { openGate } from './gate.ts'
import { installRt } from './install.ts'
import { startRt } from './instance.ts'
import { goRound } from './round.ts'
import { steps } from './steps.ts'

const say = (line: string) => console.log(line)

type Close = () => Promise<unknown>

/** A customer's picture, where Meta's servers would have it. */
async function servePhoto() {
  const bytes = randomBytes(150_000)
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/photo.jpg?oh=1`
  return { url, bytes, close: async () => void server.close() }
}

async function play(folder: string, closing: Close[]): Promise<number> {
  const began = performance.now()
  const seconds = () => Math.round((performance.now() - began) / 1000)
  await ensureRedisServer({ say })
  const port = await freePort()
  const callbackUrl = `http://127.0.0.1:${port}/callbacks/rt/${callbackSecret}`
  const rt = await startRt(join(folder, 'rt'), scripFor({ user: 'deskbridge' }, callbackUrl))
  closing.push(rt.stop)
  say(`# Request Tracker is up after ${seconds()} s`)
  const redis = await startRedisServer({ detached: true })
  closing.push(() => redis.stop())
  const photo = await servePhoto()
  closing.push(photo.close)
  const pages = [acme, hasty].map(({ id, accessToken }) => ({ id, accessToken }))
  const meta = await startSimulator({ port: 0, appSecret, pages })
  closing.push(() => meta.close())
  const gate = await openGate(rt.url)
  closing.push(gate.close)
  const desk = await openDesk({
    folder,
    port,
    redisUrl: redis.url,
    graphUrl: meta.url,
    rtUrl: gate.url,
    token: rt.tokens.deskbridge,
  })
  closing.push(desk.stop)
  await desk.start()
  meta.pointAt(`${desk.url}/webhooks/meta`)
  const told = steps(say)
  const callback = { settings: { callbackSecrets: [callbackSecret], pollSeconds: 3600 } }
  await goRound({
    rt,
    agent: agentAt(rt.url, rt.tokens.grace),
    gate,
    desk,
    meta,
    steps: told,
    photo,
    callback,
  })
  const { passed, failed } = told.count()
  if (failed > 0) await showLogs(folder)
  say(`# ${seconds()} s\ntest:rt: ${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** What may say why, without what only says that all is well. */
async function showLogs(folder: string): Promise<void> {
  for (const name of ['api.log', 'worker.log', 'rt/rt.log']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    const lines = text
      .split('\n')
      .filter((line) => /"level":"?(40|50|60|warn|error|fatal)|\[(error|critical)\]/.test(line))
    for (const line of lines.slice(-15)) say(`  # ${name}: ${line.slice(0, 600)}`)
  }
}

await interruptible(async (signal) => {
  const installed = await installRt(say)
  if (installed.rt !== 'there') {
    say(`test:rt: the real helpdesk was NOT tried: ${installed.why}`)
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'deskbridge-rt-'))
  const closing: Close[] = [() => rm(folder, { recursive: true, force: true })]
  const stopped = new Promise<number>((resolve) => signal.addEventListener('abort', () => resolve(130)))
  try {
    return await Promise.race([play(folder, closing), stopped])
  } finally {
    for (const close of closing.toReversed()) await close()
  }
})
