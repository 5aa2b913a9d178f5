import { describe, expect, test } from 'vitest'
import type { Page } from '../../src/domain/page.ts'
import type { Reply } from '../../src/domain/reply.ts'
import { laneKit } from '../support/lane-kit.ts'
import { conversation, outLane, outbound, refusedWith, replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const hour = 3_600_000

async function accepted(
  more: { reply?: Partial<Reply>; page?: Partial<Page>; customerWroteAgo?: number; byAd?: boolean } = {},
) {
  const kit = laneKit(redis.client)
  const out = outbound(kit, { page: more.page ?? {} })
  out.clock.now = 1_790_000_000_000
  if (more.customerWroteAgo !== undefined) {
    const { deps, clock } = out
    const wrote = {
      id: 'evt_1',
      kind: 'message',
      mid: 'm_1',
      text: 'hi',
      attachments: [],
      pageId: '1',
      conversationId: conversation,
      psid: '2400000000000001',
      timestamp: clock.now - more.customerWroteAgo,
      standby: false,
      raw: null,
      ...(more.byAd ? { referral: { source: 'ADS', type: null, ref: null, adId: '7' } } : {}),
    } as const
    await (deps.conversations as unknown as { note(events: unknown[]): Promise<void> }).note([wrote])
  }
  await out.accept(replyNumber(1, undefined, more.reply))
  return { kit, ...out }
}

describe('the window', () => {
  test('is open for a day: an answer is a RESPONSE', async () => {
    const { turn, bodies } = await accepted({ customerWroteAgo: 23 * hour })
    await turn()
    expect(bodies()[0]).toMatchObject({ messaging_type: 'RESPONSE' })
    expect(bodies()[0]).not.toHaveProperty('tag')
  })

  test('lets a human agent answer for seven days', async () => {
    const { turn, bodies } = await accepted({ customerWroteAgo: 25 * hour })
    await turn()
    expect(bodies()[0]).toMatchObject({ messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' })
  })

  test.each([
    { name: 'a bot after a day', reply: { agent: null }, customerWroteAgo: 25 * hour },
    { name: 'an agent after seven days', reply: {}, customerWroteAgo: 169 * hour },
    {
      name: 'an agent of a Page without Human Agent',
      page: { humanAgent: false },
      customerWroteAgo: 25 * hour,
    },
  ])('is closed for $name: nothing is sent, and whoever wrote it is told', async (given) => {
    const { turn, calls, record, told, refused, kit } = await accepted(given)
    expect(await turn()).toEqual(['done'])
    expect(calls).toEqual([])
    const failure = { code: 'WINDOW_CLOSED', message: expect.stringMatching(/customer writes again/) }
    expect(await record(1)).toMatchObject({ status: 'failed', failure })
    expect(told).toMatchObject([{ outcome: { status: 'failed', failure } }])
    expect(refused).toEqual(['WINDOW_CLOSED'])
    expect(await kit.deadLetters.count(), 'a rule is no fault that somebody could mend').toBe(0)
  })

  test('is only a hint where the Page says try: Meta decides', async () => {
    const { turn, bodies, answers, record } = await accepted({
      reply: { agent: null },
      page: { window: 'try' },
      customerWroteAgo: 48 * hour,
    })
    answers.push(refusedWith(10, 2_018_278))
    expect(await turn()).toEqual(['dead WINDOW_CLOSED'])
    expect(bodies()[0]).toMatchObject({ messaging_type: 'RESPONSE' })
    expect(await record(1)).toMatchObject({ failure: { graph: { code: 10, subcode: 2_018_278 } } })
  })

  test('that an ad opened is tried for longer, until Meta says no: then an agent has the tag', async () => {
    const out = await accepted({ customerWroteAgo: 30 * hour, byAd: true })
    out.answers.push(refusedWith(10, 2_018_278))
    expect(await out.turn()).toEqual(['done'])
    expect(out.bodies()).toMatchObject([
      { messaging_type: 'RESPONSE' },
      { messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT' },
    ])
    expect(await out.deps.conversations.get(conversation)).toMatchObject({ adMessageAt: null })
    expect(await out.record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('of somebody we never heard of is tried', async () => {
    const { turn, calls } = await accepted({ reply: { agent: null } })
    await turn()
    expect(calls).toHaveLength(1)
  })
})

describe('a notification', () => {
  const reply = {
    agent: null,
    topic: 'orders',
    message: { template: { type: 'utility', name: 'x', language: 'en' } },
  }

  test.each(['unknown', 'withdrawn'] as const)('is not sent while consent is %s', async (consent) => {
    const { turn, deps, calls, record } = await accepted({ reply, customerWroteAgo: hour })
    expect(await turn({ consents: { ...deps.consents, of: () => Promise.resolve(consent) } })).toEqual([
      'done',
    ])
    expect(calls).toEqual([])
    expect(await record(1)).toMatchObject({ status: 'failed', failure: { code: 'CONSENT_MISSING' } })
  })

  test('is sent as UTILITY when consent is given, whenever the person wrote', async () => {
    const { turn, deps, bodies } = await accepted({ reply, customerWroteAgo: 2000 * hour })
    await turn({ consents: { ...deps.consents, of: () => Promise.resolve('given') } })
    expect(bodies()[0]).toMatchObject({ messaging_type: 'UTILITY', message: { template: { name: 'x' } } })
  })
})

describe('the rate of a Page', () => {
  test('makes a reply wait without a call, an attempt or a slot', async () => {
    const { turn, deps, calls, kit } = await accepted()
    const take = () => Promise.resolve({ granted: false, waitMs: 700, why: 'RATE' } as const)
    expect(await turn({ budgets: { ...deps.budgets, take } })).toEqual(['wait RATE_LIMITED'])
    expect(calls).toEqual([])
    expect(await kit.statuses.of(outLane)).toMatchObject({
      attempts: 0,
      lastCode: 'RATE_LIMITED',
      waiting: 1,
    })
  })

  test('asks for a human answer as urgent, and for a bot as not', async () => {
    const asked: unknown[] = []
    for (const agent of [null, { name: 'Kim' }]) {
      const { turn, deps } = await accepted({ reply: { agent } })
      const take: typeof deps.budgets.take = (ask) => {
        asked.push(ask)
        return deps.budgets.take(ask)
      }
      await turn({ budgets: { ...deps.budgets, take } })
    }
    expect(asked).toEqual([
      { pageId: '1', kind: 'text', urgent: false, caller: outLane },
      { pageId: '1', kind: 'text', urgent: true, caller: outLane },
    ])
  })

  test('that Meta refused holds the whole Page for as long as Meta says', async () => {
    const { turn, deps, answers } = await accepted()
    const held: unknown[] = []
    const hold = (pageId: string, ms: number) => Promise.resolve(void held.push([pageId, ms]))
    const refusal = refusedWith(80_006)
    answers.push({ ...refusal, usage: { percent: 100, regainMs: 120_000 } } as typeof refusal)
    expect(await turn({ budgets: { ...deps.budgets, hold } })).toEqual(['wait META_RATE_LIMIT'])
    expect(held).toEqual([['1', 120_000]])
  })
})

describe('another app that holds the thread', () => {
  test('is waited for', async () => {
    const { turn, answers, calls, kit } = await accepted()
    answers.push(refusedWith(10, 2_018_300))
    expect(await turn()).toEqual(['wait THREAD_NOT_OURS'])
    expect(calls).toHaveLength(1)
    expect(await kit.statuses.of(outLane)).toMatchObject({ attempts: 0, waiting: 1 })
  })

  test('loses it where the Page takes control, and the reply leaves at once', async () => {
    const { turn, answers, calls, record } = await accepted({ page: { threadControl: 'take' } })
    answers.push(refusedWith(10, 2_018_300), { outcome: 'ok', body: { success: true }, usage: null })
    expect(await turn()).toEqual(['done'])
    expect(calls.map((one) => one.path)).toEqual(['1/messages', '1/take_thread_control', '1/messages'])
    expect(await record(1)).toMatchObject({ status: 'sent', possibleRepeat: false })
  })

  test('that does not let go is asked once, and then waited for', async () => {
    const { turn, answers, calls } = await accepted({ page: { threadControl: 'take' } })
    answers.push(
      refusedWith(10, 2_018_300),
      { outcome: 'ok', body: { success: true }, usage: null },
      refusedWith(10, 2_018_300),
    )
    expect(await turn()).toEqual(['wait THREAD_NOT_OURS'])
    expect(calls).toHaveLength(3)
  })
})

describe('an agent with a picture', () => {
  const agent = { name: 'Mia Schulz', pictureUrl: 'https://acme.example/mia.png' }
  const made = { outcome: 'ok', body: { id: 'p_1' }, usage: null } as const

  test('speaks as a persona with the first name, made once', async () => {
    const out = await accepted({ reply: { agent } })
    out.answers.push(made)
    await out.accept(replyNumber(2, undefined, { agent }))
    await out.turn()
    expect(out.calls[0]).toMatchObject({
      path: '1/personas',
      body: { name: 'Mia', profile_picture_url: agent.pictureUrl },
    })
    expect(out.calls.map((one) => one.path)).toEqual(['1/personas', '1/messages', '1/messages'])
    expect(out.bodies().map((one) => one.persona_id)).toEqual(['p_1', 'p_1'])
  })

  test('is never held up by it: the message goes in the name of the Page', async () => {
    const { turn, answers, bodies } = await accepted({ reply: { agent } })
    answers.push(refusedWith(200))
    expect(await turn()).toEqual(['done'])
    expect(bodies()[0]).not.toHaveProperty('persona_id')
  })

  test('whose persona was deleted at Meta speaks without it, and with a new one the next time', async () => {
    const out = await accepted({ reply: { agent } })
    out.answers.push(made, refusedWith(100))
    expect(await out.turn()).toEqual(['done'])
    expect(out.bodies().map((one) => one.persona_id)).toEqual(['p_1', undefined])
    await out.accept(replyNumber(2, undefined, { agent }))
    await out.turn()
    expect(out.calls.map((one) => one.path).filter((path) => path === '1/personas')).toHaveLength(2)
  })

  test('keeps the persona when it was the message that Meta refused', async () => {
    const out = await accepted({ reply: { agent } })
    out.answers.push(made, refusedWith(100), refusedWith(100))
    expect(await out.turn()).toEqual(['dead MESSAGE_REFUSED'])
    await out.accept(replyNumber(2, undefined, { agent }))
    await out.turn()
    expect(out.bodies().at(-1)?.persona_id).toBe('p_1')
  })
})

test('typing that comes too late is not shown', async () => {
  const { turn, calls, record, kit } = await accepted({ reply: { message: { typing: true }, agent: null } })
  const items = kit.keysOf(outLane).items(outLane)
  const [, seq, since, payload] = /^(\d+):(\d+):(.*)$/.exec((await redis.client.lindex(items, 0))!)!
  await redis.client.lset(items, 0, `${seq}:${Number(since) - 31_000}:${payload}`)
  expect(await turn()).toEqual(['done'])
  expect(calls).toEqual([])
  expect(await record(1)).toMatchObject({ status: 'failed', failure: { code: 'GAVE_UP' } })
})
