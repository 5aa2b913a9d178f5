import { describe, expect, test } from 'vitest'
import type { Outgoing } from '../../src/domain/outgoing.ts'
import { commentExamples } from '../../src/meta/outgoing/comment-examples.ts'
import { commentFaults } from '../../src/meta/outgoing/comment-faults.ts'
import { composeComment, publicTarget } from '../../src/meta/outgoing/compose-comment.ts'
import { outgoingSchema, readOutgoing } from '../../src/meta/outgoing/schema.ts'

const facebook = { pageId: '1', channel: 'messenger', rootId: 'c_1' } as const
const instagram = { pageId: '1', channel: 'instagram', rootId: 'c_1' } as const
const text = (said: string): Outgoing => ({ text: said })

describe('the call that', () => {
  test.each([
    [facebook, 'c_5', ['c_5', 'comments'], 'c_5'],
    [instagram, 'c_5', ['c_1', 'replies'], 'c_1'],
    [instagram, 'c_1', ['c_1', 'replies'], 'c_1'],
  ] as const)('answers in public: %o %s', (place, commentId, path, target) => {
    expect(composeComment({ do: 'public', commentId }, text('Hi'), place)).toEqual({
      path,
      commentId: target,
      part: { kind: 'message', rate: 'text', body: { message: 'Hi' } },
    })
    expect(publicTarget(place, commentId)).toBe(target)
  })

  test('answers in private is a message to the comment, whatever the channel', () => {
    for (const place of [facebook, instagram]) {
      expect(composeComment({ do: 'private', commentId: 'c_5' }, text('Hi'), place)).toEqual({
        path: ['1', 'messages'],
        commentId: 'c_5',
        recipient: { comment_id: 'c_5' },
        part: { kind: 'message', rate: 'text', body: { message: { text: 'Hi' } } },
      })
    }
    const upload: Outgoing = { attachment: { type: 'image', uploadId: 'upl_1' } }
    const shown = composeComment({ do: 'private', commentId: 'c_5' }, upload, facebook, '77')
    expect(shown.part.body).toEqual({
      message: { attachment: { type: 'image', payload: { attachment_id: '77' } } },
    })
    const long = text('word '.repeat(500))
    expect(() => composeComment({ do: 'private', commentId: 'c_5' }, long, facebook)).toThrow('one message')
  })

  test.each([
    [facebook, 'hide', { is_hidden: true }],
    [facebook, 'unhide', { is_hidden: false }],
    [instagram, 'hide', { hide: true }],
    [instagram, 'unhide', { hide: false }],
  ] as const)('hides or shows: %o %s', (place, verb, body) => {
    expect(composeComment({ do: verb, commentId: 'c_5' }, {}, place)).toEqual({
      path: ['c_5'],
      commentId: 'c_5',
      part: { kind: 'action', rate: 'text', body },
    })
  })
})

describe('a comment is not answered with', () => {
  const image: Outgoing = { attachment: { type: 'image', url: 'https://a.example/1.png' } }
  const quick = [{ type: 'text' as const, title: 'Yes' }]
  const utility: Outgoing = { template: { type: 'utility', name: 'x', language: 'en' } }
  const paths = (
    message: Outgoing,
    as: 'public' | 'private',
    channel: 'messenger' | 'instagram' = 'messenger',
  ) => commentFaults(message, as, channel).map(({ path }) => path)

  test('what nobody could read there', () => {
    expect(paths({ typing: true }, 'public')).toEqual(['typing'])
    expect(paths({ seen: true }, 'private')).toEqual(['seen'])
    expect(paths({ reaction: { mid: 'm', emoji: null } }, 'private')).toEqual(['reaction'])
    expect(paths({ raw: { message: { text: 'x' } } }, 'private')).toEqual(['raw'])
    expect(paths({ text: 'x', replyTo: 'm' }, 'public')).toEqual(['replyTo'])
  })

  test('more than text in public, nor with a very long one', () => {
    expect(paths(image, 'public')).toEqual(['attachment'])
    expect(paths(utility, 'public')).toEqual(['template'])
    expect(paths({ text: 'x', quickReplies: quick }, 'public')).toEqual(['quickReplies'])
    expect([paths(text('x'.repeat(8000)), 'public'), paths(text('x'.repeat(8001)), 'public')]).toEqual([
      [],
      ['text'],
    ])
  })

  test('more than one message in private, nor with templates of other purposes', () => {
    expect(paths(image, 'private')).toEqual([])
    expect(paths({ text: 'x', quickReplies: quick }, 'private')).toEqual([])
    expect(paths(utility, 'private')).toEqual(['template.type'])
    const said = text('word '.repeat(250))
    expect([paths(said, 'private'), paths(said, 'private', 'instagram')]).toEqual([[], ['text']])
  })
})

describe('a body', () => {
  test('says which comment is answered, and how', () => {
    const body = { text: 'Hi', as: 'private', commentId: '411_1', publicText: 'See your messages' } as const
    expect(readOutgoing(outgoingSchema.parse(body))).toStrictEqual({
      message: { text: 'Hi' },
      agent: null,
      comment: { as: 'private', commentId: '411_1', publicText: 'See your messages' },
    })
  })

  test.each([
    [{ text: 'Hi', as: 'secretly' }, ['as']],
    [{ text: 'Hi', commentId: '' }, ['commentId']],
    [{ text: 'Hi', as: 'private', publicText: ' ' }, ['publicText']],
    [{ text: 'Hi', as: 'public', publicText: 'Hi' }, ['publicText']],
    [{ text: 'Hi', publicText: 'Hi' }, ['publicText']],
  ])('%o is refused', (body, path) => {
    const { error } = outgoingSchema.safeParse(body)
    expect(error?.issues.map((issue) => issue.path)).toEqual([path])
  })

  test('of an example can be sent', () => {
    for (const { value } of Object.values(commentExamples)) {
      const { message, comment } = readOutgoing(outgoingSchema.parse(value))
      expect(commentFaults(message, comment?.as ?? 'public', 'instagram')).toEqual([])
    }
  })
})
