import type { Conversation } from '../../src/domain/conversation.ts'
import type { Page } from '../../src/domain/page.ts'
import type { Reply } from '../../src/domain/reply.ts'
import type { ReplyOutcome, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import type { DrainDeps } from '../../src/lanes/drain.ts'
import type { GraphAnswer, OutgoingText } from '../../src/meta/graph-client.ts'
import { replies } from '../../src/records/replies.ts'
import { buryReply } from '../../src/routing/reply-fate.ts'
import { sendReply } from '../../src/routing/send-reply.ts'
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
}

export function replyNumber(n: number, to = conversation): Reply {
  const id = `rpl_${String(n).padStart(22, '0')}`
  return { id, conversationId: to, text: `answer ${n}`, agent: { name: 'Kim' }, at: n, by: 'desk' }
}

export const sentAs = (mid: string): GraphAnswer => ({ outcome: 'sent', mid })
export const refusedWith = (code: number, subcode: number | null = null): GraphAnswer => ({
  outcome: 'error',
  code,
  subcode,
  isTransient: false,
  status: 400,
})
export const noAnswer = (arrived: 'no' | 'unknown'): GraphAnswer => ({
  outcome: 'none',
  code: arrived === 'no' ? 'ECONNREFUSED' : 'UND_ERR_SOCKET',
  arrived,
})

/** An outbound lane with real records, a Graph that answers what the test planned, and a clock that the test moves. */
export function outbound(kit: LaneKit) {
  const calls: OutgoingText[] = []
  const answers: (GraphAnswer | Promise<GraphAnswer>)[] = []
  const told: { conversation: Conversation; reply: string; outcome: ReplyOutcome; key: string }[] = []
  const toldErrors: Error[] = []
  const clock = { now: 1_000_000 }
  let called: (() => void) | undefined
  const records = replies(kit.redis, { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 })

  const helpdesk: TicketHelpdesk = {
    style: 'tickets',
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
  const deps = {
    pages: new Map([[page.id, page]]),
    helpdesks: new Map([['main', helpdesk]]),
    replies: records,
    graph: {
      sendText(message: OutgoingText) {
        calls.push(message)
        called?.()
        return Promise.resolve(answers.shift() ?? sentAs(`m_${calls.length}`))
      },
    },
    trace: noTrace,
    log: memoryLog(),
    now: () => clock.now,
    giveUpMs: 86_400_000,
  }

  async function accept(reply: Reply): Promise<void> {
    await records.open(reply, 'print')
    await kit.lanes.append([
      { lane: `out:${reply.conversationId}`, id: reply.id, payload: JSON.stringify(reply) },
    ])
  }

  /** Somebody takes the lane once its time has come, and works until it is empty or waits. */
  async function turn(more: Partial<typeof deps> & Partial<DrainDeps> = {}) {
    const all = { ...deps, ...more }
    const own = drainKit(kit, { work: sendReply(all), onDead: buryReply(all), ...more })
    await kit.waitEnds(outLane)
    await own.drain.offer([outLane])
    await own.until(() => own.settled.some((one) => one.result !== 'next' && one.result !== 'saved'))
    await own.drain.stop()
    return own.counted
  }

  return {
    calls,
    answers,
    told,
    toldErrors,
    clock,
    records,
    deps,
    accept,
    turn,
    /** Resolves when Graph is called the next time. */
    nextCall: () => new Promise<void>((resolve) => (called = resolve)),
    record: (n: number) => records.get(replyNumber(n).id),
    echo: (n: number, mid: string) => records.noteEchoes([{ replyId: replyNumber(n).id, mid }]),
  }
}
