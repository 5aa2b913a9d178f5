import { describe, expect, test } from 'vitest'
import { faultsOf } from '../support/outgoing-bodies.ts'

describe('what is refused', () => {
  const template = (more: object) => ({ template: more })
  const button = (more: object) => template({ type: 'button', text: 'Hi', buttons: [more] })
  const media = (more: object) => template({ type: 'media', elements: [{ mediaType: 'image', ...more }] })
  const receipt = {
    type: 'receipt',
    recipientName: 'Ada',
    orderNumber: '1',
    currency: 'EUR',
    paymentMethod: 'Visa',
    summary: { totalCost: 1 },
  }

  test.each<[string, unknown, string, string]>([
    ['no object', 'Hi', '', 'must be an object'],
    ['a list', [], '', 'must be an object'],
    ['null', null, '', 'must be an object'],
    ['text that is null', { text: null }, 'text', 'must be text'],
    ['blank text', { text: ' \n\u00a0' }, 'text', 'is empty; Meta takes no message without text'],
    ['seen: false', { seen: false }, 'seen', 'must be true'],
    ['typing that is no boolean', { typing: 'on' }, 'typing', 'must be true or false'],
    ['from an agent in general', { text: 'Hi', from: 'agent' }, 'from', 'must be "bot"'],
    [
      'an attachment of nothing',
      { attachment: { type: 'file' } },
      'attachment',
      'needs exactly one of url, uploadId',
    ],
    [
      'an attachment twice',
      { attachment: { type: 'file', url: 'https://a/b', uploadId: 'upl_1' } },
      'attachment',
      'needs exactly one of url, uploadId',
    ],
    [
      'an attachment of another kind',
      { attachment: { type: 'sticker', url: 'https://a/b' } },
      'attachment.type',
      'must be one of image, audio, video, file',
    ],
    [
      'a reaction of two emoji',
      { reaction: { mid: 'm', emoji: '👍👍' } },
      'reaction.emoji',
      'must be one emoji',
    ],
    ['a reaction of a letter', { reaction: { mid: 'm', emoji: 'a' } }, 'reaction.emoji', 'must be one emoji'],
    ['a reaction to nothing', { reaction: { emoji: '👍' } }, 'reaction.mid', 'is missing'],
    ['a template without a type', template({}), 'template.type', 'is missing'],
    ['a button without a type', button({ title: 'A' }), 'template.buttons.0.type', 'is missing'],
    [
      'a button of another kind',
      button({ type: 'element_share' }),
      'template.buttons.0.type',
      'must be one of web_url, postback, phone_number, account_link, account_unlink, game_play, audio_call',
    ],
    [
      'a login page without TLS',
      button({ type: 'account_link', url: 'http://a/b' }),
      'template.buttons.0.url',
      'must be a URL that begins with https://',
    ],
    [
      'a page that is no URL',
      button({ type: 'web_url', title: 'A', url: 'javascript:alert(1)' }),
      'template.buttons.0.url',
      'must be a URL that begins with https:// or http://',
    ],
    [
      'a game against two',
      button({ type: 'game_play', title: 'A', gameMetadata: { playerId: '1', contextId: '2' } }),
      'template.buttons.0.gameMetadata',
      'needs playerId or contextId, and not both',
    ],
    [
      'a button in a grid that grids do not take',
      template({
        type: 'image_grid',
        elements: [
          { images: [{ url: 'https://a/b' }, { url: 'https://a/c' }], buttons: [{ type: 'account_unlink' }] },
        ],
      }),
      'template.elements.0.buttons.0.type',
      'must be one of web_url, postback',
    ],
    [
      'media of nothing',
      media({}),
      'template.elements.0',
      'needs exactly one of attachmentId, uploadId, url',
    ],
    [
      'media twice',
      media({ attachmentId: '1', uploadId: 'upl_1' }),
      'template.elements.0',
      'needs exactly one of attachmentId, uploadId, url',
    ],
    [
      'media of another site',
      media({ url: 'https://facebook.com.shop.example/a' }),
      'template.elements.0.url',
      'is no URL of facebook.com; Meta shows media of other sites only if they are uploaded first',
    ],
    [
      'media of a site with a similar name',
      media({ url: 'https://notfacebook.com/a' }),
      'template.elements.0.url',
      'is no URL of facebook.com; Meta shows media of other sites only if they are uploaded first',
    ],
    [
      'media that is heard',
      template({ type: 'media', elements: [{ mediaType: 'audio', attachmentId: '1' }] }),
      'template.elements.0.mediaType',
      'must be one of image, video',
    ],
    [
      'a coupon of nothing',
      template({ type: 'coupon', title: 'A' }),
      'template',
      'needs couponCode or couponUrl',
    ],
    [
      'a coupon with a blank',
      template({ type: 'coupon', title: 'A', couponCode: 'HATS 10' }),
      'template.couponCode',
      'has a blank in it; Meta takes none',
    ],
    [
      'a question with a dash',
      template({
        type: 'customer_feedback',
        title: 'A',
        subtitle: 'B',
        buttonTitle: 'C',
        businessPrivacy: { url: 'https://a/b' },
        feedbackScreens: [{ questions: [{ id: 'q-1', type: 'csat' }] }],
      }),
      'template.feedbackScreens.0.questions.0.id',
      'may hold letters, digits and underscores only; Meta takes no others',
    ],
    [
      'a receipt of a time in ms',
      template({ ...receipt, timestamp: 1795255200000 }),
      'template.timestamp',
      'must be seconds since 1970, as text such as "1428444852"',
    ],
    [
      'a product by number',
      template({ type: 'product', elements: [{ id: 43 }] }),
      'template.elements.0.id',
      'must be text',
    ],
    [
      'parameters that are no objects',
      template({ type: 'utility', name: 'A', language: 'en', components: ['body'] }),
      'template.components',
      'must be a list of objects',
    ],
    [
      'a quick reply of text without any',
      { text: 'Hi', quickReplies: [{ type: 'text' }] },
      'quickReplies.0.title',
      'is missing',
    ],
    [
      'a quick reply with the place of the person',
      { text: 'Hi', quickReplies: [{ content_type: 'location' }] },
      'quickReplies.0.type',
      'must be one of text, phone, email',
    ],
    [
      'quick replies beside an action',
      { typing: true, quickReplies: [{ type: 'email' }] },
      'quickReplies',
      'need text, an attachment or a template (utility templates have their own) beside them',
    ],
    [
      'quick replies beside a utility template',
      { ...template({ type: 'utility', name: 'A', language: 'en' }), quickReplies: [{ type: 'email' }] },
      'quickReplies',
      'need text, an attachment or a template (utility templates have their own) beside them',
    ],
    ...['typing', 'seen'].map((action): [string, unknown, string, string] => [
      `an answer that is only ${action}`,
      { [action]: true, replyTo: 'm' },
      'replyTo',
      'goes with a message only, not with reaction, typing or seen',
    ]),
    [
      'a picture without TLS',
      { text: 'Hi', agent: { name: 'A', pictureUrl: 'http://a/b' } },
      'agent.pictureUrl',
      'must be a URL that begins with https://',
    ],
  ])('%s', (_name, body, path, message) => {
    expect(faultsOf(body)).toEqual([{ path, message }])
  })
})

describe('a media template may show what stands on Facebook', () => {
  test.each([
    'https://www.facebook.com/shop/videos/1',
    'https://business.facebook.com/a',
    'https://facebook.com/a',
  ])('%s', (url) => {
    expect(faultsOf({ template: { type: 'media', elements: [{ mediaType: 'video', url }] } })).toEqual([])
  })
})

test.each(['👍', '❤️', '❤', '👍🏽', '👨‍👩‍👧‍👦', '🇩🇪', '1️⃣', 'love'])('%s is one reaction', (emoji) => {
  expect(faultsOf({ reaction: { mid: 'm', emoji } })).toEqual([])
})
