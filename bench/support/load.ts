import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { appSecret, deliveryBytes } from './deliveries.ts'
import { percentile } from './statistics.ts'
import { sign } from '../../src/simulator/delivery.ts'

/**
 * Load that costs little, since server, Redis and load share the machine: whole requests built before, one keep-alive
 * socket per connection, one request under way on each. As light as autocannon, which keeps its list of requests once per
 * connection and so cannot give every request a body of its own.
 */

/** Whole HTTP requests, each a delivery of its own, signed. */
export function buildRequests(count: number): Buffer[] {
  return Array.from({ length: count }, (_, n) => {
    const body = deliveryBytes('ingest', n % 5000, Math.floor(n / 5000))
    const head =
      'POST /webhooks/meta HTTP/1.1\r\nhost: bridge.example\r\nuser-agent: facebookexternalua\r\naccept: */*\r\n' +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n` +
      `x-hub-signature-256: ${sign(body, appSecret)}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), body])
  })
}

export interface LoadResult {
  perSecond: number
  /** ms */
  p50: number
  p99: number
}

/** Keeps `connections` requests under way for `ms`. Throws when a single answer is not 200. */
export async function putLoad(
  port: number,
  next: () => Buffer,
  options: { connections: number; ms: number },
): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => open(port)))
  const latencies: number[] = []
  const began = performance.now()
  const until = began + options.ms
  try {
    await Promise.all(sockets.map((socket) => converse(socket, next, until, latencies)))
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  const seconds = (performance.now() - began) / 1000
  const sorted = Float64Array.from(latencies).sort()
  return {
    perSecond: latencies.length / seconds,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  return socket
}

/** One request after the other on one connection, until the time is over and the last is answered. */
function converse(socket: Socket, next: () => Buffer, until: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0
    let answer = ''
    const send = () => {
      sentAt = performance.now()
      socket.write(next())
    }
    socket.setTimeout(10_000, () => reject(new Error('no answer within 10 s')))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed the connection')))
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1')
      if (!isWhole(answer)) return
      if (!answer.startsWith('HTTP/1.1 200 ')) return reject(new Error(`not 200: ${answer.slice(0, 400)}`))
      answer = ''
      const now = performance.now()
      latencies.push(now - sentAt)
      if (now < until) send()
      else resolve()
    })
    send()
  })
}

/** The webhook's answers all carry a content-length. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer.slice(0, end + 2))?.[1]
  return length === undefined || answer.length >= end + 4 + Number(length)
}
