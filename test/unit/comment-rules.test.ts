import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import type { CommentRule, Page } from '../../src/domain/page.ts'
import { describeRule, metRule, shownRule } from '../../src/routing/comment-rules.ts'
import { commentEvent } from '../support/lane-comments.ts'
import { page } from '../support/lane-replies.ts'

function pagesWith(...rules: CommentRule[]): Map<string, Page> {
  return new Map([['1', { ...page, comments: { rules } }]])
}

const met = (words: string[], text: string) =>
  metRule(commentEvent('c_1', { text }), pagesWith({ words, do: 'hide' }))?.word

describe('a comment meets a rule', () => {
  test.each([
    ['price', 'Price?'],
    ['price', 'what is the PRICE'],
    ['price', 'price'],
    ['how much', 'How   much\nis it?'],
    ['prix', '«Prix»'],
    ['größe', 'Welche Größe'],
    // What is written apart and in one piece is the same word.
    ['café', 'Cafe\u0301!'],
    ['ｓｃａｍ', 'scam'],
    ['価格', '価格を教えてください'],
    ['ราคา', 'ขอราคาหน่อย'],
    ['سعر', 'كم سعر هذا'],
    ['🤬', 'You 🤬🤬'],
    ['c++', 'I like c++.'],
    ['a.b', 'a.b'],
    ['$$$', 'make $$$ now'],
    ['*', 'anything'],
  ])('of the word %o: %o', (word, text) => {
    expect(met([word], text)).toBe(word)
  })

  test.each([
    ['price', 'prices'],
    ['price', 'unpriced'],
    ['price', 'price2'],
    ['ass', 'class'],
    ['how much', 'how very much'],
    ['a.b', 'axb'],
    ['gros', 'größe'],
  ])('but not of the word %o: %o', (word, text) => {
    expect(met([word], text)).toBeUndefined()
  })

  test('by any of its words, and of several rules the first', () => {
    const first: CommentRule = { words: ['scam', 'fraud'], do: 'hide', group: 'managers' }
    const second: CommentRule = { words: ['fraud', 'price'], do: 'public', text: 'Hello' }
    const ruleOf = (text: string) => metRule(commentEvent('c_1', { text }), pagesWith(first, second))?.rule
    expect([ruleOf('a fraud'), ruleOf('the price'), ruleOf('fine')]).toEqual([first, second, undefined])
  })

  test('never by chance: no text and no words make it fail', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (text, word) => {
          met([word], text)
        },
      ),
    )
  })

  test('by a word that stands in it, between others', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,10}$/), fc.stringMatching(/^[a-z ]{0,10}$/), (word, around) => {
        expect(met([word], `${around} ${word.toUpperCase()}, ${around}`)).toBe(word)
      }),
    )
  })

  test('of its own Page alone', () => {
    const other = new Map([['2', { ...page, comments: { rules: [{ words: ['*'], do: 'hide' as const }] } }]])
    expect(metRule(commentEvent('c_1'), other)).toBeUndefined()
  })
})

describe('a rule that was met', () => {
  const told = (rule: Partial<CommentRule>, word = 'price') =>
    describeRule({ rule: { words: [word], do: 'hide', ...rule }, word })

  test('is told in words', () => {
    expect(told({ do: 'public', text: '20 €' })).toBe(
      'By the rule on “price” it is answered in public: “20 €”',
    )
    expect(told({ do: 'private', text: 'Hi' }, '*')).toBe(
      'By the rule on every comment it is answered in private: “Hi”',
    )
    expect(told({})).toBe('By the rule on “price” it is hidden.')
    expect(told({ group: 'managers' })).toBe('By the rule on “price” it is hidden.\nFor: managers')
    expect(told({ do: 'tag', group: 'managers' })).toBe('By the rule on “price” it is for: managers')
  })

  test('is shown without its words and texts', () => {
    const rule: CommentRule = { words: ['x'], do: 'private', text: 'a', publicText: 'b', group: 'c' }
    expect(shownRule({ rule, word: 'x' })).toEqual({ do: 'private', group: 'c' })
    expect(shownRule({ rule: { words: ['x'], do: 'hide' }, word: 'x' })).toEqual({ do: 'hide' })
  })
})
