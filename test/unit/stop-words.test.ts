import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { isStart, isStop, plainWords } from '../../src/meta/stop-words.ts'

const byLanguage: [word: string, language: string | null][] = [
  ['stop', null],
  ['stopp', null],
  ['unsubscribe', 'en'],
  ['opt-out', 'en'],
  ['abmelden', 'de'],
  ['arrêt', 'fr'],
  ['désabonner', 'fr'],
  ['baja', 'es'],
  ['cancelar suscripción', 'es'],
  ['disiscrivimi', 'it'],
  ['cancelar inscrição', 'pt'],
  ['afmelden', 'nl'],
  ['wyłącz powiadomienia', 'pl'],
  ['abonelikten çık', 'tr'],
  ['إلغاء الاشتراك', 'ar'],
  ['avregistrera', 'sv'],
  ['frameld', 'da'],
  ['avmeld', 'no'],
  ['lopeta', 'fi'],
  ['odhlásit', 'cs'],
  ['配信停止', 'ja'],
  ['ストップ', 'ja'],
]

describe('a stop word', () => {
  test.each(byLanguage)('%s tells its language, if it is of one', (word, language) => {
    expect(isStop(word)).toEqual({ language })
  })

  test.each([
    ['STOP!!!', null],
    ['  stop.  ', null],
    ['🛑 Stop 🙏🏽', null],
    ['“STOP”', null],
    ['Ｓｔｏｐ', null],
    ['s\u00ADtop\u200B', null],
    ['STOP_ALL', null],
    ['ARRET', 'fr'],
    ['ABONELİKTEN ÇIK', 'tr'],
    ['abonelikten cik', 'tr'],
    ['Wylacz powiadomienia', 'pl'],
    ['الغاء الاشتراك', 'ar'],
    ['ｽﾄｯﾌﾟ', 'ja'],
    ['Opt-Out', 'en'],
    ['stop_notifications', 'en'],
  ])('%s is one, however it is typed', (text, language) => {
    expect(isStop(text)).toEqual({ language })
  })

  test.each([
    '',
    '🛑',
    '!!!',
    'stop it',
    "don't stop",
    'bus stop',
    'nonstop',
    'st op',
    'cancel',
    'end',
    'quit',
    'no',
    'fin',
    'ret',
    'iptal',
    'annuler',
    'abbestellen',
    'sair',
    'seis',
    'start',
    'Please unsubscribe my mother from your newsletter',
    `stop${'!'.repeat(300)}`,
  ])('%s is none', (text) => {
    expect(isStop(text)).toBeNull()
  })

  property.prop([
    fc.constantFrom(...byLanguage),
    fc.array(fc.constantFrom(' ', '!', '.', '…', '🛑', '❤️', '\n', '"', '\u200F')),
    fc.array(fc.constantFrom(' ', '!', '?', '。', '👍🏿', '»', '\t')),
    fc.boolean(),
  ])('is known in any case and between any signs', ([word, language], before, after, isUpper) => {
    const text = `${before.join('')}${isUpper ? word.toUpperCase() : word}${after.join('')}`
    expect(isStop(text)).toEqual({ language })
  })

  property.prop([fc.constantFrom(...byLanguage), fc.stringMatching(/^[\p{L}\p{N}]{0,30}$/u), fc.boolean()])(
    'is not seen within more words',
    ([word], more, isFirst) => {
      expect(isStop(isFirst ? `${word} ${more}zz` : `${more}zz ${word}`)).toBeNull()
    },
  )

  property.prop([fc.string({ unit: 'grapheme', maxLength: 60 })])('is compared in one form only', (text) => {
    expect(plainWords(plainWords(text))).toBe(plainWords(text))
  })

  test('may be a word that the Page added', () => {
    const extra = ['Sair!', 'Cancel']
    expect(isStop('SAIR', extra)).toEqual({ language: null })
    expect(isStop('cancel.', extra)).toEqual({ language: null })
    expect(isStop('stop', extra)).toEqual({ language: null })
    expect(isStop('', ['!!!'])).toBeNull()
    expect(isStop('quit', extra)).toBeNull()
  })
})

describe('a start word', () => {
  test.each(['start', 'START!', 'Unstop', 'RESUME_NOTIFICATIONS'])('%s takes a stop back', (text) => {
    expect([isStart(text), isStop(text)]).toEqual([true, null])
  })

  test.each(['', 'restart', 'get started', 'start my order', 'yes', 'stop'])('%s does not', (text) => {
    expect(isStart(text)).toBe(false)
  })
})
