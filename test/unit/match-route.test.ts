import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import type { Route, RouteCondition } from '../../src/domain/route.ts'
import type { RouteMemory } from '../../src/records/route-memories.ts'
import { matchRoutes } from '../../src/routing/match-route.ts'
import type { RouteFacts } from '../../src/routing/match-route.ts'
import { commentEvent } from '../support/lane-comments.ts'
import { base, message } from '../support/lane-events.ts'
import { page } from '../support/lane-replies.ts'

const nothing: RouteMemory = { added: [], been: [], tags: [] }
const to = (helpdesk: string, when: RouteCondition = {}): Route => ({ when, to: [helpdesk] })
const also = (helpdesk: string, when: RouteCondition = {}): Route => ({ when, to: [helpdesk], also: true })

const says = (text: string): DomainEvent => ({ ...base(1), kind: 'message', mid: 'm', text, attachments: [] })
const facts = (event: DomainEvent, more: Partial<RouteFacts> = {}): RouteFacts => ({
  event,
  page,
  language: 'en',
  tags: [],
  ...more,
})
const meets = (when: RouteCondition, event: DomainEvent = message(1), more: Partial<RouteFacts> = {}) =>
  matchRoutes([to('desk', when)], facts(event, more), nothing).to !== undefined

/** Follows what happens in one conversation, and tells who gets each. */
function story(routes: Route[], ...told: [event: DomainEvent, more?: Partial<RouteFacts>][]) {
  let memory = nothing
  return told.map(([event, more]) => {
    const routing = matchRoutes(routes, facts(event, more), memory)
    const { to: chosen = [], basis } = routing
    if (basis !== undefined) memory = { ...memory, chosen: { to: chosen, basis, at: 1 } }
    memory = { ...memory, added: [...memory.added, ...routing.added] }
    return [...new Set([...chosen, ...routing.also])].join(' ') || 'own'
  })
}

describe('a route asks', () => {
  const instagram: Page = { ...page, channel: 'instagram' }

  test.each<[string, RouteCondition, boolean]>([
    ['nothing', {}, true],
    ['for the Page', { pages: ['2', '1'] }, true],
    ['for another Page', { pages: ['2'] }, false],
    ['for the channel', { channels: ['messenger'] }, true],
    ['for another channel', { channels: ['instagram'] }, false],
    ['for the kind', { kinds: ['postback', 'message'] }, true],
    ['for another kind', { kinds: ['comment'] }, false],
    ['for all at once', { pages: ['1'], channels: ['messenger'], kinds: ['message'] }, true],
    ['for all at once, and one of them fails', { pages: ['1'], kinds: ['comment'] }, false],
  ])('%s', (_name, when, fits) => {
    expect(meets(when)).toBe(fits)
  })

  test('for the channel of the Page', () => {
    expect(meets({ channels: ['instagram'] }, message(1), { page: instagram })).toBe(true)
  })

  test.each([
    ['invoice', 'My INVOICE, please', true],
    ['invoice', 'invoices', false],
    ['café', 'the cafe\u0301!', true],
    ['*', 'anything', true],
    ['請求書', '請求書をください', true],
  ])('for the word %o in %o', (word, text, fits) => {
    expect(meets({ words: [word] }, says(text))).toBe(fits)
  })

  test('for words of the customer, and of nobody else', () => {
    const when = { words: ['invoice'] }
    const echo: DomainEvent = {
      ...base(1),
      kind: 'echo',
      mid: 'm',
      text: 'Your invoice',
      attachments: [],
      appId: null,
      fromInbox: true,
      metadata: null,
    }
    const tap: DomainEvent = { ...base(1), kind: 'postback', mid: null, title: 'Invoice', payload: null }
    const read: DomainEvent = { ...base(1), kind: 'read', watermark: 1, mid: null }
    expect(meets(when, echo)).toBe(false)
    expect(meets(when, tap)).toBe(true)
    expect(meets(when, read)).toBe(false)
    expect(meets(when, commentEvent('c_1', { text: 'an invoice' }))).toBe(true)
    expect(meets(when, commentEvent('c_1', { text: 'an invoice', byPage: true }))).toBe(false)
    expect(meets({ words: ['*'] }, commentEvent('c_1', { text: null }))).toBe(false)
  })

  test.each([
    ['de', 'de_AT', true],
    ['de', 'de', true],
    ['de_AT', 'de_AT', true],
    ['de_AT', 'de', false],
    ['de_AT', 'de_DE', false],
    ['de', 'den', false],
    ['pt', 'PT-br', true],
  ])('for the language %o where it is %o', (wanted, language, fits) => {
    expect(meets({ languages: [wanted] }, message(1), { language })).toBe(fits)
  })

  test('for tags, whatever their case', () => {
    expect(meets({ tags: ['vip'] }, message(1), { tags: ['new', 'VIP'] })).toBe(true)
    expect(meets({ tags: ['vip'] }, message(1), { tags: ['vip club'] })).toBe(false)
  })
})

describe('of several routes', () => {
  test('the first decides, and each that adds adds its own', () => {
    const routes = [
      also('archive'),
      to('a', { kinds: ['comment'] }),
      to('b', { pages: ['1'] }),
      to('c'),
      also('d', { kinds: ['message'] }),
      also('e', { kinds: ['comment'] }),
    ]
    expect(story(routes, [message(1)])).toEqual(['b archive d'])
  })

  test('none leaves the Page its helpdesk, to which others are added', () => {
    const [routing] = [matchRoutes([also('archive')], facts(message(1)), nothing)]
    expect(routing).toEqual({ to: undefined, basis: undefined, also: ['archive'], added: [] })
  })
})

describe('a conversation', () => {
  const byWords = [to('billing', { words: ['invoice'] }), to('shop', { words: ['parcel'] })]

  test('stays where words have sent it, until other words send it elsewhere', () => {
    const told = ['hello', 'my invoice', 'thanks', 'and my parcel', 'bye', 'the invoice'].map(
      (text): [DomainEvent] => [says(text)],
    )
    expect(story(byWords, ...told)).toEqual(['own', 'billing', 'billing', 'shop', 'shop', 'billing'])
  })

  test('is not torn apart by routes that look at something else', () => {
    const routes = [...byWords, to('notes', { kinds: ['reaction'] }), to('all')]
    const reaction: DomainEvent = {
      ...base(2),
      kind: 'reaction',
      mid: 'm',
      action: 'react',
      reaction: null,
      emoji: null,
      byPage: false,
    }
    expect(story(routes, [reaction], [says('hello')], [says('invoice')], [reaction], [says('so')])).toEqual([
      'notes',
      'all',
      'billing',
      'billing',
      'billing',
    ])
  })

  test('goes by its language, and again once Meta tells another one', () => {
    const routes = [to('german', { languages: ['de'] }), to('french', { languages: ['fr'] })]
    const hello = says('hello')
    const [de, fr] = [{ language: 'de_DE' }, { language: 'fr_FR' }]
    expect(story(routes, [hello], [hello, de], [hello, de], [hello, fr], [hello])).toEqual([
      'own',
      'german',
      'german',
      'french',
      'french',
    ])
  })

  test('that words have sent somewhere stays there when its language becomes known', () => {
    const routes = [...byWords, to('german', { languages: ['de'] })]
    const german = { language: 'de_DE' }
    expect(story(routes, [says('my invoice')], [says('hello?'), german], [says('parcel'), german])).toEqual([
      'billing',
      'billing',
      'shop',
    ])
    expect(
      story(routes, [says('hello?'), german], [says('my invoice'), german], [says('so'), german]),
    ).toEqual(['german', 'billing', 'billing'])
  })

  test('moves when it gets a tag, and not for having had it', () => {
    const routes = [to('vips', { tags: ['vip'] }), ...byWords]
    const vip = { tags: ['vip'] }
    const more = { tags: ['vip', 'new'] }
    expect(
      story(
        routes,
        [says('invoice')],
        [says('so'), vip],
        [says('my invoice'), vip],
        [says('so'), more],
        [says('gone')],
        [says('back'), vip],
      ),
    ).toEqual(['billing', 'vips', 'billing', 'billing', 'billing', 'billing'])
  })

  test('is told on to those whom such a route has added, and an event’s kind adds for that event alone', () => {
    const routes = [also('legal', { words: ['lawyer'] }), also('stats', { kinds: ['postback'] })]
    const tap: DomainEvent = { ...base(1), kind: 'postback', mid: null, title: 'Go', payload: null }
    expect(story(routes, [says('hi')], [tap], [says('my lawyer')], [says('so')])).toEqual([
      'own',
      'stats',
      'legal',
      'legal',
    ])
  })
})
