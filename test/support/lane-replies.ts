import type { Conversation } from '../../src/domain/conversation.ts'
import type { Page } from '../../src/domain/page.ts'
import type { Reply } from '../../src/domain/reply.ts'
import type { ReplyOutcome, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import type { DrainDeps } from '../../src/lanes/drain.ts'
import type { GraphAnswer, GraphCall } from '../../src/meta/graph-client.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { conversations } from '../../src/records/conversations.ts'
import { pageStops } from '../../src/records/page-stops.ts'
import { personas } from '../../src/records/personas.ts'
import { replies } from '../../src/records/replies.ts'
import { uploads } from '../../src/records/uploads.ts'
import { parkedPages } from '../../src/routing/park-page.ts'
import { buryReply } from '../../src/routing/reply-fate.ts'
import { sendReply } from '../../src/routing/send-reply.ts'
import type { SendDeps } from '../../src/routing/send-reply.ts'
import { drainKit } from './lane-drain.ts'
import { memoryLog, noTrace } from './lane-kit.ts'
import type { LaneKit } from './lane-kit.ts'

export const conversation = '1:2400000000000001'
export const outLane = `out:${conversation}`
export const page: Page = {
  id: '1',
  name: 'Acme',
  channel: 'messenger',
  accessToken: 'token-of-the-page',
  helpdesk: 'main',
  window: 'refuse',
  humanAgent: true,
  threadControl: 'wait',
  locale: 'en',
}

export function replyNumber(n: number, to = conversation, more: Partial<Reply> = {}): Reply {
  const id = `rpl_${String(n).padStart(22, '0')}`
  const message = { text: `answer ${n}` }
  return { id, conversationId: to, message, agent: { name: 'Kim' }, topic: null, at: n, by: 'desk', ...more }
}

export const sentAs = (mid: string): GraphAnswer => ({
  outcome: 'ok',
  body: { message_id: mid },
  usage: null,
})
export const refusedWith = (
  code: number,
  subcode: number | null = null,
  more: { status?: number; isTransient?: boolean } = {},
): GraphAnswer => ({ outcome: 'error', code, subcode, isTransient: false, status: 400, usage: null, ...more })
export const noAnswer = (arrived: 'no' | 'unknown'): GraphAnswer => ({
  outcome: 'none',
  code: arrived === 'no' ? 'ECONNREFUSED' : 'UND_ERR_SOCKET',
  arrived,
})

/** The body of a send, as far as the tests look at it. */
export interface SentBody {
  recipient: { id?: string; user_ref?: string }
  message?: { text?: string; metadata?: string }
  messaging_type?: string
  tag?: string
  persona_id?: string
  sender_action?: string
}

/** An outbound lane with real records, a Graph that answers what the test planned, and a clock that the test moves. */
export function outbound(kit: LaneKit, settings: { page?: Partial<Page> } = {}) {
  const calls: GraphCall[] = []
  const answers: (GraphAnswer | Promise<GraphAnswer>)[] = []
  const told: { conversation: Conversation; reply: string; outcome: ReplyOutcome; key: string }[] = []
  const toldErrors: Error[] = []
  const refused: string[] = []
  const clock = { now: 1_000_000 }
  let called: (() => void) | undefined
  const keep = { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000, windowOpening }
  const records = replies(kit.redis, keep)
  const stops = pageStops(kit.redis, keep)
  const ourPage: Page = { ...page, ...settings.page }
  const pages = new Map([[page.id, ourPage]])

  const helpdesk: TicketHelpdesk = {
    style: 'tickets',
    showsReplies: true,
    openTicket: () => Promise.reject(new Error('not asked for')),
    appendMessage: () => Promise.reject(new Error('not asked for')),
    addNote: () => Promise.reject(new Error('not asked for')),
    reportSent(to, reply, outcome, step) {
      const error = toldErrors.shift()
      if (error) return Promise.reject(error)
      told.push({ conversation: to, reply: reply.id, outcome, key: step.idempotencyKey })
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
  const deps: SendDeps = {
    pages,
    helpdesks: new Map([['main', helpdesk]]),
    replies: records,
    conversations: conversations(kit.redis, keep),
    consents: { of: () => Promise.resolve('unknown') },
    uploads: uploads(kit.redis, keep),
    personas: personas(kit.redis, keep),
    budgets: {
      take: () => Promise.resolve({ granted: true, at: clock.now }),
      noteUsage: () => Promise.resolve(),
      hold: () => Promise.resolve(),
    },
    pace: { turn: () => Promise.resolve(() => {}) },
    stops: parkedPages({ stops, log: memoryLog(), now: () => clock.now }),
    graph: {
      call(call: GraphCall) {
        calls.push(call)
        called?.()
        return Promise.resolve(answers.shift() ?? sentAs(`m_${calls.length}`))
      },
    },
    onRefused: (code) => refused.push(code),
    onGraphError: () => {},
    trace: noTrace,
    log: memoryLog(),
    splitUntil: () => Promise.resolve(clock.now),
    now: () => clock.now,
    giveUpMs: 86_400_000,
  }

  async function accept(reply: Reply, parts = 1): Promise<void> {
    await records.open(reply, { fingerprint: 'print', parts })
    await kit.lanes.append([
      { lane: `out:${reply.conversationId}`, id: reply.id, payload: JSON.stringify(reply) },
    ])
  }

  /** Somebody takes the lane once its time has come, and works until it is empty or waits. */
  async function turn(more: Partial<SendDeps> & Partial<DrainDeps> = {}) {
    const all = { ...deps, ...more }
    const own = drainKit(kit, { work: sendReply(all), onDead: buryReply(all), ...more })
    await kit.waitEnds(outLane)
    await own.drain.offer([outLane])
    await own.until(() => own.settled.some((one) => one.result !== 'next' && one.result !== 'saved'))
    await own.drain.stop()
    return own.counted
  }

  const bodies = () =>
    calls.filter((one) => one.path.endsWith('/messages')).map((one) => one.body as SentBody)

  return {
    calls,
    bodies,
    texts: () => bodies().map((one) => one.message?.text),
    answers,
    told,
    toldErrors,
    refused,
    clock,
    records,
    stops,
    pages,
    deps,
    accept,
    turn,
    /** Resolves when Graph is called the next time. */
    nextCall: () => new Promise<void>((resolve) => (called = resolve)),
    record: (n: number) => records.get(replyNumber(n).id),
    echo: (n: number, mid: string, part = 0) =>
      records.noteSent(
        [{ replyId: replyNumber(n).id, part, mid, conversationId: conversation, at: clock.now }],
        'echo',
      ),
  }
}
