import { describe, expect, test } from 'vitest'
import {
  APP_ID,
  INSTAGRAM,
  only,
  PAGE,
  PSID,
  reply,
  useSimulatedMeta,
  verdict,
} from '../support/simulated-meta.ts'

const meta = useSimulatedMeta({ echoes: false })

const OURS = String(APP_ID)
const OTHER = '111222333'
const DAY = 86_400_000
const who = { pageId: PAGE, psid: PSID }
const control = (verb: string, more: object = {}) =>
  meta.graph('POST', `me/${verb}_thread_control`, { body: { recipient: { id: PSID }, ...more } })
const owner = async () => (await meta.graph('GET', `me/thread_owner?recipient=${PSID}`)).body.data
const say = async (more: object = {}) => verdict(await meta.send({ ...reply({ text: 'x' }), ...more }))

describe('a thread', () => {
  test('is idle, then ours when the person writes, then idle after a day', async () => {
    expect(await owner()).toEqual([])
    expect(await say()).toBe('200')
    await meta.simulator.write({ ...who, text: 'Hi' })
    const [{ thread_owner }] = await owner()
    expect(thread_owner).toEqual({ app_id: OURS, expiration: expect.any(Number) })
    expect(Math.abs(thread_owner.expiration - (Date.now() + DAY) / 1000)).toBeLessThan(5)
    meta.advance(DAY)
    expect(await owner()).toEqual([])
  })

  test('of another app is no place for us to write, and what happens there comes on standby', async () => {
    await meta.sim('POST', '/owner', { ...who, appId: OTHER })
    expect(await say()).toBe('10/2018300')
    await meta.simulator.write({ ...who, text: 'Hi' })
    await meta.simulator.write({ ...who, postback: { title: 'Go', payload: 'SECRET' } })
    await meta.simulator.read(who)
    expect(meta.events('standby')).toMatchObject([
      { message: { text: 'Hi' } },
      { postback: { title: 'Go' } },
      { read: { watermark: expect.any(Number) } },
    ])
    expect(JSON.stringify(meta.events('standby'))).not.toContain('SECRET')
    await meta.sim('POST', '/owner', { ...who, appId: null })
    expect(await say()).toBe('200')
    expect(await owner()).toEqual([])
  })

  test('has a number of its own on Instagram', async () => {
    await meta.simulator.owner({ pageId: INSTAGRAM, psid: PSID, appId: OTHER })
    const answer = await meta.sendOnInstagram({ recipient: { id: PSID }, message: { text: 'x' } })
    expect(verdict(answer)).toBe('100/2534037')
  })

  test('stays with another app for a day after the last word', async () => {
    await meta.simulator.owner({ ...who, appId: OTHER })
    meta.advance(DAY - 60_000)
    await meta.simulator.write({ ...who, text: 'Hi' })
    meta.advance(DAY - 60_000)
    expect(await say()).toBe('10/2018300')
    meta.advance(60_000)
    expect(await say()).toBe('200')
  })

  test('is taken by a human who answers in the inbox of Meta', async () => {
    await meta.simulator.write({ ...who, text: 'Hi' })
    await meta.sim('POST', '/inbox', { ...who, text: 'A human here' })
    expect(await say()).toBe('10/2018300')
    expect(await owner()).toMatchObject([{ thread_owner: { app_id: '263902037430900' } }])
    expect(meta.simulator.shown(who).map(({ text }) => text)).toEqual(['Hi', 'A human here'])
    expect(meta.events().at(-1)).toMatchObject({
      take_thread_control: { previous_owner_app_id: OURS, new_owner_app_id: '263902037430900' },
    })
  })
})

describe('we', () => {
  test('pass it on, and the webhook hears of it', async () => {
    await meta.simulator.write({ ...who, text: 'Hi' })
    expect((await control('pass', { target_app_id: OTHER, metadata: 'lead' })).body).toEqual({
      success: true,
    })
    await meta.simulator.idle()
    expect(meta.events().at(-1)).toMatchObject({
      sender: { id: PSID },
      recipient: { id: PAGE },
      pass_thread_control: { previous_owner_app_id: OURS, new_owner_app_id: OTHER, metadata: 'lead' },
    })
    expect(await say()).toBe('10/2018300')
    expect(verdict(await control('pass', { target_app_id: OTHER }))).toBe('10/2018300')
  })

  test('take it back', async () => {
    await meta.simulator.owner({ ...who, appId: OTHER, by: 'take' })
    expect(verdict(await control('take', { metadata: 'ours' }))).toBe('200')
    await meta.simulator.idle()
    expect(meta.events()).toMatchObject([
      { take_thread_control: { previous_owner_app_id: null, new_owner_app_id: OTHER } },
      { take_thread_control: { previous_owner_app_id: OTHER, new_owner_app_id: OURS, metadata: 'ours' } },
    ])
    expect(await say()).toBe('200')
  })

  test('release it, of which nobody is told', async () => {
    await meta.simulator.write({ ...who, text: 'Hi' })
    expect(verdict(await control('release'))).toBe('200')
    await meta.simulator.idle()
    expect([await owner(), meta.events().length]).toEqual([[], 1])
    await meta.simulator.owner({ ...who, appId: OTHER })
    expect(verdict(await control('release'))).toBe('10/2018300')
  })

  test('ask for it; and are asked for it', async () => {
    await meta.simulator.owner({ ...who, appId: OTHER })
    expect(verdict(await control('request'))).toBe('200')
    expect(await say()).toBe('10/2018300')
    await meta.simulator.owner({ ...who, appId: OURS, metadata: 'here' })
    await meta.sim('POST', '/request', { ...who, appId: OTHER, metadata: 'please' })
    expect(meta.events().slice(1)).toMatchObject([
      { pass_thread_control: { previous_owner_app_id: OTHER, new_owner_app_id: OURS, metadata: 'here' } },
      { request_thread_control: { requested_owner_app_id: OTHER, metadata: 'please' } },
    ])
  })

  test('extend it, up to seven days', async () => {
    await meta.simulator.write({ ...who, text: 'Hi' })
    expect(verdict(await control('extend', { duration: 604_801 }))).toBe('100')
    expect(verdict(await control('extend', { duration: 604_800 }))).toBe('200')
    meta.advance(6 * DAY)
    expect(await owner()).toMatchObject([{ thread_owner: { app_id: OURS } }])
    await meta.simulator.owner({ ...who, appId: OTHER })
    expect(verdict(await control('extend', { duration: 60 }))).toBe('10/2018300')
  })

  test('pass and release it with a message', async () => {
    await meta.simulator.write({ ...who, text: 'Hi' })
    expect(await say({ thread_control: { control_type: 'pass', app_id: OTHER } })).toBe('200')
    expect(await owner()).toMatchObject([{ thread_owner: { app_id: OTHER } }])
    await meta.simulator.owner({ ...who, appId: OURS })
    expect(await say({ thread_control: {} })).toBe('200')
    expect(await owner()).toEqual([])
    expect(await say({ thread_control: { control_type: 'take' } })).toBe('100')
  })

  test('must say whose thread', async () => {
    expect(verdict(await control('pass', { recipient: undefined }))).toBe('100')
    expect(verdict(await meta.graph('GET', 'me/thread_owner'))).toBe('100')
  })
})

describe('when another app is the default', () => {
  const guest = useSimulatedMeta({ defaultAppId: Number(OTHER), echoes: false })

  test('we write only where the thread was passed to us, and see what we may see', async () => {
    const send = async () => verdict(await guest.send(reply({ text: 'x' })))
    expect(await send()).toBe('10/2018300')
    await guest.simulator.write({ ...who, text: 'Hi' })
    expect(only(guest.events('standby'))).toMatchObject({ message: { text: 'Hi' } })
    const read = () => guest.graph('GET', `me/thread_owner?recipient=${PSID}`)
    expect(Object.keys((await read()).body.data[0].thread_owner)).toEqual(['expiration'])
    const take = { body: { recipient: { id: PSID } } }
    expect(verdict(await guest.graph('POST', 'me/take_thread_control', take))).toBe('10')
    await guest.simulator.owner({ ...who, appId: OURS })
    expect(await send()).toBe('200')
    expect((await read()).body.data).toMatchObject([{ thread_owner: { app_id: OURS } }])
  })
})

describe('without a default app', () => {
  const zero = useSimulatedMeta({ defaultAppId: null })

  test('everybody may answer, and nobody takes', async () => {
    await zero.simulator.write({ ...who, text: 'Hi' })
    expect(only(zero.events())).toMatchObject({ message: { text: 'Hi' } })
    expect(verdict(await zero.send(reply({ text: 'x' })))).toBe('200')
    expect((await zero.graph('GET', `me/thread_owner?recipient=${PSID}`)).body.data).toEqual([])
    const call = { body: { recipient: { id: PSID } } }
    expect(verdict(await zero.graph('POST', 'me/take_thread_control', call))).toBe('10')
    expect(verdict(await zero.graph('POST', 'me/pass_thread_control', call))).toBe('100')
    expect(verdict(await zero.send({ ...reply({ text: 'x' }), thread_control: {} }))).toBe('100')
    expect((await zero.graph('GET', 'me?fields=messaging_feature_status')).body).toMatchObject({
      messaging_feature_status: { hop_v2: false },
    })
  })
})
