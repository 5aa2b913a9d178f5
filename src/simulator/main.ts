import { parseArgs } from 'node:util'
import { startSimulator } from './simulator.ts'

const HELP = `Stands in for Meta: Graph's Send API, and a person's Messenger under /_sim.

  node src/simulator/main.ts [options]

  --port <n>             port to listen on, 4000 by default, 0 for any
  --host <address>       address to listen on, 127.0.0.1 by default
  --webhook-url <url>    where deliveries go, http://127.0.0.1:3000/webhooks/meta by default
  --app-secret <secret>  signs deliveries and proves calls, "simulated-app-secret" by default
  --verify-token <token> what POST /_sim/verify shows to the webhook
  --page <id:token>      a Page and its access token; may be repeated; "1234567890:simulated-page-token" by default
  --no-echoes            send no echoes
  --help

  POST   /_sim/messages   { "pageId", "psid", "text" | "attachments" | "postback": { "title", "payload" }, "quickReplyPayload" }
  GET    /_sim/messages   ?psid=&pageId=   what Messenger shows
  POST   /_sim/redeliver  { "mid" }        the same delivery once more
  POST   /_sim/fail       { "times", "status", "error": { "code", "error_subcode", "message" }, "hangMs", "cut": "before" | "after", "taken" }
  DELETE /_sim/fail       sends succeed again
  POST   /_sim/verify     the check that Meta makes when a webhook is set up
  POST   /v26.0/<page id or me>/messages   the Send API
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4000' },
      host: { type: 'string', default: '127.0.0.1' },
      'webhook-url': { type: 'string', default: 'http://127.0.0.1:3000/webhooks/meta' },
      'app-secret': { type: 'string', default: 'simulated-app-secret' },
      'verify-token': { type: 'string' },
      page: { type: 'string', multiple: true, default: ['1234567890:simulated-page-token'] },
      'no-echoes': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }

  const simulator = await startSimulator({
    port: parsePort(values.port),
    host: values.host,
    webhookUrl: values['webhook-url'],
    appSecret: values['app-secret'],
    ...(values['verify-token'] !== undefined && { verifyToken: values['verify-token'] }),
    pages: values.page.map(parsePage),
    echoes: !values['no-echoes'],
    log: say,
  })
  say(`simulator on ${simulator.url}, deliveries go to ${values['webhook-url']}`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close())
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${text} is no port`)
  return port
}

function parsePage(text: string): { id: string; accessToken: string } {
  const [, id, accessToken] = /^(\d+):(.+)$/.exec(text) ?? []
  if (!id || !accessToken) throw new Error('--page takes <id>:<access token>, the id in digits')
  return { id, accessToken }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
