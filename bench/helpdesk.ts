import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A helpdesk that answers 200 at once and notes what came, in a process of its own. It is asked `{ expect, withinMs }`
 * and answers when so many different events are there or the time is over; `{ report: true }` tells and forgets.
 */

export interface HelpdeskReport {
  received: number
  distinct: number
  /** First arrivals that came after a later event of their conversation. */
  inversions: number
}

type Question = { expect: number; withinMs: number } | { report: true }

let ids = new Set<string>()
let mids: string[] = []
let received = 0
let whenEnough: { count: number; answer: () => void } | undefined

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => (body += chunk))
  request.on('end', () => {
    note(request, body)
    response.writeHead(200, { 'content-length': 0 }).end()
  })
})

/** As little as is possible now; what the mids mean is worked out when somebody asks. */
function note(request: IncomingMessage, body: string): void {
  received++
  const id = request.headers['webhook-id']
  if (typeof id !== 'string' || ids.has(id)) return
  ids.add(id)
  const from = body.indexOf('"mid":"') + 7
  mids.push(body.slice(from, body.indexOf('"', from)))
  if (whenEnough && ids.size >= whenEnough.count) whenEnough.answer()
}

function report(): HelpdeskReport {
  const latest = new Map<string, number>()
  let inversions = 0
  for (const mid of mids) {
    const [, conversation = '', seq = ''] = mid.split('-')
    if (Number(seq) < (latest.get(conversation) ?? -1)) inversions++
    else latest.set(conversation, Number(seq))
  }
  return { received, distinct: ids.size, inversions }
}

process.on('message', (question: Question) => {
  if ('report' in question) {
    process.send?.(report())
    ids = new Set()
    mids = []
    received = 0
    return
  }
  const answer = () => {
    clearTimeout(timer)
    whenEnough = undefined
    process.send?.({ distinct: ids.size })
  }
  const timer = setTimeout(answer, question.withinMs)
  whenEnough = { count: question.expect, answer }
  if (ids.size >= question.expect) answer()
})
process.on('disconnect', () => process.exit(0))
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
