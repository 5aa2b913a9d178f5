import { describe, expect, test } from 'vitest'
import type { GraphAnswer, GraphCall } from '../../src/meta/graph-client.ts'
import { changeThread, threadOwner } from '../../src/routing/change-thread.ts'
import type { ThreadAction } from '../../src/routing/change-thread.ts'
import { noAnswer, page, refusedWith } from '../support/lane-replies.ts'

const psid = '2400000000000001'
const notOurs = refusedWith(10, 2_018_300)
const body = (value: unknown): GraphAnswer => ({ outcome: 'ok', body: value, usage: null })
const owned = (app_id?: string | number) =>
  body({ data: [{ thread_owner: { app_id, expiration: 1_790_000_000 } }] })
const idle = body({ data: [] })

function graphWith(...answers: GraphAnswer[]) {
  const calls: GraphCall[] = []
  const graph = {
    call(call: GraphCall) {
      calls.push(call)
      return Promise.resolve(answers.shift() ?? body({ success: true }))
    },
  }
  return { calls, graph }
}

describe('a change', () => {
  test.each([
    [{ action: 'pass', target: 'inbox' }, 'messenger', { target_app_id: '263902037430900' }],
    [{ action: 'pass', target: 'inbox' }, 'instagram', { target_app_id: '1217981644879628' }],
    [{ action: 'pass', target: '5', metadata: 'm' }, 'messenger', { target_app_id: '5', metadata: 'm' }],
    [{ action: 'release' }, 'messenger', {}],
    [{ action: 'request', metadata: 'm' }, 'messenger', { metadata: 'm' }],
    [{ action: 'take' }, 'messenger', {}],
    [{ action: 'extend', seconds: 60 }, 'messenger', { duration: 60 }],
  ] as const)('%j on %s is asked of Meta', async (wanted, channel, more) => {
    const { calls, graph } = graphWith()
    expect(await changeThread({ graph }, { ...page, channel }, psid, wanted)).toEqual({
      ok: true,
      value: null,
    })
    expect(calls).toEqual([
      {
        method: 'POST',
        path: `1/${wanted.action}_thread_control`,
        accessToken: page.accessToken,
        body: { recipient: { id: psid }, ...more },
      },
    ])
  })

  const toInbox: ThreadAction = { action: 'pass', target: 'inbox' }
  test.each([
    ['a pass, when the target has it', toInbox, owned('263902037430900'), true],
    ['a pass, when the number of the target has it', toInbox, owned(263902037430900), true],
    ['a pass, when another has it', toInbox, owned('5'), false],
    ['a pass, when Meta does not say who has it', toInbox, owned(), false],
    ['a pass, when nobody has it', toInbox, idle, false],
    ['a release, when nobody has it', { action: 'release' }, idle, true],
    ['a release, when another has it', { action: 'release' }, owned('5'), false],
    ['a release, when the owner cannot be read', { action: 'release' }, noAnswer('no'), false],
  ] as [string, ThreadAction, GraphAnswer, boolean][])(
    'that is refused since it is not ours counts as done for %s: %j',
    async (_what, wanted, owner, ok) => {
      const { calls, graph } = graphWith(notOurs, owner)
      const answer = await changeThread({ graph }, page, psid, wanted)
      expect(answer).toMatchObject(
        ok ? { ok } : { ok, retry: false, message: expect.stringContaining('10/2018300: another app') },
      )
      expect(calls[1]).toMatchObject({ method: 'GET', path: '1/thread_owner', query: { recipient: psid } })
    },
  )

  test.each([
    ['take', refusedWith(10), false, /refused it with 10\/-: only the Page's default app/],
    ['extend', refusedWith(10), false, /it lacks a permission/],
    ['extend', notOurs, false, /10\/2018300: another app or person has/],
    ['take', refusedWith(190, 460), false, /190\/460: its token is dead/],
    ['take', refusedWith(100), false, /100\/-: look at the target/],
    ['take', refusedWith(613), true, /613\/-: try again later/],
    ['take', noAnswer('no'), true, /not reached/],
    ['take', noAnswer('unknown'), true, /nobody knows/],
    ['take', body({ success: false }), false, /did not take/],
  ] as const)(
    '%s that fails with %j says whether to try again, and what to do',
    async (action, given, retry, says) => {
      const { calls, graph } = graphWith(given)
      const wanted = action === 'take' ? { action } : { action, seconds: 1 }
      const answer = await changeThread({ graph }, page, psid, wanted)
      expect(answer).toEqual({ ok: false, retry, message: expect.stringMatching(says) })
      expect(calls).toHaveLength(1)
    },
  )
})

describe('the owner', () => {
  test.each([
    [owned('5'), { appId: '5', expiresAt: 1_790_000_000_000 }],
    [owned(), { appId: null, expiresAt: 1_790_000_000_000 }],
    [body({ data: [{ thread_owner: { app_id: '5' } }] }), { appId: '5', expiresAt: null }],
    [idle, null],
  ])('in %j is %j', async (answer, owner) => {
    expect(await threadOwner({ graph: graphWith(answer).graph }, page, psid)).toEqual({
      ok: true,
      value: owner,
    })
  })

  test('in a form that nobody knows is not guessed', async () => {
    const { graph } = graphWith(body({ owner: '5' }))
    expect(await threadOwner({ graph }, page, psid)).toMatchObject({ ok: false, retry: true })
  })
})
