import { randomBytes } from 'node:crypto'
import { freePort } from '../scripts/free-port.ts'
import { startSimulator, type Simulator } from '../src/simulator/simulator.ts'
import { openRedis } from './redis.ts'
import { startService, type Service } from './service.ts'

/** All that the demo runs: Redis, the simulator in Meta's place, the service. */
export type World = {
  pageId: string
  psid: string
  apiKey: string
  simulator: Simulator
  service: Service
  /** Ends what was started, in order; resolves with the exit code of the service. */
  close(): Promise<number | null>
}

const PORTS = { service: 3000, admin: 3001, simulator: 4000 }

export async function raiseWorld(options: {
  redisUrl: string | undefined
  say: (line: string) => void
  onLine: (line: string) => void
  signal: AbortSignal
}): Promise<World> {
  const { redisUrl, say, onLine, signal } = options
  const prefix = `deskbridge-demo-${randomBytes(4).toString('hex')}`
  const pageId = '1234567890'
  const [appSecret, verifyToken, pageToken, apiKey] = [secret(), secret(), secret(), secret()]
  const cleanUp: (() => Promise<unknown>)[] = []
  const closeRest = async () => {
    for (const close of cleanUp.splice(0).toReversed()) await close()
  }

  try {
    const redis = await openRedis({ url: redisUrl, prefix, say })
    cleanUp.push(redis.stop)
    signal.throwIfAborted()

    const [port, adminPort, simulatorPort] = await choosePorts(say)
    const simulator = await startSimulator({
      port: simulatorPort,
      appSecret,
      verifyToken,
      pages: [{ id: pageId, accessToken: pageToken }],
      webhookUrl: `http://127.0.0.1:${port}/webhooks/meta`,
    })
    cleanUp.push(simulator.close)
    say(`Simulator in Meta's place: ${simulator.url}`)

    const service = await startService(
      {
        port,
        adminPort,
        graphUrl: simulator.url,
        pageId,
        appSecret,
        verifyToken,
        pageToken,
        apiKey,
        redis: { url: redis.url, prefix, durability: redis.durability },
      },
      { onLine, signal },
    )
    say(`Service: ${service.url}, its admin port: ${service.adminUrl}`)

    const close = async () => {
      const code = await service.stop()
      await closeRest()
      return code
    }
    return { pageId, psid: personId(), apiKey, simulator, service, close }
  } catch (error) {
    await closeRest()
    throw error
  }
}

async function choosePorts(say: (line: string) => void): Promise<[number, number, number]> {
  const choose = async (preferred: number, taken: readonly number[]): Promise<number> => {
    const port = await freePort(preferred)
    if (taken.includes(port)) return choose(0, taken)
    if (preferred !== 0 && port !== preferred) say(`Port ${preferred} is taken: using ${port} instead`)
    return port
  }
  const service = await choose(PORTS.service, [])
  const admin = await choose(PORTS.admin, [service])
  return [service, admin, await choose(PORTS.simulator, [service, admin])]
}

function secret(): string {
  return randomBytes(24).toString('hex')
}

/** Sixteen digits, as Meta's page-scoped ids look. */
function personId(): string {
  return `24${(randomBytes(8).readBigUInt64BE() % 10n ** 14n).toString().padStart(14, '0')}`
}
