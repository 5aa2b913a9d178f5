import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import {
  conversationId,
  maskConversation,
  parseConversationId,
  threadConversationId,
} from '../../src/domain/conversation.ts'
import { isReplyId } from '../../src/domain/reply.ts'

const digits = fc.stringMatching(/^\d{1,20}$/)
const psids = fc.oneof(digits, fc.string({ minLength: 1, maxLength: 100 }))

describe('a conversation id', () => {
  test.each([
    ['108000000000017', '6120000000000001', '108000000000017:6120000000000001'],
    ['108000000000017', 'user_ref:a:b', '108000000000017:user_ref:a:b'],
    ['108000000000017', null, '108000000000017:page'],
  ])('of %s and %s is %s, and back', (pageId, psid, id) => {
    expect(conversationId(pageId, psid)).toBe(id)
    expect(parseConversationId(id)).toEqual({ pageId, psid })
  })

  test.each(['comment', 'review', 'mention'] as const)(
    'of a %s is its own, of nobody, and no secret',
    (kind) => {
      const id = threadConversationId('108', { kind, id: '411_1:x' })
      expect(id).toBe(`108:${kind}:411_1:x`)
      expect(parseConversationId(id)).toEqual({ pageId: '108', psid: null, thread: { kind, id: '411_1:x' } })
      expect(parseConversationId(`108:${kind}:`)).toBeUndefined()
      expect(maskConversation(id)).toBe(id)
    },
  )

  prop.prop([digits, psids.filter((psid) => psid !== 'page')])(
    'comes back for any Page and person',
    (pageId, psid) => {
      expect(parseConversationId(conversationId(pageId, psid))).toEqual({ pageId, psid })
    },
  )

  test.each(['', ':', '108', '108:', ':612', 'x'.repeat(200), `1:${'2'.repeat(399)}`])('%j is none', (id) => {
    expect(parseConversationId(id)).toBeUndefined()
  })

  test('of 400 characters is the longest', () => {
    expect(parseConversationId(`1:${'2'.repeat(398)}`)).toEqual({ pageId: '1', psid: '2'.repeat(398) })
  })
})

describe('in logs', () => {
  test('the Page is shown, and the end of the person', () => {
    expect(maskConversation('108000000000017:6120000000009876')).toBe('108000000000017:…9876')
    expect(maskConversation('108000000000017:page')).toBe('108000000000017:page')
  })

  prop.prop([digits, digits])('the PSID is never shown whole', (pageId, psid) => {
    const shown = maskConversation(conversationId(pageId, psid))
    expect(shown.slice(pageId.length + 1)).not.toContain(psid)
    expect(shown.length - pageId.length - 2).toBeLessThanOrEqual(4)
  })

  prop.prop([digits, fc.string({ minLength: 1, maxLength: 100 })])(
    'nor is a person of another shape',
    (pageId, psid) => {
      fc.pre(psid !== 'page')
      const shown = maskConversation(conversationId(pageId, psid))
      expect(shown.startsWith(`${pageId}:…`)).toBe(true)
      expect(shown.slice(pageId.length + 2).length).toBeLessThan(psid.length)
    },
  )
})

describe('a reply id', () => {
  test('is rpl_ and 22 characters', () => {
    expect(isReplyId('rpl_AbCdEfGhIjKlMnOpQrSt-_')).toBe(true)
  })

  test.each<[unknown]>([
    ['rpl_AbCdEfGhIjKlMnOpQrSt-'],
    ['rpl_AbCdEfGhIjKlMnOpQrSt-_x'],
    ['rpl_AbCdEfGhIjKlMnOpQrSt-_\n'],
    [' rpl_AbCdEfGhIjKlMnOpQrSt-_'],
    ['RPL_AbCdEfGhIjKlMnOpQrSt-_'],
    ['rpl_AbCdEfGhIjKlMnOpQrSt+/'],
    ['somebody else’s metadata'],
    [''],
    [undefined],
    [null],
    [['rpl_AbCdEfGhIjKlMnOpQrSt-_']],
  ])('%j is none', (text) => {
    expect(isReplyId(text)).toBe(false)
  })
})
