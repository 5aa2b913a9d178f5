import { describe, expect, test } from 'vitest'
import {
  OTHER_PAGE,
  OTHER_TOKEN,
  PAGE,
  reply,
  TOKEN,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta()

const DAY = 86_400_000
const MB = 1024 * 1024
const url = 'https://cdn.example/1.png'
const upload = (attachment: object, node: string = PAGE) =>
  meta.graph('POST', `${node}/message_attachments`, { body: { message: { attachment } } })
const byId = (type: string, attachment_id: string) =>
  reply({ attachment: { type, payload: { attachment_id } } })

function formOf(parts: Record<string, object>, file?: { type: string; size: number }): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(parts)) form.set(name, JSON.stringify(value))
  if (file) form.set('filedata', new Blob([new Uint8Array(file.size)], { type: file.type }), 'file')
  return form
}

describe('an upload', () => {
  test('by address gives an id that this Page can send, as that type', async () => {
    const { status, body } = await upload({ type: 'image', payload: { url, is_reusable: true } }, 'me')
    expect([status, body]).toEqual([200, { attachment_id: expect.stringMatching(/^\d+$/) }])
    const id: string = body.attachment_id
    expect(verdict(await meta.send(byId('image', id)))).toBe('200')
    expect(verdict(await meta.send(byId('video', id)))).toBe('100/2018047')
    expect(verdict(await meta.send(byId('image', '12')))).toBe('100/2018074')
    const elsewhere = { token: OTHER_TOKEN, body: byId('image', id) }
    expect(verdict(await meta.graph('POST', `${OTHER_PAGE}/messages`, elsewhere))).toBe('100/2018074')
  })

  test('expires after 90 days', async () => {
    const { body } = await upload({ type: 'image', payload: { url } })
    meta.advance(90 * DAY - 60_000)
    expect(verdict(await meta.send(byId('image', body.attachment_id)))).toBe('200')
    meta.advance(60_000)
    expect(verdict(await meta.send(byId('image', body.attachment_id)))).toBe('100/2018074')
  })

  test('can be made old by a test', async () => {
    const { body } = await meta.sim('POST', '/attachments', {
      pageId: PAGE,
      type: 'audio',
      uploadedAt: Date.now() - 91 * DAY,
    })
    expect(verdict(await meta.send(byId('audio', body.attachmentId)))).toBe('100/2018074')
  })

  test.each([
    ['an image', 'image', 'image/png', 8],
    ['a video', 'video', 'video/mp4', 25],
    ['a file', 'file', 'application/pdf', 25],
  ])('as a file: %s has a greatest size', async (_name, type, mime, limit) => {
    const message = { message: { attachment: { type, payload: { is_reusable: true } } } }
    const send = (size: number) =>
      meta.graph('POST', 'me/message_attachments', { form: formOf(message, { type: mime, size }) })
    const { status, body } = await send(limit * MB)
    expect(status).toBe(200)
    expect(verdict(await meta.send(byId(type, body.attachment_id)))).toBe('200')
    expect(verdict(await send(limit * MB + 1))).toBe('100/2018109')
  })

  test('as a file that is far too big', async () => {
    const form = formOf(
      { message: { attachment: { type: 'video', payload: {} } } },
      { type: 'video/mp4', size: 40 * MB },
    )
    expect(verdict(await meta.graph('POST', 'me/message_attachments', { form }))).toBe('100/2018109')
  })

  test.each([
    [
      'a file that is something else',
      { type: 'image', payload: {} },
      { type: 'video/mp4', size: 1 },
      '100/2018047',
    ],
    ['a file and an address', { type: 'image', payload: { url } }, { type: 'image/png', size: 1 }, '100'],
    ['neither', { type: 'image', payload: {} }, undefined, '100'],
    ['an unknown type', { type: 'template', payload: {} }, { type: 'image/png', size: 1 }, '100'],
  ])('is refused with %s', async (_name, attachment, file, expected) => {
    const form = formOf({ message: { attachment } }, file)
    expect(verdict(await meta.graph('POST', 'me/message_attachments', { form }))).toBe(expected)
  })
})

describe('a file sent along', () => {
  const parts = (more: object = {}) => ({
    recipient: { id: '7' },
    message: { attachment: { type: 'image', payload: more } },
  })

  test('is a message of parts, and gives an id when it is asked for', async () => {
    const form = formOf(parts(), { type: 'image/png', size: 10 })
    form.set('messaging_type', 'RESPONSE')
    const { status, body } = await meta.graph('POST', 'me/messages', { form })
    expect([status, Object.keys(body)]).toEqual([200, ['recipient_id', 'message_id']])
    const again = formOf(parts({ is_reusable: true }), { type: 'image/png', size: 10 })
    again.set('messaging_type', 'RESPONSE')
    const kept = await meta.graph('POST', 'me/messages', { form: again })
    expect(verdict(await meta.send(byId('image', kept.body.attachment_id)))).toBe('200')
  })

  test('needs its attachment, and no other source', async () => {
    for (const broken of [parts({ url }), { recipient: { id: '7' }, message: { text: 'x' } }]) {
      const form = formOf(broken, { type: 'image/png', size: 10 })
      form.set('messaging_type', 'RESPONSE')
      expect(verdict(await meta.graph('POST', 'me/messages', { form }))).toBe('100')
    }
  })

  test('by address gives an id too', async () => {
    const attachment = { type: 'image', payload: { url, is_reusable: true } }
    const { body } = await meta.send(reply({ attachment }))
    expect(verdict(await meta.send(byId('image', body.attachment_id)))).toBe('200')
  })
})

describe('personas', () => {
  const persona = { name: 'Ada', profile_picture_url: 'https://cdn.example/ada.png' }
  const make = (more: object = {}) =>
    meta.graph('POST', `${PAGE}/personas`, { body: { ...persona, ...more } })

  test('are made, listed page by page, read, used and deleted', async () => {
    const ids: string[] = []
    for (const name of ['Ada', 'Grace', 'Hedy']) ids.push((await make({ name })).body.id)
    const first = await meta.graph('GET', 'me/personas?limit=2')
    expect(first.body).toMatchObject({ data: [{ id: ids[0], name: 'Ada' }, { id: ids[1] }] })
    const { cursors, next } = first.body.paging
    expect(next).toEqual(expect.any(String))
    const second = await meta.graph('GET', `me/personas?limit=2&after=${cursors.after}`)
    expect(second.body.data).toEqual([{ ...persona, name: 'Hedy', id: ids[2] }])
    expect(second.body.paging).not.toHaveProperty('next')
    expect((await meta.graph('GET', ids[0]!)).body).toEqual({ ...persona, id: ids[0] })

    const speak = (persona_id: string) => meta.send({ ...reply({ text: 'x' }), persona_id })
    expect(verdict(await speak(ids[0]!))).toBe('200')
    expect((await meta.graph('DELETE', ids[0]!)).body).toEqual({ success: true })
    expect(verdict(await speak(ids[0]!))).toBe('100')
    expect(verdict(await meta.graph('DELETE', ids[0]!))).toBe('100/33')
  })

  test('belong to one Page', async () => {
    const { body } = await make()
    const call = { token: OTHER_TOKEN, body: { ...reply({ text: 'x' }), persona_id: body.id } }
    expect(verdict(await meta.graph('POST', `${OTHER_PAGE}/messages`, call))).toBe('100')
    expect(verdict(await meta.graph('DELETE', body.id, { token: OTHER_TOKEN }))).toBe('100/33')
  })

  test('have a name of 50 characters at most, and a picture', async () => {
    expect(verdict(await make({ name: 'x'.repeat(50) }))).toBe('200')
    expect(verdict(await make({ name: 'x'.repeat(51) }))).toBe('100')
    expect(verdict(await make({ profile_picture_url: undefined }))).toBe('100')
  })

  test('are not for Instagram', async () => {
    const call = { token: 'token-of-the-account', body: persona }
    expect(verdict(await meta.graph('POST', 'me/personas', call))).toBe('100')
  })
})

describe('message templates', () => {
  test('are listed, by status, name and language', async () => {
    const body = [{ type: 'BODY', text: 'Order {{1}} left' }]
    meta.simulator.template({ pageId: PAGE, name: 'shipped', components: body })
    await meta.sim('POST', '/templates', {
      pageId: PAGE,
      name: 'shipped',
      language: 'de',
      status: 'REJECTED',
    })
    meta.simulator.template({ pageId: OTHER_PAGE, name: 'other' })
    const list = async (query: string) => (await meta.graph('GET', `me/message_templates?${query}`)).body.data
    expect(await list('')).toEqual([
      {
        id: expect.any(String),
        name: 'shipped',
        language: 'en',
        status: 'APPROVED',
        category: 'UTILITY',
        components: body,
        parameter_format: 'POSITIONAL',
      },
      expect.objectContaining({ language: 'de', status: 'REJECTED' }),
    ])
    expect(await list('status=APPROVED')).toHaveLength(1)
    expect(await list('language=de&fields=name')).toEqual([{ name: 'shipped', id: expect.any(String) }])
    expect(await list('name=other')).toEqual([])
    expect(verdict(await meta.graph('GET', 'me/message_templates?fields=colour'))).toBe('100')
  })
})

test('what a Page keeps is its own: the node must be the Page of the token', async () => {
  for (const edge of ['message_attachments', 'personas', 'message_templates']) {
    const method = edge === 'message_attachments' ? 'POST' : 'GET'
    const answer = await meta.graph(method, `${OTHER_PAGE}/${edge}`, { token: TOKEN })
    expect([edge, verdict(answer)]).toEqual([edge, '100/33'])
  }
})
