import { hash } from 'node:crypto'
import { openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { fingerprint } from './desk-record.ts'
import type { DeskRecord, Outcome } from './desk-record.ts'

/**
 * The fake helpdesk, a process of its own. It reports through a file that it only appends to, with a write before every
 * answer: a kill -9 takes neither a record away nor leaves an answer without one.
 */
interface DeskSettings {
  port: number
  file: string
  secret: string
  seed: number
  failures: number
  /** How long an answer takes on average, ms. */
  deskMs: number
  /** Longer than any sender waits. */
  lateMs: number
}

/** What it does instead of answering 200, in shares of all failures. */
const failureShares: [share: number, outcome: Outcome, status: number][] = [
  [0.3, 'refused', 500],
  [0.15, 'refused', 503],
  [0.15, 'refused', 429],
  [0.15, 'cut-before', 0],
  [0.15, 'cut-after', 0],
  [0.1, 'late', 200],
]

/** The parts of the body that the audit needs; `raw` is Meta's own JSON, where a reaction has its mid. */
interface Body {
  data: {
    event: {
      mid: string | null
      text: string | null
      title?: string | null
      raw?: { reaction?: { mid?: string } }
    }
    conversation: { id: string }
  }
}

export function startHelpdesk(settings: DeskSettings): void {
  const webhook = new Webhook(settings.secret)
  const file = openSync(settings.file, 'a')
  const seen = alreadySeen(settings.file)

  const keep = (record: DeskRecord) => writeSync(file, `${JSON.stringify(record)}\n`)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(request)
    const webhookId = String(request.headers['webhook-id'])
    const sender = (request.url ?? '').split('/').at(-1) ?? ''
    const base = { webhookId, sender, mid: '', conversation: '', text: '' }
    try {
      webhook.verify(bytes, request.headers as Record<string, string>)
    } catch {
      keep({ ...base, at: Date.now(), outcome: 'forged' })
      response.writeHead(401).end()
      return
    }
    const { event, conversation } = (JSON.parse(bytes.toString()) as Body).data
    const mid = event.mid ?? event.raw?.reaction?.mid ?? ''
    const text = fingerprint(event.text ?? event.title ?? null)
    const { outcome, status } = decide(settings, mid, seen)
    if (settings.deskMs > 0) await wait(2 * settings.deskMs * Math.random())
    const record = { ...base, mid, text, conversation: conversation.id }
    keep({ ...record, at: Date.now(), outcome })
    if (outcome === 'cut-before' || outcome === 'cut-after') return void request.socket.destroy()
    if (outcome === 'late') await wait(settings.lateMs)
    if (outcome === 'ok') {
      response.once('close', () => {
        if (!response.writableFinished) keep({ ...record, at: Date.now(), outcome: 'unheard' })
      })
    }
    response.writeHead(status, status === 429 ? { 'retry-after': '1' } : {}).end()
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  server.listen(settings.port, '127.0.0.1')
}

/** What an earlier life of it kept: a restart must not fail the same events over again. */
function alreadySeen(file: string): Map<string, number> {
  const seen = new Map<string, number>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const { mid, outcome } = JSON.parse(line) as DeskRecord
    if (outcome !== 'unheard') seen.set(mid, (seen.get(mid) ?? 0) + 1)
  }
  return seen
}

/**
 * By the mid and how often it was seen, not by the order of arrival: a seed fails the same events every time. Twice at
 * most, so that the end of a run need not wait for a minute of back-off.
 */
function decide(settings: DeskSettings, mid: string, seen: Map<string, number>) {
  const times = (seen.get(mid) ?? 0) + 1
  seen.set(mid, times)
  if (times > 2) return { outcome: 'ok' as const, status: 200 }
  const chance = parseInt(hash('sha256', `${settings.seed}|${mid}|${times}`).slice(0, 8), 16) / 0x1_0000_0000
  let left = chance / settings.failures
  for (const [share, outcome, status] of failureShares) {
    if (left < share) return { outcome, status }
    left -= share
  }
  return { outcome: 'ok' as const, status: 200 }
}

if (import.meta.main) startHelpdesk(JSON.parse(process.argv[2] ?? '') as DeskSettings)
