import { describe, expect, it } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import type { Reply, ReplySource } from '../../src/domain/reply.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { conversations } from '../../src/records/conversations.ts'
import { ownWrites } from '../../src/records/own-writes.ts'
import { receipts } from '../../src/records/receipts.ts'
import { keepOwn } from '../../src/routing/keep-own.ts'
import { refusing } from '../../src/routing/refuse-reply.ts'
import { reportReceipt } from '../../src/routing/report-receipt.ts'
import { sendReply } from '../../src/routing/send-reply.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation, outbound, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
const writtenIn = (helpdesk: string): { source: ReplySource } => ({
  source: { helpdesk, ticket: '1', message: 'm' },
})

/** The Page's helpdesk is `main`; the conversation has a ticket in each of these. */
async function open(more: Partial<TicketHelpdesk> = {}, names = ['main', 'other']) {
  const kit = laneKit(redis.client)
  const out = outbound(kit)
  const said: string[] = []
  const failing = new Map<string, Error>()
  const desk = (name: string): TicketHelpdesk => {
    const tell = (text: string) => {
      const error = failing.get(name)
      failing.delete(name)
      if (error) return Promise.reject(error)
      said.push(`${name} ${text}`)
      return Promise.resolve(`${name}-${said.length}`)
    }
    return {
      style: 'tickets',
      openTicket: () => Promise.reject(new Error('not asked for')),
      appendMessage: (ticket, { from, agentName, text, attachments }, { idempotencyKey, repeat }) =>
        tell(
          `append ${ticket} ${idempotencyKey.slice(-6)}${repeat ? ' again' : ''} ${from} ${agentName}: ` +
            (text ?? attachments.map(({ type, url }) => `${type} ${url}`).join()),
        ),
      addNote: (ticket, { text }) => tell(`note ${ticket} ${text}`),
      reportSent: (_conversation, reply, { status }) =>
        tell(`sent ${reply.source?.message} ${status}`).then(() => {}),
      reportReceipt: (_conversation, { source, status }) =>
        tell(`receipt ${source?.message} ${status}`).then(() => {}),
      close: () => Promise.resolve(),
      ...more,
    }
  }
  const helpdesks = new Map(names.map((name) => [name, desk(name)]))
  const records = conversations(kit.redis, {
    prefix: kit.prefix,
    conversationMs: 60_000,
    replyMs: 60_000,
    windowOpening: () => null,
  })
  for (const name of names) await records.keepTicket(conversation, name, `T-${name}`)
  const own = ownWrites(kit.redis, kit)
  const deps = { ...out.deps, helpdesks, ownWrites: own }
  async function send(reply: Partial<Reply>, n = 1): Promise<string[]> {
    await out.accept(replyNumber(n, conversation, reply))
    const counted = await out.turn({ ...deps, work: refusing(deps, sendReply(deps)) })
    return [...counted, ...said.splice(0)].toSorted()
  }
  return { ...out, kit, deps, helpdesks, said, failing, send, own, forgetTickets: records.forgetTickets }
}

describe('a reply that was sent', () => {
  it('from REST or a bot is appended to every ticket, by name', async () => {
    const { send } = await open()
    expect(await send({})).toEqual([
      'done',
      'main append T-main 1:said agent Kim: answer 1',
      'other append T-other 1:said agent Kim: answer 1',
    ])
    expect(await send({ agent: null }, 2)).toContain('main append T-main 2:said agent Bot: answer 2')
  })

  it('from a helpdesk is confirmed there, and appended in the others', async () => {
    const { send } = await open()
    expect(await send(writtenIn('other'))).toEqual([
      'done',
      'main append T-main 1:said agent Kim: answer 1',
      'other sent m sent',
    ])
  })

  it('is told as such by helpdesks that show replies of all', async () => {
    const { send } = await open({ showsReplies: true })
    expect(await send({})).toEqual(['done', 'main sent undefined sent', 'other sent undefined sent'])
  })

  it('is not appended where there is no ticket', async () => {
    const { send, forgetTickets } = await open()
    await forgetTickets(conversation)
    expect(await send(writtenIn('other'))).toEqual(['done', 'other sent m sent'])
  })

  it('shows a file as a file, and what has no words by what it is', async () => {
    const { send } = await open({}, ['main'])
    const told = async (message: Outgoing, n: number) => (await send({ message }, n))[1]
    const url = 'https://cdn.example/a.png'
    expect(await told({ attachment: { type: 'image', url } }, 1)).toContain(`Kim: image ${url}`)
    const buttons = [{ type: 'postback', title: 'Yes', payload: 'Y' }]
    expect(await told({ template: { type: 'button', text: 'Well?', buttons } }, 2)).toContain(
      'Kim: [button template]',
    )
  })

  it('in private to a comment is told by a note, and not once more', async () => {
    const { send } = await open()
    expect(await send({ comment: { do: 'private', commentId: 'c_1' } })).toEqual(['done'])
  })

  it('makes its lane wait for the helpdesk that it came from, and for no other', async () => {
    const { send, failing, turn, deps, said } = await open()
    const down = { code: 'HELPDESK_FAILED', verdict: 'retry', arrived: 'unknown' } as const
    failing.set('main', new StepError('down', down))
    expect(await send(writtenIn('other'))).toEqual(['done', 'other sent m sent'])
    failing.set('main', new StepError('down', down))
    expect(await send({}, 2)).toContain('retry HELPDESK_FAILED')
    expect(await turn({ ...deps })).toEqual(['done'])
    expect(said).toContain('main append T-main 2:said again agent Kim: answer 2')
  })
})

describe('a reply that was not sent', () => {
  it('by Meta: its writer is told, the others get a note', async () => {
    const { send, answers } = await open()
    answers.push(refusedWith(100))
    const told = await send(writtenIn('other'))
    expect(told).toContain('other sent m failed')
    expect(told).toContainEqual(
      expect.stringMatching(/^main note T-main Not sent: "answer 1"\. This message cannot/),
    )
  })

  it('from REST or a bot: every ticket gets a note, though the helpdesks show the fate of their own', async () => {
    const { send, answers } = await open()
    answers.push(refusedWith(100), refusedWith(100))
    for (const [at, agent] of [{ name: 'Kim' }, null].entries()) {
      const text = new RegExp(`Not sent: "answer ${at + 1}"\\. This message cannot`)
      expect(await send({ agent }, at + 1)).toEqual([
        'dead MESSAGE_REFUSED',
        expect.stringMatching(new RegExp(`^main note T-main ${text.source}`)),
        expect.stringMatching(new RegExp(`^other note T-other ${text.source}`)),
      ])
    }
  })

  it('by Meta: helpdesks that show replies of all show that it failed, without a note', async () => {
    const { send, answers } = await open({ showsReplies: true }, ['main'])
    answers.push(refusedWith(100))
    expect(await send({})).toEqual(['dead MESSAGE_REFUSED', 'main sent undefined failed'])
  })

  it('because it never could: in its turn, with the reason, without a call or a dead letter', async () => {
    const { send, calls, record, refused, kit } = await open({}, ['main'])
    expect(await send({ ...writtenIn('main'), message: { text: '' }, refusal: 'It is empty.' })).toEqual([
      'done',
      'main sent m failed',
    ])
    expect(await record(1)).toMatchObject({
      status: 'failed',
      failure: { code: 'MESSAGE_REFUSED', message: 'It is empty.' },
    })
    expect([calls, refused, (await kit.deadLetters.list(1)).letters]).toEqual([[], ['MESSAGE_REFUSED'], []])
  })

  it('because it is what we wrote there ourselves, as we know by now', async () => {
    const { send, own, calls } = await open()
    await own.keep('other', 'm')
    expect([await send(writtenIn('other')), calls]).toEqual([['done'], []])
    expect(await send(writtenIn('main'), 2)).toContain('main sent m sent')
  })

  it('typing that was refused is no news in a ticket', async () => {
    const { send } = await open({}, ['main'])
    expect(await send({ message: { typing: true }, refusal: 'no' })).toEqual(['done'])
  })
})

describe('a receipt', () => {
  it('goes to the helpdesk that wrote the reply, and is no news for the others', async () => {
    const { kit, send, helpdesks, said } = await open()
    await send(writtenIn('other'))
    const told = receipts(kit.redis, { prefix: kit.prefix, conversationMs: 60_000, replyMs: 60_000 })
    const event = {
      kind: 'read',
      conversationId: conversation,
      watermark: null,
      mid: 'm_1',
      timestamp: 9,
    } as never
    await told.note([{ conversationId: conversation, status: 'read', watermark: null, mids: ['m_1'] }])
    const step = { idempotencyKey: 'k', attempt: 1, signal: AbortSignal.timeout(1000) }
    const place = { id: conversation, pageId: '1', psid: '2', channel: 'messenger' } as const
    for (const [name, helpdesk] of [...helpdesks, ...helpdesks])
      await reportReceipt({ receipts: told }, { name, helpdesk, conversation: place, event, step })
    expect(said).toEqual(['other receipt m read'])
  })
})

describe('what we write into a helpdesk', () => {
  it('is kept before the step counts as done, and the step fails when it cannot be', async () => {
    const { helpdesks, kit } = await open()
    const own = ownWrites(kit.redis, kit)
    const callback = { scheme: 'path', secrets: [], parse: () => [] } as const
    const calling: TicketHelpdesk = { ...helpdesks.get('main')!, callback }
    const desk = keepOwn(
      'main',
      { ...calling, appendMessages: () => Promise.resolve('both') },
      { ownWrites: own },
    )
    if (desk.style !== 'tickets') throw new Error('it has tickets')
    const step = { idempotencyKey: 'k', attempt: 1, signal: AbortSignal.timeout(1000) }
    const message = { eventId: 'e', from: 'agent', at: 1, text: 'x', attachments: [], payload: null } as const
    const names = [
      await desk.appendMessage('T', { ...message, attachments: [] }, step),
      await desk.addNote('T', { at: 1, text: 'n' }, step),
      await desk.appendMessages!('T', [], step),
    ]
    expect(await Promise.all(names.map((name) => own.isOurs('main', name!)))).toEqual([true, true, true])
    expect(await own.isOurs('other', names[0]!)).toBe(false)
    expect(await kit.redis.pttl(`${kit.prefix}:own:main:both`)).toBeGreaterThan(71 * 3_600_000)
    const full = { keep: () => Promise.reject(new Error('full')) }
    const failing = keepOwn('main', calling, { ownWrites: full }) as TicketHelpdesk
    await expect(failing.addNote('T', { at: 1, text: 'n' }, step)).rejects.toThrow('full')
  })
})
