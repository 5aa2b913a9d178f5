import { describe, expect, test } from 'vitest'
import {
  INSTAGRAM,
  INSTAGRAM_TOKEN,
  only,
  OTHER_TOKEN,
  PAGE,
  PSID,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()

const from = { id: PSID, name: 'Ada' }

test('a comment is a change of the feed, in seconds', async () => {
  const { status, body } = await meta.sim('POST', '/comments', { pageId: PAGE, message: 'Price?', from })
  expect(status).toBe(200)
  const { entry } = JSON.parse(only(meta.webhook.received).bytes.toString())
  expect(entry[0]).toMatchObject({ id: PAGE, time: expect.any(Number) })
  expect(entry[0].time).toBeLessThan(1e11)
  expect(only(meta.events('changes'))).toEqual({
    field: 'feed',
    value: {
      item: 'comment',
      verb: 'add',
      comment_id: body.commentId,
      post_id: body.postId,
      parent_id: body.postId,
      from,
      message: 'Price?',
      created_time: expect.any(Number),
    },
  })
  expect(body.postId).toMatch(new RegExp(`^${PAGE}_\\d+$`))
  expect(body.commentId).toMatch(/^\d+_\d+$/)
})

test('a post of a visitor is one too', async () => {
  const { postId, commentId } = await meta.simulator.comment({
    pageId: PAGE,
    message: 'Hello',
    from,
    post: true,
  })
  expect(commentId).toBe(postId)
  expect(only(meta.events('changes'))).toMatchObject({
    value: { item: 'post', verb: 'add', post_id: postId, from },
  })
})

test('on Instagram it is a field of its own', async () => {
  const said = { pageId: INSTAGRAM, message: 'Price?', from, postId: '55', commentId: '66', parentId: '44' }
  await meta.simulator.comment(said)
  expect(JSON.parse(only(meta.webhook.received).bytes.toString()).object).toBe('instagram')
  expect(only(meta.events('changes'))).toEqual({
    field: 'comments',
    value: {
      from: { id: PSID, username: 'Ada' },
      comment_id: '66',
      parent_id: '44',
      text: 'Price?',
      media: { id: '55', media_product_type: 'FEED' },
    },
  })
})

describe('the Page', () => {
  test('answers in public, and the webhook hears of it', async () => {
    const { commentId, postId } = await meta.simulator.comment({ pageId: PAGE, message: 'Price?', from })
    const { body } = await meta.graph('POST', `${commentId}/comments`, {
      body: { message: 'See your messages' },
    })
    await meta.simulator.idle()
    expect(meta.events('changes').at(-1)).toMatchObject({
      value: {
        comment_id: body.id,
        parent_id: commentId,
        post_id: postId,
        from: { id: PAGE },
        message: 'See your messages',
      },
    })
    expect(verdict(await meta.graph('POST', `${commentId}/comments`, { body: { message: '' } }))).toBe('100')
    expect(verdict(await meta.graph('POST', `${commentId}/replies`, { body: { message: 'x' } }))).toBe(
      '100/33',
    )
  })

  test('hides and shows', async () => {
    const { commentId } = await meta.simulator.comment({ pageId: PAGE, message: 'Spam', from })
    const hide = (body: object) => meta.graph('POST', commentId, { body })
    const hidden = async () =>
      only((await meta.sim('GET', `/comments?pageId=${PAGE}`)).body.comments as { hidden: boolean }[])
    expect((await hide({ is_hidden: true })).body).toEqual({ success: true })
    expect(await hidden()).toMatchObject({ id: commentId, hidden: true })
    expect(verdict(await meta.graph('POST', `${commentId}?is_hidden=false`))).toBe('200')
    expect(await hidden()).toMatchObject({ hidden: false, answered: false })
    expect(verdict(await hide({ hide: true }))).toBe('100')
    expect(verdict(await hide({}))).toBe('100')
  })

  test('does so with its own comments only', async () => {
    const { commentId } = await meta.simulator.comment({ pageId: PAGE, message: 'Price?', from })
    for (const [path, body] of [
      [commentId, { is_hidden: true }],
      [`${commentId}/comments`, { message: 'x' }],
    ] as const) {
      expect(verdict(await meta.graph('POST', path, { token: OTHER_TOKEN, body }))).toBe('100/33')
    }
    expect(verdict(await meta.graph('POST', 'unknown', { body: { is_hidden: true } }))).toBe('100/33')
  })
})

test('an Instagram account answers top-level comments, and hides in its own word', async () => {
  const call = (path: string, body: object) => meta.graph('POST', path, { token: INSTAGRAM_TOKEN, body })
  const top = await meta.simulator.comment({ pageId: INSTAGRAM, message: 'Price?', from })
  const below = await meta.simulator.comment({
    pageId: INSTAGRAM,
    message: '?',
    from,
    parentId: top.commentId,
  })
  expect((await call(`${top.commentId}/replies`, { message: 'x' })).body).toEqual({ id: expect.any(String) })
  expect(verdict(await call(`${below.commentId}/replies`, { message: 'x' }))).toBe('100')
  expect(verdict(await call(`${top.commentId}/comments`, { message: 'x' }))).toBe('100/33')
  expect(verdict(await call(top.commentId, { hide: true }))).toBe('200')
  expect(verdict(await call(top.commentId, { is_hidden: true }))).toBe('100')
})
