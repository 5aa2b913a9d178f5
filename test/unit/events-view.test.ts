import { describe, expect, test } from 'vitest'
import { eventKinds } from '../../src/domain/event.ts'
import type { EventKind, EventView } from '../../src/domain/event.ts'
import { showSettings } from '../../src/helpdesk/show-settings.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { describeContext, describeEvent } from '../../src/routing/describe-event.ts'
import { defaultViews, viewOf } from '../../src/routing/helpdesk-view.ts'
import { ticketMessage } from '../../src/routing/ticket-message.ts'
import { fixture } from '../support/fixtures.ts'
import { receivedAt } from '../support/golden.ts'

const eventsOf = (name: string) => splitDelivery(fixture(name).toString(), receivedAt).events
const views = (name: string, show?: Partial<Record<EventKind, EventView>>) =>
  eventsOf(name).map((event) => viewOf(event, { show }))

describe('what a helpdesk with tickets sees', () => {
  test('of each kind is what the table says, for the first of each', () => {
    for (const kind of eventKinds) expect(views(kind.replaceAll('_', '-'))[0]).toBe(defaultViews[kind])
  })

  test('receipts never become a note, and a customer never an agent', () => {
    expect([defaultViews.read, defaultViews.delivery]).toEqual(['status', 'status'])
    expect([defaultViews.message, defaultViews.postback]).toEqual(['customer message', 'customer message'])
    expect(defaultViews.echo).toBe('agent message')
  })

  test('of comments: those of the Page are an agent’s, and what changes one is a note', () => {
    const message = 'customer message'
    expect(views('comment-answers')).toEqual(['agent message', message, message, message])
    expect(new Set(views('comment-changes'))).toEqual(new Set(['note']))
    expect(views('comment-instagram')).toEqual([message, 'agent message', message])
  })

  test('of posts: nothing of the Page’s own', () => {
    expect(views('post-forms')).toEqual(['nothing', 'nothing', 'note', 'note'])
  })

  test('of a review: the words, an answer of the Page’s, and no reaction', () => {
    expect(views('review')).toEqual(['customer message', 'agent message', 'nothing', 'note', 'note'])
  })

  test('is what its Page says instead, for the kinds that it names', () => {
    expect(views('reaction', { reaction: 'nothing' })).toEqual(['nothing', 'nothing', 'nothing'])
    expect(views('reaction', { read: 'note' })).toEqual(['note', 'note', 'note'])
    expect(views('read', { read: 'note' })).toEqual(['note'])
    expect(views('post-forms', { post: 'note' })).toEqual(['note', 'note', 'note', 'note'])
    expect(views('review', { review: 'note' })).toEqual(['note', 'note', 'note', 'note', 'note'])
  })

  test('but the Page’s own words are never a customer’s, nor is a change of them said anew', () => {
    expect(views('comment-answers', { comment: 'customer message' })[0]).toBe('agent message')
    expect(views('post-forms', { post: 'customer message' }).slice(0, 3)).toEqual([
      'agent message',
      'agent message',
      'customer message',
    ])
    expect(new Set(views('comment-changes', { comment: 'customer message' }))).toEqual(new Set(['note']))
  })

  test('the setting takes the kinds and views there are, some of them, and no others', () => {
    expect(showSettings.parse({ reaction: 'nothing' })).toEqual({ reaction: 'nothing' })
    expect(showSettings.safeParse({ reaktion: 'nothing' }).success).toBe(false)
    expect(showSettings.safeParse({ reaction: 'email' }).success).toBe(false)
  })
})

describe('as a note', () => {
  test.each<[string, string[]]>([
    [
      'message-edit',
      ['Ada edited a message: Ist der Tisch 1/2 noch da?', 'Ada edited a message: Ist der Tisch noch frei?'],
    ],
    ['message-deleted', ['Ada took back a message.', 'The Page took back a message.']],
    [
      'reaction',
      [
        'Ada reacted ❤️ to a message.',
        'Ada took back a reaction to a message.',
        'Ada reacted 🪑 to a message.',
      ],
    ],
    [
      'referral',
      [
        'Ada came by a link (kassenzettel).',
        'Ada came from the ad “Sommerschuhe” (sommer).',
        'Ada came from https://shop.example/warenkorb.',
      ],
    ],
    ['optin', ['Ada opted in by a plugin (newsletter).']],
    ['optin-one-time', ['Ada agreed to one notification about “WIEDER_DA”.']],
    [
      'optin-notifications',
      [
        'Ada agreed to notifications about “Angebote der Woche”.',
        'Ada stopped notifications about “Angebote der Woche”.',
      ],
    ],
    ['account-linking', ['Ada linked their account.', 'Ada unlinked their account.']],
    [
      'policy-enforcement',
      ['Meta blocked the Page: Werbung ausserhalb des Fensters', 'Meta unblocked the Page.'],
    ],
    [
      'thread-control',
      [
        "The conversation went from app 5210000000000009 to Meta's inbox: bitte ein Mensch",
        "The conversation was taken by app 5210000000000009, from Meta's inbox.",
        'The conversation is asked for by app 5210000000000011: Bestellung 7',
        'The conversation went to app 5210000000000009.',
        'Meta changed which apps may answer: app 5210000000000009, app 5210000000000011',
      ],
    ],
    ['feedback', ['Ada answered a survey:\nzufrieden: 4 – Schnell geliefert']],
    ['feedback-thumb', ['Ada rated an answer: Good response']],
    [
      'payment',
      [
        'Ada paid (TISCH): 120.50 EUR',
        'Ada changed a checkout (TISCH).',
        'Ada began a checkout (TISCH): 120.5 EUR',
      ],
    ],
    ['lead', ['Somebody filled in a lead form (form 444000000002, lead 444000000001).']],
    [
      'lead-in-the-conversation',
      [
        'Ada filled in a lead form:\nWie groß?: 180 cm\nWann?: im Mai',
        'Ada began a lead form and did not finish it:\nWie groß?: 180 cm',
        'Ada filled in a lead form (form 444000000009).',
      ],
    ],
    ['coupon', ['Ada opened the coupon MAI-10.', 'Ada opened the coupon JUNI-5.']],
    ['game-play', ['Ada played the game 700, score 42.']],
    ['read', ['Ada has read the messages up to 2026-03-02T08:59:59.000Z.']],
    ['delivery', ['The messages up to 2026-03-02T08:59:58.000Z have arrived.']],
    ['label', ['The label “Stammkunde” was added.', 'The label “Neu” was taken off.']],
    [
      'mention',
      [
        'Somebody mentioned the Page in a post (108000000000029_77): Bei Möbel Åre gekauft',
        'Jördis Åkesson mentioned the Page in a comment (77_5): Möbel Åre hat so einen',
      ],
    ],
    ['post', ['Ada Lindqvist posted on the Page: Bester Laden in Åre!']],
    [
      'review',
      [
        'Ada Lindqvist recommends the Page: Schnell und freundlich.',
        'The Page commented on a review: Danke, Ada!',
        'Jördis Åkesson reacted to a review: love',
        'Somebody edited a review, and now does not recommend the Page.',
        'A review of somebody was removed.',
      ],
    ],
    ['story-insight', ['How a story did:\nreach: 210\nreplies: 3\nexits: 7']],
    ['unknown', ['Messenger event: call']],
    ['message-unsupported', ["Ada sent something that only Meta's own inbox can show."]],
  ])('%s', (name, texts) => {
    expect(eventsOf(name).map((event) => describeEvent(event, 'Ada'))).toEqual(texts)
  })

  test('changes of a comment tell whose it was', () => {
    expect(eventsOf('comment-changes').map((event) => describeEvent(event))).toEqual([
      'Ada Lindqvist edited a comment: Liefert ihr auch nach Kiruna?',
      'Ada Lindqvist edited a comment: Liefert ihr nach Kiruna oder Umeå?',
      'A comment of Ada Lindqvist was hidden.',
      'A comment of Ada Lindqvist is shown again.',
      'A comment of Ada Lindqvist was removed.',
      'A comment of Ada Lindqvist was removed.',
      'A comment of Ada Lindqvist was hidden.',
      'A comment of Ada Lindqvist was blocked.',
    ])
  })

  test('a person without a name is the customer', () => {
    expect(describeEvent(eventsOf('message-edit')[0]!)).toBe(
      'The customer edited a message: Ist der Tisch 1/2 noch da?',
    )
  })
})

describe('as a message', () => {
  const acme = { name: 'Acme' }
  const told = (name: string, at = 0) => {
    const event = eventsOf(name)[at]!
    return ticketMessage(event, viewOf(event, {}) === 'agent message' ? 'agent' : 'customer', acme)
  }

  test.each([
    ['message', 0, { from: 'customer', text: 'Ist der Tisch noch da?', payload: null }],
    ['quick-reply', 0, { text: 'Rot', payload: 'COLOUR/RED' }],
    ['postback', 0, { text: 'Los geht’s', payload: 'GET_STARTED', attachments: [] }],
    ['message-unsupported', 0, { text: "[Only Meta's own inbox can show this message]" }],
    ['attachment-image', 0, { text: null, attachments: [{ type: 'image' }] }],
    ['attachment-appointment', 0, { text: expect.stringContaining('requested 2026-03-03T09:00') }],
    ['attachment-product', 0, { text: '[template] Tisch' }],
    ['attachments', 3, { text: '[location] 59.33, 18.06 [file]' }],
    ['echo', 0, { from: 'agent', agentName: "Meta's inbox", text: 'Ja, ist noch da.' }],
    ['echo-of-an-app', 0, { from: 'agent', agentName: 'app 5210000000000011' }],
    ['echo-of-an-app', 1, { from: 'agent', agentName: 'another app' }],
    ['comment', 0, { from: 'customer', customerName: 'Ada Lindqvist', text: 'Liefert ihr nach Kiruna?' }],
    ['comment-answers', 0, { from: 'agent', agentName: 'Möbel Åre', text: 'Ja, auch das.' }],
    [
      'comment-answers',
      2,
      { text: null, attachments: [{ type: 'image', url: 'https://cdn.example/c/1.jpg' }] },
    ],
    ['review', 0, { customerName: 'Ada Lindqvist', text: expect.stringContaining('recommends') }],
    ['review', 1, { from: 'agent', text: 'Danke, Ada!' }],
    [
      'order',
      0,
      { text: expect.stringContaining('2 × Tisch, 120.5 EUR\n1 × Stuhl, 40 EUR\nBitte bis Freitag') },
    ],
    ['customer-information', 0, { text: expect.stringContaining('strasse: Gatan 1\nort: Malmö') }],
    ['reaction', 0, { text: 'The customer reacted ❤️ to a message.' }],
  ])('%s %i', (name, at, expected) => {
    const event = eventsOf(name)[at]!
    expect(told(name, at)).toMatchObject({ eventId: event.id, at: event.timestamp, ...expected })
  })

  test('only who may be several has a name, and only an agent an agent’s', () => {
    expect(told('message')).not.toHaveProperty('customerName')
    expect(told('comment')).not.toHaveProperty('agentName')
    expect(told('comment-answers')).not.toHaveProperty('customerName')
    expect(told('comment-answers', 3)).not.toHaveProperty('customerName')
  })
})

describe('what a message came with', () => {
  test.each([
    ['message-ad', 'Ada came from the ad “Sommerschuhe” (sommer).'],
    ['postback-ad', 'Ada came from the ad “Sommerschuhe” (sommer).'],
    ['postback-plugin', 'Ada came from https://shop.example/ (warenkorb).'],
    ['message-product', 'Ada came to ask about the product 5512.'],
    ['message-story-reply', 'Ada answered a story: https://cdn.example/story/5'],
    ['message', undefined],
    ['message-reply', undefined],
    ['echo', undefined],
    ['referral', undefined],
  ])('%s: %s', (name, text) => {
    expect(describeContext(eventsOf(name)[0]!, 'Ada')).toBe(text)
  })
})
