import { describe, expect, test } from 'vitest'
import {
  INSTAGRAM,
  OTHER_TOKEN,
  PAGE,
  PSID,
  reply,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta({ limits: 'off', windows: 'enforced' })

const write = (psid: string, text: string, pageId = PAGE) => meta.simulator.write({ pageId, psid, text })
const get = async (path: string, token?: string) =>
  (await meta.graph('GET', path, token === undefined ? {} : { token })).body

describe('conversations', () => {
  test('are listed newest first, page by page', async () => {
    for (const psid of ['1', '2', '3']) {
      await write(psid, 'Hi')
      meta.advance(1000)
    }
    await write('1', 'Hello?')
    const first = await get(`${PAGE}/conversations?platform=messenger&limit=2`)
    expect(first.data).toEqual(
      [0, 1].map(() => ({
        id: expect.stringMatching(/^t_/),
        updated_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
      })),
    )
    const second = await get(`${PAGE}/conversations?limit=2&after=${first.paging.cursors.after}`)
    expect(second.data).toHaveLength(1)
    expect(second.paging).not.toHaveProperty('next')
    const participants = async (id: string) =>
      (await get(`${id}?fields=participants`)).participants.data[0].id
    const ids = [...first.data, ...second.data].map(({ id }) => id as string)
    expect(await Promise.all(ids.map(participants))).toEqual(['1', '3', '2'])
    expect(verdict(await meta.graph('GET', 'me/conversations?after=nothing'))).toBe('100')
  })

  test('of one person, and of one platform', async () => {
    await write('1', 'Hi')
    await write('2', 'Hi')
    await write('3', 'Hi', INSTAGRAM)
    expect((await get('me/conversations?user_id=2')).data).toHaveLength(1)
    expect((await get('me/conversations?user_id=3')).data).toEqual([])
    expect((await get('me/conversations?platform=instagram')).data).toEqual([])
    expect((await get('me/conversations?platform=instagram', 'token-of-the-account')).data).toHaveLength(1)
    expect(verdict(await meta.graph('GET', 'me/conversations?platform=fax'))).toBe('100')
  })

  test('tell whether they are ours, where there is routing', async () => {
    await write('1', 'Hi')
    const isOwner = async () => (await get('me/conversations?fields=is_owner')).data[0].is_owner
    expect(await isOwner()).toBe(true)
    await meta.simulator.owner({ pageId: PAGE, psid: '1', appId: '123' })
    expect(await isOwner()).toBe(false)
  })

  test("are nobody else's", async () => {
    const { mid } = await write('1', 'Hi')
    const { data } = await get('me/conversations')
    for (const id of [data[0].id, mid, 't_unknown', 'm_unknown']) {
      const token = id.endsWith('unknown') ? {} : { token: OTHER_TOKEN }
      expect([id, verdict(await meta.graph('GET', id, token))]).toEqual([id, '100/33'])
    }
  })
})

describe('messages', () => {
  test('tell who wrote what to whom', async () => {
    const { mid } = await write(PSID, 'Hi')
    meta.simulator.person({ pageId: PAGE, psid: PSID, profile: { name: 'Ada' } })
    const sent = await meta.send({ ...reply({ text: 'Hello' }), reply_to: { mid } })
    const image = { type: 'image', payload: { url: 'https://cdn.example/1.png' } }
    const { mid: third } = await meta.simulator.write({ pageId: PAGE, psid: PSID, attachments: [image] })
    const fields = 'id,created_time,from,to,message,reply_to,attachments'
    const they = { id: PSID, name: 'Ada' }
    const we = { id: PAGE, name: `Page ${PAGE}` }
    expect(await get(`${sent.body.message_id}?fields=${fields}`)).toEqual({
      id: sent.body.message_id,
      created_time: expect.stringMatching(/\+0000$/),
      from: we,
      to: { data: [they] },
      message: 'Hello',
      reply_to: { mid },
    })
    expect(await get(`${third}?fields=${fields}`)).toMatchObject({
      from: they,
      to: { data: [we] },
      message: '',
      attachments: { data: [{ mime_type: 'image/jpeg', image_data: { url: image.payload.url } }] },
    })
    const { data } = await get('me/conversations')
    const { messages } = await get(`${data[0].id}?fields=messages`)
    expect(messages.data.map(({ id }: { id: string }) => id)).toEqual([third, sent.body.message_id, mid])
    const nested = await get(`${data[0].id}?fields=id,messages{id,message,from}&limit=1`)
    expect(nested.messages.data).toEqual([{ id: third, message: '', from: they }])
    expect(nested.messages.paging.next).toEqual(expect.any(String))
    expect(verdict(await meta.graph('GET', `${mid}?fields=colour`))).toBe('100')
  })

  test('have details while they are among the twenty newest', async () => {
    const { mid } = await write(PSID, 'first')
    for (let count = 1; count < 20; count++) await write(PSID, `${count}`)
    expect(await get(`${mid}?fields=message`)).toMatchObject({ message: 'first' })
    await write(PSID, 'one more')
    expect(verdict(await meta.graph('GET', `${mid}?fields=message`))).toBe('100/9000001')
    const { data } = await get('me/conversations')
    const { messages } = await get(`${data[0].id}?fields=messages{message}`)
    expect(messages.data.at(-1)).toEqual({ id: mid, created_time: expect.any(String) })
    expect(messages.data.at(-2)).toMatchObject({ message: '1' })
  })
})

describe('people', () => {
  const profile = (fields = 'id,name,first_name,last_name,profile_pic') =>
    meta.graph('GET', `${PSID}?fields=${fields}`)

  test('are not there before they wrote', async () => {
    expect(verdict(await profile())).toBe('100/33')
    await write(PSID, 'Hi')
    expect((await profile()).body).toEqual({
      id: PSID,
      name: 'Person 0001',
      first_name: 'Person',
      last_name: '0001',
      profile_pic: expect.stringContaining('https://'),
    })
  })

  test('tell what they are said to tell', async () => {
    const person = (what: object) => meta.sim('POST', '/person', { pageId: PAGE, psid: PSID, ...what })
    await person({ profile: { first_name: 'Ada', locale: 'en_GB', timezone: 1 } })
    expect((await profile('first_name,last_name,locale')).body).toEqual({
      id: PSID,
      first_name: 'Ada',
      locale: 'en_GB',
    })
    expect(verdict(await profile('first_name,shoe_size'))).toBe('100')
    await person({ profile: null })
    expect((await profile()).body).toEqual({})
    await person({ profile: 'unavailable' })
    expect(verdict(await profile())).toBe('100/2018218')
  })

  test('have other fields on Instagram', async () => {
    await write(PSID, 'Hi', INSTAGRAM)
    expect(await get(`${PSID}?fields=name,username`, 'token-of-the-account')).toEqual({
      id: PSID,
      name: 'Person 0001',
      username: 'person_0001',
    })
    const first = await meta.graph('GET', `${PSID}?fields=first_name`, { token: 'token-of-the-account' })
    expect(verdict(first)).toBe('100')
  })

  describe('whom the app may not read', () => {
    const blind = useSimulatedMeta({ profiles: 'none' })

    test('are empty', async () => {
      const { status, body } = await blind.graph('GET', `${PSID}?fields=name`)
      expect([status, body]).toEqual([200, {}])
    })
  })
})
