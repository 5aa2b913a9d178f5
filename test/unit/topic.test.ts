import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { topicFrom, topicPattern } from '../../src/domain/topic.ts'

describe('a topic', () => {
  test.each([
    ['order-updates', 'order-updates'],
    ['Order updates', 'order-updates'],
    ['  BACK_IN_STOCK! ', 'back_in_stock'],
    ['Bestellungen & Pakete', 'bestellungen-pakete'],
    ['Nouveautés', 'nouveautes'],
    ['v1.2', 'v1.2'],
  ])('is made of %s', (text, topic) => {
    expect(topicFrom(text)).toBe(topic)
  })

  test.each(['', '   '])('is not made of nothing (%j)', (text) => {
    expect(topicFrom(text)).toBeNull()
  })

  test('is another one for what Latin letters do not tell apart', () => {
    const texts = [
      'お知らせ',
      'ニュース',
      'お知らせ A',
      'ニュース A',
      '👍',
      '👎',
      `${'x'.repeat(64)}1`,
      `${'x'.repeat(64)}2`,
    ]
    const topics = texts.map(topicFrom)
    expect(new Set(topics).size).toBe(texts.length)
    for (const topic of topics) expect(topic).toMatch(topicPattern)
  })

  property.prop([fc.string({ unit: 'binary', maxLength: 200 })])(
    'has the shape of one, of whatever text',
    (text) => {
      const topic = topicFrom(text)
      if (topic !== null) expect(topic).toMatch(topicPattern)
    },
  )

  property.prop([fc.stringMatching(topicPattern)])('stays itself when it is one', (topic) => {
    // A dash or dot at its end is taken for punctuation.
    fc.pre(/[a-z0-9]$/.test(topic))
    expect(topicFrom(topic)).toBe(topic)
  })
})
