import { parseArgs } from 'node:util'
import { HELP } from './help.ts'
import type { SimulatedPage } from './pages.ts'
import { startSimulator } from './simulator.ts'

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4000' },
      host: { type: 'string', default: '127.0.0.1' },
      'webhook-url': { type: 'string', default: 'http://127.0.0.1:3000/webhooks/meta' },
      'app-id': { type: 'string' },
      'app-secret': { type: 'string', default: 'simulated-app-secret' },
      'verify-token': { type: 'string' },
      page: { type: 'string', multiple: true },
      'instagram-page': { type: 'string', multiple: true, default: [] },
      'default-app': { type: 'string' },
      windows: { type: 'string', default: 'enforced' },
      limits: { type: 'string', default: 'enforced' },
      profiles: { type: 'string', default: 'given' },
      'no-echoes': { type: 'boolean', default: false },
      'no-deliveries': { type: 'boolean', default: false },
      'redeliver-after': { type: 'string', default: '100,500,2000' },
      keep: { type: 'string', default: '100000' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }

  const instagram = values['instagram-page'].map((text) => parsePage('--instagram-page', text, 'instagram'))
  const given = values.page ?? (instagram.length === 0 ? ['1234567890:simulated-page-token'] : [])
  const defaultApp = values['default-app']
  const simulator = await startSimulator({
    port: parseNumber('--port', values.port, 0, 65_535),
    host: values.host,
    webhookUrl: values['webhook-url'],
    appSecret: values['app-secret'],
    ...(values['app-id'] !== undefined && { appId: parseNumber('--app-id', values['app-id'], 1) }),
    ...(values['verify-token'] !== undefined && { verifyToken: values['verify-token'] }),
    ...(defaultApp !== undefined && {
      defaultAppId: defaultApp === 'none' ? null : parseNumber('--default-app', defaultApp, 1),
    }),
    pages: [...given.map((text) => parsePage('--page', text, 'messenger')), ...instagram],
    windows: parseMode('--windows', values.windows, ['enforced', 'open'] as const),
    limits: parseMode('--limits', values.limits, ['enforced', 'off'] as const),
    profiles: parseMode('--profiles', values.profiles, ['given', 'none'] as const),
    echoes: !values['no-echoes'],
    deliveries: !values['no-deliveries'],
    redeliverAfterMs: values['redeliver-after']
      .split(',')
      .filter((text) => text !== '')
      .map((text) => parseNumber('--redeliver-after', text, 1)),
    keep: parseNumber('--keep', values.keep, 1),
    ...(!values.quiet && { log: say }),
  })
  say(`simulator on ${simulator.url}, deliveries go to ${values['webhook-url']}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close())
}

function parseNumber(flag: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new Error(`${flag} ${text} is no number between ${min} and ${max}`)
  }
  return number
}

function parseMode<T extends string>(flag: string, text: string, modes: readonly T[]): T {
  const mode = modes.find((one) => one === text)
  if (mode === undefined) throw new Error(`${flag} takes ${modes.join(' or ')}`)
  return mode
}

function parsePage(flag: string, text: string, channel: 'messenger' | 'instagram'): SimulatedPage {
  const [, id, accessToken] = /^(\d+):(.+)$/.exec(text) ?? []
  if (!id || !accessToken) throw new Error(`${flag} takes <id>:<access token>, the id in digits`)
  return { id, accessToken, channel }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
