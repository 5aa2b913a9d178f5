import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands between deskbridge and Request Tracker, and can do something when RT has acted and nobody has heard of it. */
export interface Gate {
  url: string
  /** Once: `act` runs when RT has answered the next such call, and that answer is never passed on. */
  loseAnswer(method: string, path: RegExp, act: () => Promise<void>): Promise<void>
  close(): Promise<void>
}

export async function openGate(target: string): Promise<Gate> {
  let plan: { method: string; path: RegExp; act: () => Promise<void>; done: () => void } | undefined
  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming
    const outgoing = request(`${target}${url}`, { method, headers }, (answer) => {
      const path = url.split('?')[0]!
      if (plan?.method === method && plan.path.test(path)) {
        const { act, done } = plan
        plan = undefined
        answer.resume()
        answer.once('end', () => void lose(act, response, done))
        return
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    response.on('error', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseAnswer: (method, path, act) =>
      new Promise((done) => {
        plan = { method, path, act, done }
      }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function lose(act: () => Promise<void>, response: ServerResponse, heard: () => void): Promise<void> {
  await act()
  response.destroy()
  heard()
}
