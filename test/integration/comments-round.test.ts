import { describe, expect, it } from 'vitest'
import { ada, isFailed, isSent, ofPage, postId, startCommentRound, texts } from '../support/comment-round.ts'
import type { Fate } from '../support/comment-round.ts'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { pageId, psid } from '../support/service.ts'

const redis = useRedis()
const day = 86_400_000
const startRound = (prefix: string, page: Record<string, unknown> = {}) =>
  startCommentRound(redis.url, prefix, page)

describe('a comment', () => {
  it('opens a ticket that says where it was written and by whom', async () => {
    const { commented, inbox } = await startRound('origin')
    const { conversation } = await commented('Do you deliver to Kiruna?')
    expect(await inbox(conversation, () => true)).toMatchObject([
      { from: 'note', text: `Ada commented under a post: ${postId}` },
      { from: 'customer', text: 'Do you deliver to Kiruna?', customerName: 'Ada' },
    ])
  })

  it('is answered in public below it, and our answer does not come back as news', async () => {
    const { meta, commented, say, fateOf, inbox } = await startRound('public')
    const { conversation, commentId } = await commented('Price?')
    const fate = await fateOf(await say(conversation, { text: '20 €', agent: { name: 'Grace' } }), isSent)
    const [answer] = ofPage(meta)
    expect(answer).toMatchObject({ message: '20 €', parentId: commentId })
    expect(fate).toMatchObject({
      status: 'sent',
      possibleRepeat: false,
      parts: [{ mid: answer?.id, status: 'sent' }],
    })
    await meta.idle()
    // What comes after it in the same thread shows that it was looked at.
    await commented('Thanks', { parentId: commentId, createdAt: Date.now() + 1000 })
    expect(texts(await inbox(conversation, () => true)).slice(1)).toEqual([
      'customer: Price?',
      'agent: 20 €',
      'customer: Thanks',
    ])
  })

  it('whose answer got no answer is not answered twice: its copy tells that it is there', async () => {
    const { meta, commented, say, fateOf } = await startRound('unknown')
    const { conversation } = await commented('Price?')
    meta.fail({ path: 'comments', cut: 'after' })
    const fate = await fateOf(await say(conversation, { text: '20 €' }), isSent)
    expect(ofPage(meta)).toHaveLength(1)
    expect(fate).toMatchObject({ possibleRepeat: false, parts: [{ mid: ofPage(meta)[0]?.id }] })
  })

  it('that was answered elsewhere is shown as an agent’s, and what answers an answer is in the same thread', async () => {
    const { meta, commented, say, fateOf, inbox } = await startRound('threads')
    const { conversation, commentId } = await commented('Price?')
    const elsewhere = await meta.comment({
      pageId,
      message: 'From the app',
      from: { id: pageId, name: 'Acme' },
      postId,
      parentId: commentId,
      createdAt: Date.now() - 30_000,
    })
    const below = await meta.comment({
      pageId,
      message: 'And for two?',
      from: ada,
      postId,
      parentId: elsewhere.commentId,
    })
    const shown = await inbox(conversation, (messages) => messages.length === 4)
    expect(texts(shown).slice(1)).toEqual([
      'customer: Price?',
      'agent: From the app',
      'customer: And for two?',
    ])
    // Whoever names no comment answers the customer's newest.
    await fateOf(await say(conversation, { text: '38 €' }), isSent)
    expect(ofPage(meta).at(-1)).toMatchObject({ parentId: below.commentId, message: '38 €' })
    await fateOf(await say(conversation, { text: 'Each 20 €', commentId }), isSent)
    expect(ofPage(meta).at(-1)).toMatchObject({ parentId: commentId })
  })

  it('is hidden and shown again', async () => {
    const { meta, service, commented, fateOf } = await startRound('hide')
    const { conversation, commentId } = await commented('Buy followers')
    const act = (verb: string) =>
      service.rest('POST', `/v1/conversations/${conversation}/comments/${commentId}/${verb}`)
    const hidden = () => meta.comments(pageId).find(({ id }) => id === commentId)?.hidden
    expect(await fateOf(await act('hide'), isSent)).toMatchObject({ parts: [{ mid: null, status: 'sent' }] })
    expect(hidden()).toBe(true)
    await fateOf(await act('unhide'), isSent)
    expect(hidden()).toBe(false)
    const other = await service.rest('POST', `/v1/conversations/${conversation}/comments/9_9/hide`)
    expect(await other.json()).toMatchObject({ status: 422, errors: [{ path: 'params.commentId' }] })
    const person = await service.rest('POST', `/v1/conversations/${pageId}:${psid}/comments/9_9/hide`)
    expect(person.status).toBe(404)
  })
})

describe('a comment on Instagram', () => {
  it('is answered where its thread began, and hidden in Instagram’s own word', async () => {
    const round = await startRound('instagram', { channel: 'instagram' })
    const { meta, service, commented, say, fateOf } = round
    const { conversation, commentId } = await commented('Price?', { postId: '5500' })
    const below = await commented('?', { postId: '5500', parentId: commentId })
    await fateOf(await say(conversation, { text: '20 €' }), isSent)
    expect(ofPage(meta).at(-1)).toMatchObject({ parentId: commentId, message: '20 €' })
    const named = await say(conversation, { text: '20 €', commentId: below.commentId })
    expect(await named.json()).toMatchObject({ status: 422, errors: [{ path: 'body.commentId' }] })
    const hide = `/v1/conversations/${conversation}/comments/${below.commentId}/hide`
    await fateOf(await service.rest('POST', hide), isSent)
    expect(meta.comments(pageId).filter(({ hidden }) => hidden)).toMatchObject([{ id: below.commentId }])
  })
})

describe('a private reply', () => {
  it('goes to whoever wrote the comment, once; and where they answer is told in both tickets', async () => {
    const { meta, service, commented, say, fateOf, inbox } = await startRound('private')
    const { conversation, commentId } = await commented('Where is my parcel?')
    const body = { text: 'Your order number?', as: 'private', publicText: 'We have written to you.' }
    const answer = await say(conversation, body)
    const { publicReplyId } = (await answer.clone().json()) as { publicReplyId: string }
    const fate = await fateOf(answer, isSent)
    expect(meta.sent).toMatchObject([
      { psid, mid: fate.parts[0]?.mid, body: { recipient: { comment_id: commentId } } },
    ])
    const following = async () => {
      const found = await service.rest('GET', `/v1/replies/${publicReplyId}`)
      return (await found.json()) as Fate
    }
    expect(await poll(following, isSent)).toMatchObject({ parts: [{ mid: ofPage(meta)[0]?.id }] })
    expect(ofPage(meta)).toMatchObject([{ message: 'We have written to you.', parentId: commentId }])

    const second = await fateOf(await say(conversation, { text: 'Hello?', as: 'private' }), isFailed)
    expect(second.failure).toMatchObject({ code: 'MESSAGE_REFUSED' })
    // It was not even tried.
    expect(second.failure).not.toHaveProperty('graph')
    expect(meta.sent).toHaveLength(1)

    const person = `${pageId}:${psid}`
    await meta.write({ pageId, psid, text: 'It is 4711' })
    const answered = 'The customer answered in private'
    const comment = await inbox(conversation, (messages) =>
      messages.some(({ text }) => text.startsWith(answered)),
    )
    expect(texts(comment)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('note: Answered in private: “Your order number?”'),
        'agent: We have written to you.',
        `note: ${answered}, in the conversation ${person}.`,
      ]),
    )
    expect(texts(await inbox(person, (messages) => messages.length === 2))).toEqual([
      `note: In answer to a comment the Page wrote: “Your order number?” The comment is in the conversation ${conversation}.`,
      'customer: It is 4711',
    ])
    await meta.write({ pageId, psid, text: 'Still there?' })
    expect(await inbox(person, (messages) => messages.length > 2)).toHaveLength(3)
    const linked = async (id: string) =>
      ((await (await service.rest('GET', `/v1/conversations/${id}`)).json()) as Record<string, unknown>)[
        'linkedConversationId'
      ]
    expect([await linked(conversation), await linked(person)]).toEqual([person, conversation])
  })

  it('is refused without being tried when the comment is seven days old', async () => {
    const { meta, commented, say, fateOf } = await startRound('late')
    const { conversation } = await commented('Where is my parcel?', { createdAt: Date.now() - 7 * day })
    const fate = await fateOf(await say(conversation, { text: 'Hello', as: 'private' }), isFailed)
    expect(fate.failure).toMatchObject({ code: 'WINDOW_CLOSED' })
    expect(fate.failure).not.toHaveProperty('graph')
    expect(meta.sent).toEqual([])
    // In public there is no such limit.
    await fateOf(await say(conversation, { text: 'Hello' }), isSent)
  })

  it('that Meta refuses leaves the comment to another one', async () => {
    const { meta, commented, say, fateOf } = await startRound('refused')
    const { conversation } = await commented('Where is my parcel?')
    meta.fail({ error: { code: 100, error_subcode: 2018292 } })
    const first = await fateOf(await say(conversation, { text: 'Hello', as: 'private' }), isFailed)
    expect(first.failure).toMatchObject({ graph: { code: 100, subcode: 2018292 } })
    await fateOf(await say(conversation, { text: 'Hello', as: 'private' }), isSent)
  })
})

describe('what a thread of comments does not take', () => {
  it('is told by the path of its field', async () => {
    const { commented, say } = await startRound('faults')
    const { conversation, commentId } = await commented('Price?')
    const faults = async (id: string, body: object) => {
      const answer = await say(id, body)
      const { errors } = (await answer.json()) as { errors?: { path: string }[] }
      return [answer.status, ...(errors ?? []).map(({ path }) => path)]
    }
    const image = { attachment: { type: 'image', url: 'https://shop.example/a.png' } }
    expect(await faults(conversation, image)).toEqual([422, 'body.attachment'])
    expect(await faults(conversation, { typing: true })).toEqual([422, 'body.typing'])
    expect(await faults(conversation, { text: 'Hi', replyTo: 'm_1' })).toEqual([422, 'body.replyTo'])
    expect(await faults(conversation, { text: 'Hi', publicText: 'Hi' })).toEqual([422, 'body.publicText'])
    expect(await faults(conversation, { text: 'Hi', commentId: '9_9' })).toEqual([422, 'body.commentId'])
    const long = { text: 'word '.repeat(500), as: 'private' }
    expect(await faults(conversation, long)).toEqual([422, 'body.text'])
    const other = await commented('Another one')
    expect(await faults(other.conversation, { text: 'Hi', commentId })).toEqual([422, 'body.commentId'])
    expect(await faults(`${pageId}:${psid}`, { text: 'Hi', as: 'public' })).toEqual([422, 'body.as'])
    for (const thread of ['review:1', 'mention:1']) {
      expect(await faults(`${pageId}:${thread}`, { text: 'Hi' })).toEqual([422, 'params.conversationId'])
    }
    expect(await faults(`${pageId}:page`, { text: 'Hi' })).toEqual([404])
  })
})

describe('a rule', () => {
  const rules = [
    { words: ['idiot', 'scam'], do: 'hide', group: 'managers' },
    { words: ['price', 'how much'], do: 'private', text: 'It is 20 €.', publicText: 'See your messages.' },
    { words: ['thank you'], do: 'public', text: 'You are welcome!' },
    { words: ['lawyer'], do: 'tag', group: 'managers' },
  ]

  it('answers, hides and tells of comments, each once, and never of what the Page says', async () => {
    const { meta, commented, inbox } = await startRound('rules', { comments: { rules } })
    const asked = await commented('How  MUCH is it?')
    const thanked = await commented('Thank you!')
    const abused = await commented('You scam, what a price')
    const warned = await commented('My lawyer will write')
    await commented('Scamper is a fine word')
    await meta.comment({ pageId, message: 'A fair price!', from: { id: pageId, name: 'Acme' }, postId })
    const all = () => Promise.resolve(ofPage(meta).map(({ message }) => message))
    await poll(all, (said) => said.length === 3)
    expect(meta.sent).toMatchObject([{ body: { recipient: { comment_id: asked.commentId } } }])
    await poll(
      () => Promise.resolve(meta.comments(pageId).filter(({ hidden }) => hidden)),
      (hidden) => hidden.length === 1 && hidden[0]?.id === abused.commentId,
    )
    await meta.idle()
    expect((await all()).toSorted()).toEqual(['A fair price!', 'See your messages.', 'You are welcome!'])
    const notes = async (conversation: string, count: number) =>
      texts(await inbox(conversation, (messages) => messages.length >= count)).filter((text) =>
        text.includes('rule'),
      )
    expect(await notes(abused.conversation, 3)).toEqual([
      'note: By the rule on “scam” it is hidden.\nFor: managers',
    ])
    expect(await notes(warned.conversation, 3)).toEqual(['note: By the rule on “lawyer” it is for: managers'])
    expect(await notes(thanked.conversation, 4)).toEqual([
      'note: By the rule on “thank you” it is answered in public: “You are welcome!”',
    ])
  })
})
