import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { maskConversation, parseConversationId, threadConversationId } from '../../src/domain/conversation.ts'
import { readReplyMetadata } from '../../src/domain/reply-metadata.ts'

const replyId = 'rpl_AbCdEfGhIjKlMnOpQrSt-_'

describe('a conversation in public', () => {
  test.each([
    ['comment', '411_1', '108:comment:411_1'],
    ['review', '3100000000000021', '108:review:3100000000000021'],
  ] as const)('%s %s is %s, and back', (kind, id, text) => {
    expect(threadConversationId('108', { kind, id })).toBe(text)
    expect(parseConversationId(text)).toEqual({ pageId: '108', psid: null, thread: { kind, id } })
  })

  prop.prop([
    fc.stringMatching(/^\d{1,20}$/),
    fc.constantFrom('comment' as const, 'review' as const),
    fc.string({ minLength: 1, maxLength: 100 }),
  ])('comes back for any Page and comment', (pageId, kind, id) => {
    const text = threadConversationId(pageId, { kind, id })
    expect(parseConversationId(text)).toEqual({ pageId, psid: null, thread: { kind, id } })
    // Nothing in it is about a person, and whoever looks for it in the log must find it.
    expect(maskConversation(text)).toBe(text)
  })

  test.each(['108:comment:', '108:review:', `108:comment:${'4'.repeat(400)}`])('%j is none', (text) => {
    expect(parseConversationId(text)).toBeUndefined()
  })

  test.each(['108:comments', '108:comment', '108:reviews:1'])('%s belongs to a person', (text) => {
    expect(parseConversationId(text)).toEqual({ pageId: '108', psid: text.slice(4) })
    expect(maskConversation(text)).toMatch(/^108:…/)
  })

  test('a person without a PSID is masked like any other', () => {
    expect(maskConversation('108:user_ref:checkbox-9')).toBe('108:…ox-9')
  })
})

describe('what we write into metadata', () => {
  test.each([
    [replyId, 0],
    [`${replyId}.1`, 1],
    [`${replyId}.12`, 12],
    [`${replyId}.9999`, 9999],
  ])('%s is part %i', (text, part) => {
    expect(readReplyMetadata(text)).toEqual({ replyId, part })
  })

  test.each([
    [`${replyId}.0`],
    [`${replyId}.01`],
    [`${replyId}.-1`],
    [`${replyId}.1.1`],
    [`${replyId}.`],
    [`${replyId}.10000`],
    [`${replyId}\n`],
    [`${replyId}x`],
    [` ${replyId}`],
    ['rpl_short.1'],
    ['campaign-7'],
    [''],
    [null],
    [undefined],
    [5],
    [[replyId]],
  ])('%j is not ours', (text) => {
    expect(readReplyMetadata(text)).toBeUndefined()
  })
})
