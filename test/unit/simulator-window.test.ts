import { describe, expect, test } from 'vitest'
import {
  INSTAGRAM,
  OTHER_PAGE,
  OTHER_TOKEN,
  PAGE,
  PSID,
  reply,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta({ windows: 'enforced' })

const HOUR = 3_600_000
const DAY = 24 * HOUR
const tagged = (tag: string, message: object = { text: 'x' }) => ({
  recipient: { id: PSID },
  messaging_type: 'MESSAGE_TAG',
  tag,
  message,
})
const feedback = {
  attachment: {
    type: 'template',
    payload: {
      template_type: 'customer_feedback',
      title: 'Tell us',
      button_title: 'Rate',
      feedback_screens: [{ questions: [{ id: 'q', type: 'csat' }] }],
      business_privacy: { url: 'https://shop.example/' },
    },
  },
}

async function say(body: object = reply({ text: 'x' })) {
  return verdict(await meta.send(body))
}

async function wrote(ago = 0) {
  await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
  meta.advance(ago)
}

describe('the window of a day', () => {
  test('is closed for who never wrote, and opens when they write', async () => {
    expect(await say()).toBe('10/2018278')
    await wrote()
    expect(await say()).toBe('200')
  })

  test('is one for each Page', async () => {
    await wrote()
    const body = reply({ text: 'x' })
    const answer = await meta.graph('POST', `${OTHER_PAGE}/messages`, { token: OTHER_TOKEN, body })
    expect(verdict(answer)).toBe('10/2018278')
  })

  test('ends after 24 hours', async () => {
    await wrote(DAY - 60_000)
    expect(await say()).toBe('200')
    meta.advance(60_000)
    expect(await say()).toBe('10/2018278')
    expect(meta.simulator.sent).toHaveLength(1)
  })

  test.each([
    ['a tap on a button', { postback: { title: 'Start' } }],
    ['a reaction', { reaction: { mid: 'm_1', emoji: '👍' } }],
    ['a link into the thread', { referral: { ref: 'r' } }],
  ])('is opened by %s', async (_name, happening) => {
    await meta.simulator.write({ pageId: PAGE, psid: PSID, ...happening })
    expect(await say()).toBe('200')
  })

  test('has a number of its own on Instagram', async () => {
    const body = { recipient: { id: PSID }, message: { text: 'x' } }
    expect(verdict(await meta.sendOnInstagram(body))).toBe('10/2534022')
    await meta.simulator.write({ pageId: INSTAGRAM, psid: PSID, text: 'Hi' })
    expect(verdict(await meta.sendOnInstagram(body))).toBe('200')
  })

  test('can be set by a test', async () => {
    const set = (lastWroteAt: unknown) =>
      meta.sim('POST', '/person', { pageId: PAGE, psid: PSID, lastWroteAt })
    await set(Date.now())
    expect(await say()).toBe('200')
    await set(new Date(Date.now() - 25 * HOUR).toISOString())
    expect(await say()).toBe('10/2018278')
    await set(null)
    expect(await say(tagged('HUMAN_AGENT'))).toBe('10/2018278')
    expect((await set('yesterday')).status).toBe(400)
  })
})

describe('beyond the window', () => {
  test('a human may answer for seven days', async () => {
    await wrote(7 * DAY - 60_000)
    expect(await say()).toBe('10/2018278')
    expect(await say(tagged('HUMAN_AGENT'))).toBe('200')
    meta.advance(60_000)
    expect(await say(tagged('HUMAN_AGENT'))).toBe('10/2018278')
  })

  test('a human may not answer where the app has no such feature', async () => {
    await wrote(2 * DAY)
    meta.simulator.page({ pageId: PAGE, humanAgent: false })
    expect(await say(tagged('HUMAN_AGENT'))).toBe('10')
  })

  test('an opinion may be asked for seven days', async () => {
    await wrote(2 * DAY)
    expect(await say(tagged('CUSTOMER_FEEDBACK', feedback))).toBe('200')
    expect(await say(reply(feedback))).toBe('10/2018278')
    meta.advance(5 * DAY)
    expect(await say(tagged('CUSTOMER_FEEDBACK', feedback))).toBe('10/2018278')
  })

  test('an approved template may go at any time, to who wrote once', async () => {
    meta.simulator.template({ pageId: PAGE, name: 'shipped' })
    const utility = {
      recipient: { id: PSID },
      messaging_type: 'UTILITY',
      message: { template: { name: 'shipped', language: { code: 'en' } } },
    }
    expect(await say(utility)).toBe('10/2018278')
    await wrote(100 * DAY)
    expect(await say(utility)).toBe('200')
  })

  test('one message in particular can be answered within the day only', async () => {
    const { mid } = await meta.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
    meta.advance(2 * DAY)
    expect(await say(tagged('HUMAN_AGENT'))).toBe('200')
    expect(await say({ ...tagged('HUMAN_AGENT'), reply_to: { mid } })).toBe('10/2018278')
  })

  test('a checkbox reference must be known, and is good for a day', async () => {
    const body = { ...reply({ text: 'x' }), recipient: { user_ref: 'ref-1' } }
    expect(await say(body)).toBe('100/2018001')
    await meta.sim('POST', '/optin', { pageId: PAGE, userRef: 'ref-1' })
    expect(await say(body)).toBe('200')
    meta.advance(DAY)
    expect(await say(body)).toBe('10/2018278')
  })
})

describe('people', () => {
  test('who blocked the Page are not available', async () => {
    await wrote()
    await meta.sim('POST', '/person', { pageId: PAGE, psid: PSID, blocked: true })
    expect(await say()).toBe('551/1545041')
    await meta.sim('POST', '/person', { pageId: PAGE, psid: PSID, blocked: false })
    expect(await say()).toBe('200')
  })

  test('who stopped the notifications get none', async () => {
    await wrote()
    meta.simulator.person({ pageId: PAGE, psid: PSID, stopped: true })
    expect(await say()).toBe('10/1893015')
  })
})

describe('a private reply', () => {
  const to = (recipient: object) => ({ recipient, message: { text: 'About your comment' } })
  const comment = (more: object = {}) =>
    meta.simulator.comment({ pageId: PAGE, message: 'Price?', from: { id: PSID, name: 'Ada' }, ...more })

  test('goes once to who commented, though they never wrote, and opens no window', async () => {
    const { commentId } = await comment()
    const { body } = await meta.send(to({ comment_id: commentId }))
    expect(body).toEqual({ recipient_id: PSID, message_id: expect.stringMatching(/^m_/) })
    expect(await say(to({ comment_id: commentId }))).toBe('10902')
    expect(await say()).toBe('10/2018278')
    await wrote()
    expect(await say()).toBe('200')
  })

  test('goes within seven days', async () => {
    const first = await comment()
    const second = await comment()
    meta.advance(7 * DAY - 60_000)
    expect(await say(to({ comment_id: first.commentId }))).toBe('200')
    meta.advance(60_000)
    expect(await say(to({ comment_id: second.commentId }))).toBe('10/2018278')
  })

  test('answers a post of a visitor by its id, and comments only by theirs', async () => {
    const post = await comment({ post: true })
    const { commentId } = await comment()
    expect(await say(to({ comment_id: post.postId }))).toBe('100/2018292')
    expect(await say(to({ post_id: post.postId }))).toBe('200')
    expect(await say(to({ post_id: commentId }))).toBe('100/2018292')
    expect(await say(to({ comment_id: 'unknown' }))).toBe('100/2018292')
  })

  test("answers no other Page's comments, and not the Page itself", async () => {
    const { commentId } = await comment()
    const body = to({ comment_id: commentId })
    const other = await meta.graph('POST', `${OTHER_PAGE}/messages`, { token: OTHER_TOKEN, body })
    expect(verdict(other)).toBe('100/2018292')
    const own = await meta.graph('POST', `${commentId}/comments`, { body: { message: 'See your messages' } })
    expect(await say(to({ comment_id: own.body.id }))).toBe('100/2018292')
  })

  test('has a number of its own on Instagram', async () => {
    expect(verdict(await meta.sendOnInstagram(to({ comment_id: '1' })))).toBe('100/2534025')
  })

  test('that Graph did not take leaves the comment unanswered', async () => {
    const { commentId } = await comment()
    meta.simulator.fail({ status: 500, error: { code: 2 } })
    expect(await say(to({ comment_id: commentId }))).toBe('2')
    expect(await say(to({ comment_id: commentId }))).toBe('200')
  })
})

describe('a Page', () => {
  test('that is restricted sends nothing at all', async () => {
    await wrote()
    await meta.sim('POST', '/page', { pageId: PAGE, restricted: true })
    expect(await say()).toBe('10/1893063')
    expect(await say({ recipient: { id: PSID }, sender_action: 'typing_on' })).toBe('10/1893063')
    await meta.sim('POST', '/page', { pageId: PAGE, restricted: false })
    expect(await say()).toBe('200')
  })

  test.each([10, 200] as const)('without the permission is answered with %d', async (missingPermission) => {
    await wrote()
    meta.simulator.page({ pageId: PAGE, missingPermission })
    expect(await say()).toBe(String(missingPermission))
    meta.simulator.page({ pageId: PAGE, missingPermission: null })
    expect(await say()).toBe('200')
  })
})

describe('with open windows', () => {
  const open = useSimulatedMeta({ windows: 'open' })

  test('everybody has just written, until a test says otherwise', async () => {
    expect(verdict(await open.send(reply({ text: 'x' })))).toBe('200')
    expect(verdict(await open.send({ ...reply({ text: 'x' }), recipient: { user_ref: 'r' } }))).toBe('200')
    open.advance(100 * DAY)
    expect(verdict(await open.send(reply({ text: 'x' })))).toBe('200')
    open.simulator.person({ pageId: PAGE, psid: PSID, lastWroteAt: null })
    expect(verdict(await open.send(reply({ text: 'x' })))).toBe('10/2018278')
  })

  test('someone who did write and fell silent is still taken as having just written', async () => {
    await open.simulator.write({ pageId: PAGE, psid: PSID, text: 'Hi' })
    open.advance(2 * DAY)
    expect(verdict(await open.send(reply({ text: 'x' })))).toBe('200')
  })
})
