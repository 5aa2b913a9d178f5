import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export type FileAnswer = (response: ServerResponse, request: IncomingMessage) => void

export interface FileServer {
  url: string
  /** Paths that were asked for, oldest first. */
  asked: string[]
  /** What is answered at a path; 404 elsewhere. A test may change it at any time. */
  files: Map<string, FileAnswer>
  /** Resolves when this path is asked for the next time. */
  nextAsked(path: string): Promise<void>
  close(): Promise<void>
}

/** Stands for Meta's CDN: files by their path, and whatever else can go wrong there. It ends with the test. */
export async function startFileServer(): Promise<FileServer> {
  const asked: string[] = []
  const files = new Map<string, FileAnswer>()
  const waiting: { path: string; resolve: () => void }[] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    asked.push(path)
    for (const one of waiting.filter((one) => one.path === path)) {
      waiting.splice(waiting.indexOf(one), 1)
      one.resolve()
    }
    const answer = files.get(path)
    if (answer) answer(response, request)
    else response.writeHead(404).end('gone')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  let closed = false
  async function close(): Promise<void> {
    if (closed) return
    closed = true
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  onTestFinished(close)
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    files,
    nextAsked: (path) => new Promise((resolve) => waiting.push({ path, resolve })),
    close,
  }
}

/** The bytes at once. Without a length they come chunked. */
export function whole(body: Buffer, type: string, headers: Record<string, string> = {}): FileAnswer {
  return (response) => {
    const length = { 'content-length': String(body.length) }
    response.writeHead(200, { 'content-type': type, ...length, ...headers }).end(body)
  }
}

export function chunked(body: Buffer, type: string): FileAnswer {
  return (response) => response.writeHead(200, { 'content-type': type }).end(body)
}

export function redirect(location: string, status = 302): FileAnswer {
  return (response) => response.writeHead(status, { location }).end('elsewhere')
}

export function status(code: number): FileAnswer {
  return (response) => response.writeHead(code).end('no')
}

/** Sends a part of what it announced, and then what the test says. */
export function partly(
  part: Buffer,
  announced: number,
  then: (response: ServerResponse) => void,
): FileAnswer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': String(announced) })
    response.write(part, () => then(response))
  }
}

/** A byte now and then, for as long as anybody reads. */
export function drip(everyMs: number): FileAnswer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'image/png' })
    const timer = setInterval(() => response.write('x'), everyMs)
    response.on('close', () => clearInterval(timer))
  }
}

/** Bytes as fast as they are read, without an end or up to a size. */
export function flood(headers: Record<string, string>, size = Infinity): FileAnswer {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  return (response) => {
    response.writeHead(200, headers)
    let left = size
    const write = () => {
      while (left > 0) {
        const part = left < chunk.length ? chunk.subarray(0, left) : chunk
        left -= part.length
        if (!response.write(part)) return void response.once('drain', write)
      }
      response.end()
    }
    write()
  }
}
