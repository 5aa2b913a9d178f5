import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { webhookHelpdesk } from '../../src/helpdesk/webhook/adapter.ts'
import { describeRemoteHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import type { Misbehaviour } from '../support/helpdesk-adapter-contract.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

function answer(response: ServerResponse, how: Misbehaviour | undefined): void {
  if (how === 'silent') return
  const status = { refuses: 422, busy: 429, fails: 500, garbage: 200 }[how ?? 'garbage']
  response.writeHead(status).end(how === 'garbage' ? '<html>{"not json' : '')
}

/** A receiver as docs/adapters/webhook.md asks for: it verifies the signature and drops a webhook-id that it has. */
describeRemoteHelpdesk('webhook', async () => {
  const verifier = new Webhook(secret)
  const kept = new Map<string, string>()
  let how: Misbehaviour | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const headers = request.headers as Record<string, string>
      const { data } = verifier.verify(Buffer.concat(chunks), headers) as {
        data: { event: { text: string } }
      }
      if (how === undefined) kept.set(headers['webhook-id']!, data.event.text)
      answer(response, how)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
  return {
    adapter: webhookHelpdesk({ adapter: 'webhook', url, secret, allowPrivateNetwork: true }),
    texts: () => Promise.resolve([...kept.values()]),
    misbehave: (next) => {
      how = next
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
})
