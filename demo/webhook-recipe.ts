import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { pathToFileURL } from 'node:url'
import { Webhook } from 'standardwebhooks'

/**
 * A receiver for the adapter `webhook`, to begin from when a helpdesk has no adapter: it proves and stores what comes, and
 * passes answers back. Where it says "your helpdesk", put the calls of yours.
 *
 *   DESK_SECRET=whsec_… API_KEY=… ANSWER_TOKEN=… node demo/webhook-recipe.ts
 */
export interface RecipeSettings {
  port: number
  /** The helpdesk's `secret` in the config of deskbridge. */
  deskSecret: string
  /** Where deskbridge is, and a key of its `apiKeys` with the scope replies:write. */
  deskbridgeUrl: string
  apiKey: string
  /** What your helpdesk must send to answer a customer. */
  answerToken: string
  /** Where everything is kept, a line of JSON each. In real life a table with a unique column. */
  store: string
}

export function startRecipe(settings: RecipeSettings) {
  const webhook = new Webhook(settings.deskSecret)
  const known = new Set(existsSync(settings.store) ? storedIds(settings.store) : [])
  const file = openSync(settings.store, 'a')
  // Behind what a crash may have cut off.
  writeSync(file, '\n')

  /** On disk before it is acknowledged, once for each id. */
  function keep(id: string, what: object): void {
    if (known.has(id)) return
    writeSync(file, `${JSON.stringify({ id, ...what })}\n`)
    fsyncSync(file)
    known.add(id)
  }

  /** What happened at Meta, or what became of an answer. */
  function receive(body: string, headers: IncomingMessage['headers']): number {
    try {
      webhook.verify(body, headers as Record<string, string>)
    } catch {
      return 401
    }
    const { type, data } = JSON.parse(body) as { type: string; data: Record<string, unknown> }
    // Your helpdesk: find or open the ticket of data.conversation.id and add the message. Do it after the answer when
    // it takes longer than four seconds: what is stored is not sent again.
    // What became of a reply comes under an id of its own for each state.
    keep(String(headers['webhook-id']), { type, data })
    return 204
  }

  /** Your helpdesk calls this when an agent has answered, with the id that it gave the answer. */
  async function answer(body: string, headers: IncomingMessage['headers']): Promise<[number, string]> {
    if (headers.authorization !== `Bearer ${settings.answerToken}`) return [401, '']
    const { id, conversation, text, agent } = JSON.parse(body) as Record<string, string>
    const response = await fetch(
      `${settings.deskbridgeUrl}/v1/conversations/${encodeURIComponent(conversation ?? '')}/replies`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${settings.apiKey}`,
          'content-type': 'application/json',
          // Asked again with the same id, deskbridge answers the same and sends nothing twice.
          'idempotency-key': `answer-${id}`,
        },
        body: JSON.stringify({ text, agent: { name: agent } }),
        signal: AbortSignal.timeout(10_000),
      },
    )
    return [response.status, await response.text()]
  }

  const server = createServer((request, response) => {
    const end = ([status, text]: [number, string]) => response.writeHead(status).end(text)
    readBody(request)
      .then(async (body): Promise<[number, string]> => {
        if (request.method !== 'POST') return [404, '']
        if (request.url === '/events') return [receive(body, request.headers), '']
        if (request.url === '/answers') return answer(body, request.headers)
        return [404, '']
      })
      // Whatever went wrong here, deskbridge and your helpdesk try again after a 500.
      .catch((): [number, string] => [500, ''])
      .then(end)
      .catch(() => response.destroy())
  })
  server.listen(settings.port)
  return {
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      closeSync(file)
    },
  }
}

/** The bytes as they came: the signature is over them, and not over what JSON.parse makes of them. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** What a crash cut off was never acknowledged, and comes again. */
function storedIds(store: string): string[] {
  const lines = readFileSync(store, 'utf8').split('\n')
  return lines.flatMap((line) => /^\{"id":"([^"]+)".*\}$/.exec(line)?.[1] ?? [])
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { env } = process
  const need = (name: string) => {
    const value = env[name]
    if (value === undefined || value === '') throw new Error(`set ${name} in the environment`)
    return value
  }
  startRecipe({
    port: Number(env['PORT'] ?? 8080),
    deskSecret: need('DESK_SECRET'),
    deskbridgeUrl: env['DESKBRIDGE_URL'] ?? 'http://localhost:3000',
    apiKey: need('API_KEY'),
    answerToken: need('ANSWER_TOKEN'),
    store: env['STORE'] ?? 'webhook-recipe.jsonl',
  })
  console.log(`events at /events, answers at /answers, port ${env['PORT'] ?? 8080}`)
}
