import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { literal, literals, longId, readTime, timeLiteral } from '../../src/helpdesk/salesforce/soql.ts'
import { split } from '../../src/helpdesk/salesforce/write-messages.ts'
import { parseSoql, textOf, tokensOf } from '../support/vendors/salesforce-soql.ts'

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        "'",
        '\\',
        '"',
        '\n',
        '\r',
        '\t',
        '\b',
        '\f',
        '\u0000',
        '%',
        '_',
        ' OR ',
        'x',
        '\\u0027',
      ),
    )
    .map((parts) => parts.join('')),
)

describe('SOQL', () => {
  prop.prop([nasty])('a literal is one token, and says what it was made of', (text) => {
    expect(tokensOf(literal(text))).toHaveLength(1)
    expect(textOf(literal(text))).toBe(text)
  })

  prop.prop([nasty, nasty])('no text ends the condition that it stands in', (text, other) => {
    const rows = [
      { Id: 'wanted', Name: text },
      { Id: 'other', Name: `${text}${other}!` },
    ]
    const { run } = parseSoql(
      `SELECT Id FROM Case WHERE Name = ${literal(text)} AND Id IN ${literals(['wanted', other])}`,
    )
    expect(run(rows)).toEqual([{ Id: 'wanted' }])
  })

  it('ids of 15 characters become those of 18', () => {
    expect(longId('001A0000006Vm9r')).toBe('001A0000006Vm9rIAC')
    expect(longId('500000000000001')).toBe('500000000000001AAA')
    expect(longId('500000000000001AAA')).toBe('500000000000001AAA')
  })

  it('times are read as Salesforce writes them', () => {
    expect(readTime('2026-11-23T10:15:31.000+0000')).toBe(Date.UTC(2026, 10, 23, 10, 15, 31))
    expect(readTime('2026-11-23T10:15:31Z')).toBe(Date.UTC(2026, 10, 23, 10, 15, 31))
    expect(readTime('soon')).toBeUndefined()
    expect(timeLiteral(0)).toBe('1970-01-01T00:00:00.000Z')
  })
})

describe('a text that is too long for one comment', () => {
  prop.prop([fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 8, max: 40 })])(
    'is cut into pieces that fit and lose nothing',
    (text, most) => {
      const pieces = split(text, most)
      expect(pieces.join('')).toBe(text)
      for (const piece of pieces) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(most)
    },
  )

  it('is cut between what people see as one character', () => {
    expect(split('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 30)).toEqual(['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'])
  })
})
