import { describe, expect, test } from 'vitest'
import type { Reply } from '../../src/domain/reply.ts'
import { anna, bert, eraseKit, psidOf, wrote } from '../support/erase-kit.ts'
import { replyNumber } from '../support/lane-replies.ts'
import { useRedis } from '../support/redis.ts'

// Small values are kept as they are written, so that what Redis dumps can be searched.
const redis = useRedis({ appendfsync: 'no', extraArgs: ['--rdbcompression', 'no'] })

type World = ReturnType<typeof eraseKit>

/** A person of whom everything is kept that can be. */
async function livingOf(world: World, id: string, n: number): Promise<Reply> {
  const { kit, inbox, conversations, replies, consents, stops } = world
  const psid = psidOf(id)
  await world.arrive(wrote(id, `waits ${n}`))
  const reply = replyNumber(n, id, { message: { text: `reply ${n}` } })
  await replies.open(reply, { fingerprint: 'print', parts: 1 })
  await replies.noteSent([{ replyId: reply.id, part: 0, mid: `m_${n}`, conversationId: id, at: 1 }], 'answer')
  await replies.open(replyNumber(n + 100, id), { fingerprint: 'print', parts: 1 })
  await kit.lanes.append([{ lane: `out:${id}`, id: `out-${n}`, payload: `{"text":"goes out ${n}"}` }])
  await conversations.keepTicket(id, 'main', id)
  await inbox.open({ id, pageId: '1', psid, channel: 'messenger' })
  await inbox.put(id, { id: `evt_in_${n}`, from: 'customer', at: Date.now(), text: `said ${n}` })
  await consents.note([
    { conversationId: id, topic: 'orders', status: 'given', source: 'box', by: 'rest:shop', at: 5 },
  ])
  await stops.park('1', `out:${id}`, 1)
  return reply
}

async function bury(world: World, lane: string, payload: string): Promise<void> {
  await world.kit.append(lane, payload)
  const task = await world.kit.claimOne(lane)
  await world.kit.lanes.commit([{ task, verdict: 'dead', code: 'X', message: 'x' }])
}

describe('erasing a customer', () => {
  test('erases everything of theirs, says how much, and touches nobody else', async () => {
    const world = eraseKit(redis.client)
    const { erase, keysWith, replies } = world
    const hers = await livingOf(world, anna, 1)
    const his = await livingOf(world, bert, 2)
    const before = await keysWith(bert)
    const erasure = await erase()
    expect(erasure).toEqual({
      customerId: anna,
      complete: true,
      erased: {
        waiting: 2,
        deadLetters: 0,
        deliveries: 0,
        replies: 2,
        inboxMessages: 1,
        attachments: 0,
        records: 3,
      },
      suppressed: false,
      disk: { aof: 'rewritten', rdb: 'none', replicas: 0 },
      remaining: [],
      elsewhere: [],
    })
    expect(await replies.get(hers.id)).toBeUndefined()
    expect(await replies.get(his.id)).toMatchObject({ status: 'sent' })
    // His id begins with hers.
    expect((await keysWith(psidOf(anna))).toSorted()).toEqual(before)
    expect(await keysWith(bert)).toEqual(before)
  })

  test('is idempotent', async () => {
    const world = eraseKit(redis.client)
    await livingOf(world, anna, 3)
    await world.erase()
    const again = await world.erase()
    expect(again.complete).toBe(true)
    expect(Object.values(again.erased).every((count) => count === 0)).toBe(true)
    expect(await world.erase('1:2499999999999999')).toMatchObject({ complete: true, erased: { records: 0 } })
  })

  test('erases dead letters that are theirs or mention them, and no others', async () => {
    const world = eraseKit(redis.client)
    const { kit, erase } = world
    const psid = psidOf(anna)
    await bury(world, `in:${anna}`, '{"text":"an event"}')
    await bury(world, `out:${anna}`, '{"text":"a reply"}')
    await bury(world, 'in:1:comment:77', `{"author":{"id":"${psid}"}}`)
    await bury(world, 'in:2:comment:77', `{"author":{"id":"${psid}"}}`)
    await bury(world, `in:${bert}`, `{"psid":"${psidOf(bert)}"}`)
    const keep = (body: string, encoding: 'utf8' | 'base64' = 'utf8') =>
      kit.deadLetters.keepDelivery({ body, encoding, receivedAt: Date.now() }, 'DELIVERY_NOT_JSON', 'no JSON')
    await keep(`{"sender":{"id":"${psid}"}`)
    await keep(`{"sender":{"id":${psid}},`)
    await keep(`{"sender":{"id":"${psidOf(bert)}"}`)
    await keep(Buffer.from(`\xff{"id":"${psid}"`, 'latin1').toString('base64'), 'base64')
    const { erased } = await erase()
    expect([erased.deadLetters, erased.deliveries]).toEqual([3, 3])
    const { letters } = await kit.deadLetters.list(50)
    expect(letters.map(({ conversationId, payload }) => conversationId ?? payload).toSorted()).toEqual(
      [bert, '2:comment:77', `{"sender":{"id":"${psidOf(bert)}"}`].toSorted(),
    )
  })

  test('takes nobody for them by an id that is too short to be one', async () => {
    const world = eraseKit(redis.client)
    const body = '{"sender":{"id":"42"},"n":42'
    await world.kit.deadLetters.keepDelivery(
      { body, encoding: 'utf8', receivedAt: Date.now() },
      'DELIVERY_NOT_JSON',
      'no JSON',
    )
    expect((await world.erase('1:42')).erased.deliveries).toBe(0)
  })

  test('finds records of replies that no index names', async () => {
    const world = eraseKit(redis.client)
    const ids = Array.from({ length: 2500 }, (_, n) => replyNumber(10_000 + n, n % 5 === 0 ? anna : bert))
    await Promise.all(ids.map((reply) => world.replies.open(reply, { fingerprint: 'print', parts: 1 })))
    expect((await world.erase()).erased.replies).toBe(500)
    expect((await world.erase(bert)).erased.replies).toBe(2000)
  })

  test('finds private replies to their comments, which belong to the thread', async () => {
    const world = eraseKit(redis.client)
    const thread = '1:comment:77'
    const [hers, his] = [replyNumber(1, thread), replyNumber(2, thread)]
    for (const [reply, to] of [
      [hers, anna],
      [his, bert],
    ] as const) {
      await world.replies.open(reply, { fingerprint: 'print', parts: 1 })
      await redis.client.hset(`${world.kit.prefix}:reply:${reply.id}`, 'to', to)
    }
    expect((await world.erase()).erased.replies).toBe(1)
    expect(await world.replies.get(hers.id)).toBeUndefined()
    expect(await world.replies.get(his.id)).toMatchObject({ conversationId: thread })
  })

  test('takes its lanes off the list of those that wait for their Page, and off the trial', async () => {
    const world = eraseKit(redis.client)
    const { stops, erase } = world
    const stop = {
      reason: 'permission',
      graph: '200/0',
      since: 1,
      tokenMark: 'mark',
      probes: 3,
      probeAt: 9_999_999_999_999,
      trialLane: `out:${anna}`,
    } as const
    await stops.put('1', stop)
    await stops.put('2', { ...stop, trialLane: `out:2:${psidOf(anna)}` })
    await stops.park('1', `out:${anna}`, 1)
    await stops.park('1', `out:${bert}`, 2)
    await erase()
    expect(await stops.unpark('1', 10, 10)).toEqual([`out:${bert}`])
    const all = await stops.all()
    expect(all.get('1')).toEqual({ ...stop, trialLane: null, probeAt: 0 })
    expect(all.get('2')?.trialLane).toBe(`out:2:${psidOf(anna)}`)
  })

  test('names the helpdesks that have copies: those with a ticket, and that of the Page', async () => {
    const world = eraseKit(redis.client, { inboxes: new Map() })
    await world.conversations.keepTicket(anna, 'zendesk', 'Z-7')
    expect((await world.erase()).elsewhere).toEqual([
      { helpdesk: 'zendesk', ticket: 'Z-7' },
      { helpdesk: 'main', ticket: null },
    ])
    const withInbox = eraseKit(redis.client)
    await withInbox.conversations.keepTicket(anna, 'main', anna)
    expect((await withInbox.erase()).elsewhere).toEqual([])
  })

  test('erases the files that were copied, by the conversation', async () => {
    const asked: string[] = []
    const eraseCopies = (id: string) => Promise.resolve(asked.push(id))
    const { erased } = await eraseKit(redis.client, { eraseCopies }).erase()
    expect([asked, erased.attachments]).toEqual([[anna], 1])
  })

  test('releases the lanes when something fails, so that nothing waits for it', async () => {
    const fails = () => Promise.reject(new Error('as planned'))
    const world = eraseKit(redis.client, { eraseCopies: fails })
    await expect(world.erase()).rejects.toThrow('as planned')
    await world.arrive(wrote(anna, 'new'))
    expect((await world.kit.claimOne(`in:${anna}`)).payload).toContain('new')
  })
})

describe('what is left to do', () => {
  test('the journal is waited for; what is split by then is erased as everything else', async () => {
    let asks = 0
    const world = eraseKit(redis.client, {
      unsplit: async (holds) => {
        expect([holds(`"${psidOf(anna)}"`), holds(`"${psidOf(bert)}"`)]).toEqual([true, false])
        if (++asks < 3) return 1
        if (asks === 3) await world.arrive(wrote(anna, 'was in the journal'))
        return 0
      },
    })
    expect(await world.erase()).toMatchObject({ complete: true, erased: { waiting: 1 } })
    expect(await world.keysWith('was in the journal')).toEqual([])
  })

  test('a journal that nobody splits is told, and a request stays open', async () => {
    const world = eraseKit(redis.client, { unsplit: () => Promise.resolve(2) })
    const code = 'a'.repeat(40)
    await world.deletions.receive({ code, kind: 'deletion', userId: '99', receivedAt: 1 })
    expect(await world.erase(anna, { deletionCode: code })).toMatchObject({
      complete: false,
      remaining: [{ code: 'JOURNAL', message: expect.stringContaining('2 journal writes') }],
    })
    expect(await world.deletions.get(code)).toMatchObject({ status: 'received', userId: '99' })
  })

  test.each([
    [{ aof: 'unfinished', rdb: 'none' }, ['AOF']],
    [{ aof: 'refused', rdb: 'saved' }, ['AOF']],
    [{ aof: 'rewritten', rdb: 'refused' }, ['RDB']],
    [{ aof: 'unfinished', rdb: 'unfinished' }, ['AOF', 'RDB']],
    [{ aof: 'off', rdb: 'saved' }, []],
  ] as const)('files that were not written anew are told: %o', async (disk, codes) => {
    const world = eraseKit(redis.client, { rewriteFiles: () => Promise.resolve({ ...disk, replicas: 0 }) })
    const code = 'b'.repeat(40)
    await world.deletions.receive({ code, kind: 'deletion', userId: '99', receivedAt: 1 })
    const erasure = await world.erase(anna, { deletionCode: code })
    expect([erasure.complete, erasure.remaining.map((one) => one.code)]).toEqual([codes.length === 0, codes])
    // Of the request itself nothing personal may be in the files that are written anew.
    const isDone = codes.length === 0
    expect(await world.deletions.get(code)).toMatchObject({
      status: isDone ? 'done' : 'erasing',
      userId: null,
    })
    await world.deletions.finish(code, 5)
    await redis.client.del(`${world.kit.prefix}:deletion:${code}`)
  })
})
