import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { afterEach, beforeEach } from 'vitest'

/** A real server on loopback that keeps what it gets, for the tests of our HTTP clients. */

export interface Call {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

export type Answer = (response: ServerResponse, call: Call) => void

export interface TestServer {
  readonly url: string
  readonly calls: Call[]
  /** Answers the next calls, one each; after them every call is answered 200. */
  answers: Answer[]
  /** Resolves with the call that comes next. */
  nextCall(): Promise<Call>
}

/** A new server for each test of the file that calls this. */
export function useServer(): TestServer {
  let url = ''
  let calls: Call[] = []
  let answers: Answer[] = []
  let waiting: ((call: Call) => void)[] = []
  let close = () => Promise.resolve()

  beforeEach(async () => {
    calls = []
    answers = []
    waiting = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request
        const call = { method, url: path, headers, body: Buffer.concat(chunks).toString() }
        calls.push(call)
        for (const one of waiting.splice(0)) one(call)
        const answer = answers.shift() ?? ((to: ServerResponse) => to.writeHead(200).end('ok'))
        answer(response, call)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    url = `http://127.0.0.1:${address.port}`
    close = () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  })

  afterEach(() => close())

  return {
    get url() {
      return url
    },
    get calls() {
      return calls
    },
    get answers() {
      return answers
    },
    set answers(next) {
      answers = next
    },
    nextCall: () => new Promise((resolve) => waiting.push(resolve)),
  }
}

/** Answers with a status and, if wanted, headers and a body. */
export function status(code: number, headers: Record<string, string> = {}, body = ''): Answer {
  return (response) => response.writeHead(code, headers).end(body)
}

/** Never answers. */
export const silence: Answer = () => {}

/** Ends the connection before a single byte of an answer. */
export const hangUp: Answer = (response) => response.socket?.destroy()

/** Promises a longer body than it sends, then ends the connection. */
export function cutAfter(code: number, part: string): Answer {
  return (response) => {
    response.writeHead(code, { 'content-length': String(part.length + 100) })
    response.write(part, () => response.socket?.destroy())
  }
}

/** Answers 200 and writes for as long as anybody reads. */
export function endless(headers: Record<string, string>, onHangUp: () => void): Answer {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  return (response) => {
    response.writeHead(200, headers).on('close', onHangUp)
    const write = () => response.write(chunk, (error) => (error ? undefined : write()))
    write()
  }
}

/** The port of a server that is gone: connecting to it is refused. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('the server had no port')
  return address.port
}
