import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import {
  attachmentId,
  copiesFiles,
  copyableAttachments,
  isAttachmentId,
} from '../../src/attachments/copyable.ts'
import { fileName } from '../../src/attachments/file-name.ts'
import type { Attachment, DomainEvent, MessageEvent } from '../../src/domain/event.ts'
import { splitDelivery } from '../../src/meta/split.ts'

const url = 'https://scontent.example/v/a.png?oe=1'
const message = (attachments: Attachment[], more: Partial<MessageEvent> = {}): MessageEvent => ({
  id: 'evt_1',
  kind: 'message',
  pageId: '1',
  conversationId: '1:2',
  psid: '2',
  timestamp: 1,
  standby: false,
  raw: null,
  mid: 'm_1',
  text: null,
  attachments,
  ...more,
})
const typesOf = (event: DomainEvent) => copyableAttachments(event).map(({ type }) => type)

describe('what is copied', () => {
  test('is what a person sent as a file, each under an id that follows from the event', () => {
    const types = ['image', 'audio', 'video', 'file', 'sticker']
    const event = message(types.map((type) => ({ type, url })))
    expect(typesOf(event)).toEqual(types)
    const ids = copyableAttachments(event).map(({ id }) => id)
    expect(new Set(ids).size).toBe(5)
    expect(ids.every(isAttachmentId)).toBe(true)
    expect(ids).toEqual(copyableAttachments(structuredClone(event)).map(({ id }) => id))
    expect(ids).not.toContain(copyableAttachments({ ...event, id: 'evt_2' })[0]?.id)
  })

  test('is never media of a story, nor what others have published, nor a link that the person chose', () => {
    const types =
      'story_mention story ig_story media fallback share post ig_post reel ig_reel template location'
    expect(typesOf(message(types.split(' ').map((type) => ({ type, url }))))).toEqual([])
  })

  test('is nothing in an answer to a story, which might hold the story', () => {
    const image = [{ type: 'image', url }]
    expect(typesOf(message(image, { replyTo: { story: { id: '1', url } } }))).toEqual([])
    expect(typesOf(message(image, { replyTo: { mid: 'm_0' } }))).toEqual(['image'])
  })

  test('keeps its place among those that are not', () => {
    const mixed = [
      { type: 'fallback', url },
      { type: 'image', url: null },
      { type: 'image', url },
    ]
    expect(copyableAttachments(message(mixed))).toEqual([
      { at: 2, id: attachmentId('evt_1', 2), type: 'image', url },
    ])
  })

  test('is nothing that the Page itself sent, and nothing of comments', () => {
    const other = { ...message([{ type: 'image', url }]), kind: 'echo' } as unknown as DomainEvent
    expect(typesOf(other)).toEqual([])
    expect(typesOf({ ...other, kind: 'comment' } as DomainEvent)).toEqual([])
  })

  test('is found in what Meta sends', () => {
    const attachments = [
      { type: 'image', payload: { url } },
      { type: 'story_mention', payload: { url } },
    ]
    const messaging = [
      { sender: { id: '2' }, recipient: { id: '1' }, timestamp: 1, message: { mid: 'm', attachments } },
    ]
    const { events } = splitDelivery(JSON.stringify({ object: 'page', entry: [{ id: '1', messaging }] }), 1)
    expect(events.flatMap(typesOf)).toEqual(['image'])
  })

  test.each([
    ['messenger', undefined, true],
    ['messenger', 'copy', true],
    ['messenger', 'link', false],
    ['instagram', undefined, false],
    ['instagram', 'copy', true],
    ['instagram', 'link', false],
  ] as const)('at a Page of %s that says %s: %s', (channel, attachments, copied) => {
    expect(copiesFiles({ channel, ...(attachments ? { attachments } : {}) })).toBe(copied)
  })
})

test.each([
  '',
  'att_',
  'att_short',
  '../../../../etc/passwd',
  `att_${'a'.repeat(23)}`,
  `att_${'.'.repeat(22)}`,
])('%j is no id of an attachment', (text) => {
  expect(isAttachmentId(text)).toBe(false)
  expect(isAttachmentId(`att_${'a'.repeat(22)}\n`)).toBe(false)
})

describe('the name of a file', () => {
  test.each([
    ['https://cdn.example/v/t59/12_n.pdf/R%C3%A4kning%20%281%29.pdf?_nc_cat=1', 'Räkning (1).pdf'],
    ['https://cdn.example/v/photo_n.jpg?oe=1', 'photo_n.jpg'],
    ['https://cdn.example/a%22%0d%0aSet-Cookie:x.png', 'a___Set-Cookie_x.png'],
    ['https://cdn.example/..%2f..%2fetc%2fpasswd.txt', '.._.._etc_passwd.txt'],
    ['https://cdn.example/%E2%80%AEgpj.exe', '_gpj.exe'],
    [`https://cdn.example/${'x'.repeat(300)}.png`, `${'x'.repeat(96)}.png`],
  ])('%s is %s', (link, name) => {
    expect(fileName(link)).toBe(name)
  })

  test.each([
    'https://cdn.example/',
    'https://cdn.example/v/abc',
    'https://cdn.example/.png',
    'https://cdn.example/%ff.png',
    'no link',
  ])('%s has none', (link) => {
    expect(fileName(link)).toBeNull()
  })

  test.prop([fc.webUrl({ withQueryParameters: true }), fc.string({ unit: 'binary' })])(
    'holds nothing that could leave a header or a folder',
    (base, text) => {
      const name = fileName(`${base}/${encodeURIComponent(text.toWellFormed())}.png`)
      expect(name ?? '').not.toMatch(/[/\\"\r\n\0]/)
      expect((name ?? '').length).toBeLessThanOrEqual(100)
    },
  )
})
