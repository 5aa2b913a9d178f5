import { expect, test } from 'vitest'
import {
  buttons,
  faultsOf,
  generic,
  many,
  nested,
  picture,
  postback,
  quickReplies,
  templateWith,
  x,
} from '../support/outgoing-bodies.ts'

/** Every limit that Meta states: what is at it passes, and one more is told with its place and the limit. */

const characters = (length: number, most: number, whose = 'Meta') =>
  `is ${length} characters long; ${whose} takes at most ${most}`
const entries = (count: number, most: number) => `has ${count} entries; Meta takes at most ${most}`

type Row = [name: string, make: (size: number) => object, limit: number, path: string, message: string]

const longest: Row[] = [
  ['text', (n) => ({ text: x(n) }), 19_990, 'text', characters(19_991, 19_990, 'deskbridge')],
  [
    'generic: elements',
    (n) => templateWith({ type: 'generic', elements: many(n, { title: 'A', subtitle: 'B' }) }),
    10,
    'template.elements',
    entries(11, 10),
  ],
  ['generic: title', (n) => generic({ title: x(n) }), 80, 'template.elements.0.title', characters(81, 80)],
  [
    'generic: subtitle',
    (n) => generic({ subtitle: x(n) }),
    80,
    'template.elements.0.subtitle',
    characters(81, 80),
  ],
  [
    'generic: buttons',
    (n) => generic({ buttons: many(n, postback()) }),
    3,
    'template.elements.0.buttons',
    entries(4, 3),
  ],
  [
    'button: text',
    (n) => templateWith({ type: 'button', text: x(n), buttons: [postback()] }),
    640,
    'template.text',
    characters(641, 640),
  ],
  ['button: buttons', (n) => buttons(...many(n, postback())), 3, 'template.buttons', entries(4, 3)],
  [
    'web_url: title',
    (n) => buttons({ type: 'web_url', title: x(n), url: picture }),
    20,
    'template.buttons.0.title',
    characters(21, 20),
  ],
  [
    'postback: title',
    (n) => buttons(postback({ title: x(n) })),
    20,
    'template.buttons.0.title',
    characters(21, 20),
  ],
  [
    'postback: payload',
    (n) => buttons(postback({ payload: x(n) })),
    1000,
    'template.buttons.0.payload',
    characters(1001, 1000),
  ],
  [
    'phone_number: title',
    (n) => buttons({ type: 'phone_number', title: x(n), payload: '+1' }),
    20,
    'template.buttons.0.title',
    characters(21, 20),
  ],
  [
    'game_play: title',
    (n) => buttons({ type: 'game_play', title: x(n) }),
    20,
    'template.buttons.0.title',
    characters(21, 20),
  ],
  [
    'game_play: payload',
    (n) => buttons({ type: 'game_play', title: 'A', payload: x(n) }),
    1000,
    'template.buttons.0.payload',
    characters(1001, 1000),
  ],
  [
    'audio_call: title',
    (n) => buttons({ type: 'audio_call', title: x(n) }),
    20,
    'template.buttons.0.title',
    characters(21, 20),
  ],
  [
    'audio_call: expiry',
    (n) => buttons({ type: 'audio_call', title: 'A', expiresInDays: n }),
    7,
    'template.buttons.0.expiresInDays',
    'must be between 1 and 7; Meta takes no other',
  ],
  ['quick replies', (n) => quickReplies(...many(n, { type: 'phone' })), 13, 'quickReplies', entries(14, 13)],
  [
    'quick replies: title',
    (n) => quickReplies({ type: 'text', title: x(n) }),
    20,
    'quickReplies.0.title',
    characters(21, 20),
  ],
  [
    'quick replies: payload',
    (n) => quickReplies({ type: 'text', title: 'A', payload: x(n) }),
    1000,
    'quickReplies.0.payload',
    characters(1001, 1000),
  ],
  [
    'a URL',
    (n) => ({ attachment: { type: 'image', url: `https://a/${x(n - 10)}` } }),
    2048,
    'attachment.url',
    characters(2049, 2048, 'deskbridge'),
  ],
  [
    'the name of an agent',
    (n) => ({ text: 'Hi', agent: { name: x(n) } }),
    100,
    'agent.name',
    characters(101, 100, 'deskbridge'),
  ],
  [
    'the name of an agent with a picture',
    (n) => ({ text: 'Hi', agent: { name: x(n), pictureUrl: picture } }),
    50,
    'agent.name',
    'is 51 characters long; Meta takes at most 50 beside a picture',
  ],
  [
    'the bytes of a raw body',
    (n) => ({ raw: { message: { text: x(n - 23) } } }),
    65_536,
    'raw',
    'is 65537 bytes long; deskbridge takes at most 65536',
  ],
  [
    'the depth of a raw body',
    (n) => ({ raw: { message: nested(n - 2) } }),
    20,
    'raw',
    'is nested deeper than 20 levels; deskbridge takes no more',
  ],
]

test.each(longest)('%s', (_name, make, limit, path, message) => {
  expect(faultsOf(make(limit))).toEqual([])
  expect(faultsOf(make(limit + 1))).toEqual([{ path, message }])
})
