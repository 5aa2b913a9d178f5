import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Reply } from '../../src/domain/reply.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { HelpdeskFile } from '../../src/helpdesk/callback.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { ownWrites } from '../../src/records/own-writes.ts'
import { agentFileLinks } from '../../src/routing/agent-file-links.ts'
import { buryReply } from '../../src/routing/reply-fate.ts'
import { refusing } from '../../src/routing/refuse-reply.ts'
import { sendReply } from '../../src/routing/send-reply.ts'
import { withheldFile } from '../../src/routing/withheld-file.ts'
import { laneKit } from '../support/lane-kit.ts'
import {
  conversation,
  noAnswer,
  outbound,
  refusedWith,
  replyNumber,
  sentAs,
} from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const links = agentFileLinks({ publicUrl: 'https://bridge.example', secrets: ['s'] })
const link = links.urlOf({ helpdesk: 'main', ref: '7/42/1', name: 'a.pdf' }, Date.now() + 60_000)
const fails =
  (code: string, verdict: 'retry' | 'permanent' = 'permanent') =>
  () =>
    Promise.reject(new StepError('no', { code, verdict, arrived: 'no' }))
const hidden = fails('HELPDESK_FILE_PRIVATE')
const couldNotFetch = refusedWith(100, 2018047)

/** An outbound lane whose helpdesk gives, or does not give, the file of its reply. */
async function open(file: () => Promise<HelpdeskFile>) {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  const notes: string[] = []
  const asked: string[] = []
  const counted = { withheld: 0 }
  const helpdesk: TicketHelpdesk = {
    style: 'tickets',
    openTicket: () => Promise.reject(new Error('not asked for')),
    appendMessage: () => Promise.resolve(undefined),
    addNote: (_ticket, { text }) => Promise.resolve(void notes.push(text)).then(() => undefined),
    close: () => Promise.resolve(),
  }
  const deps = {
    ...out.deps,
    helpdesks: new Map([['main', helpdesk]]),
    conversations: { ...out.deps.conversations, ticket: () => Promise.resolve('7') },
    ownWrites: ownWrites(kit.redis, kit),
    isWithheld: withheldFile({
      links,
      agentFile: (name, ref) => (asked.push(`${name} ${ref}`), file()),
      onWithheld: () => counted.withheld++,
    }),
  }
  async function send(more: Partial<Reply> = {}, n = 1, turn: Parameters<typeof out.turn>[0] = {}) {
    const source = { helpdesk: 'main', ticket: '7', message: '42' }
    const message = { attachment: { type: 'file' as const, url: link } }
    await out.accept(replyNumber(n, conversation, { message, source, ...more }))
    const verdicts = await out.turn({
      ...deps,
      work: refusing(deps, sendReply(deps)),
      onDead: buryReply(deps),
      ...turn,
    })
    const dead = (await kit.deadLetters.list(10)).letters.length
    return { verdicts, notes: notes.splice(0), dead, withheld: counted.withheld }
  }
  return { ...out, send, asked }
}

describe('a reply that is a file of an internal note', () => {
  it('that Meta could not fetch ends quietly: no note, no dead letter, and it is counted', async () => {
    const { send, answers, record, asked, calls } = await open(hidden)
    answers.push(couldNotFetch)
    expect(await send()).toEqual({ verdicts: ['done'], notes: [], dead: 0, withheld: 1 })
    expect(await record(1)).toMatchObject({ status: 'failed', failure: { code: 'MESSAGE_REFUSED' } })
    expect([asked, calls]).toEqual([['main 7/42/1'], expect.toSatisfy((all: unknown[]) => all.length === 1)])
    // What the agent says next is sent.
    answers.push(sentAs('m_2'))
    expect(await send({ message: { text: 'hello' } }, 2)).toMatchObject({ verdicts: ['done'], withheld: 1 })
    expect(await record(2)).toMatchObject({ status: 'sent' })
  })

  it('that Meta or our own rules refuse for another reason is told to nobody either', async () => {
    const { send, calls, refused, answers } = await open(hidden)
    answers.push(refusedWith(10, 2018278))
    expect(await send()).toEqual({ verdicts: ['done'], notes: [], dead: 0, withheld: 1 })
    expect(await send({ refusal: 'Below a comment there is text only.' }, 2)).toMatchObject({
      notes: [],
      dead: 0,
    })
    expect([calls.length, refused]).toEqual([1, ['MESSAGE_REFUSED']])
  })

  it('and was given up is told to nobody', async () => {
    const { send, answers } = await open(hidden)
    answers.push(noAnswer('no'))
    expect(await send({}, 1, { giveUpMs: -1 })).toMatchObject({
      verdicts: ['dead GRAPH_ECONNREFUSED'],
      notes: [],
      withheld: 1,
    })
  })
})

describe('a file of a reply that was not sent', () => {
  it.each<[string, () => Promise<HelpdeskFile>]>([
    ['can be had', () => Promise.resolve({ body: Readable.from(['x']), contentType: null, size: null })],
    ['is gone', fails('HELPDESK_REFUSED')],
    ['cannot be had at present', fails('HELPDESK_SILENT', 'retry')],
  ])('is told as ever when it %s', async (_what, file) => {
    const { send, answers } = await open(file)
    answers.push(couldNotFetch)
    expect(await send()).toEqual({
      verdicts: ['dead MESSAGE_REFUSED'],
      notes: [expect.stringMatching(/^Not sent: "\[file\]/)],
      dead: 1,
      withheld: 0,
    })
  })

  it('is not asked for where it has nothing to do with it', async () => {
    const { send, answers, asked } = await open(hidden)
    const others: Partial<Reply>[] = [
      { message: { text: 'words' } },
      { message: { attachment: { type: 'file', url: 'https://desk.example/a.pdf' } } },
      { message: { attachment: { type: 'file', url: `${link}x` } } },
      { message: { attachment: { type: 'file', url: 'https://bridge.example/files/main/%E0%A4%A/more' } } },
      { source: { helpdesk: 'other', ticket: '7', message: '42' } },
    ]
    for (const [at, more] of others.entries()) {
      answers.push(refusedWith(100))
      expect((await send(more, at + 1)).notes).toHaveLength(1)
    }
    expect(asked).toEqual([])
  })
})
