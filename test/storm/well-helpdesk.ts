import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A helpdesk that is always well, and notes when each message came. */
export async function wellHelpdesk() {
  const arrived = new Map<string, number>()
  const texts = new Map<number, string[]>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const at = performance.now()
      response.writeHead(200).end()
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        data: { event: { text?: string | null } }
      }
      const [mark, customer] = /#(\d+)-\d+/.exec(body.data.event.text ?? '') ?? []
      if (mark === undefined) return
      if (!arrived.has(mark)) arrived.set(mark, at)
      texts.set(Number(customer), [...(texts.get(Number(customer)) ?? []), mark])
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    arrived,
    texts,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
