import { describe, expect, test } from 'vitest'
import { PAGE, useSimulatedMeta, verdict } from '../support/simulated-meta.ts'

const meta = useSimulatedMeta({ limits: 'off' })

const text = (length: number) => 'x'.repeat(length)
const times = <T>(count: number, one: T) => Array.from({ length: count }, () => one)
const path = `${PAGE}/messenger_profile`
const set = (body: object) => meta.graph('POST', path, { body })
const read = async (fields: string, more = '') =>
  (await meta.graph('GET', `${path}?fields=${fields}${more}`)).body
const remove = (fields: string[]) => meta.graph('DELETE', path, { body: { fields } })

const start = { get_started: { payload: 'START' } }
const item = { type: 'postback', title: 'Orders', payload: 'ORDERS' }
const menu = (...items: object[]) => ({
  persistent_menu: [{ locale: 'default', composer_input_disabled: false, call_to_actions: items }],
})
const question = { question: 'Where are you?', payload: 'WHERE' }
const breakers = (count: number) => ({
  ice_breakers: [{ locale: 'default', call_to_actions: times(count, question) }],
})
const commands = (count: number, name = 'help', description = 'Help') => ({
  commands: [{ locale: 'default', commands: times(count, { name, description }) }],
})

test('settings are set, read and deleted', async () => {
  const greeting = [
    { locale: 'default', text: 'Hello' },
    { locale: 'de_DE', text: 'Hallo' },
  ]
  expect(await read('greeting')).toEqual({ data: [] })
  const set1 = await set({ ...start, greeting, ...menu(item), whitelisted_domains: ['https://shop.example'] })
  expect(set1.body).toEqual({ result: 'success' })
  expect(await read('greeting,get_started,ice_breakers')).toEqual({ data: [{ greeting, ...start }] })
  expect((await remove(['greeting'])).body).toEqual({ result: 'success' })
  expect(await read('greeting,persistent_menu')).toEqual({ data: [menu(item)] })
  expect(await read('subject_to_new_eu_privacy_rules')).toEqual({
    data: [{ subject_to_new_eu_privacy_rules: false }],
  })
})

test('ice breakers come back in the form in which they were set', async () => {
  await set({ ice_breakers: [question] })
  expect(await read('ice_breakers')).toEqual({ data: [{ ice_breakers: [question] }] })
  await set(breakers(1))
  expect(await read('ice_breakers')).toEqual({ data: [breakers(1)] })
})

test('the menu needs a Get Started button, before and after', async () => {
  expect(verdict(await set(menu(item)))).toBe('100')
  expect(verdict(await set({ ...start, ...menu(item) }))).toBe('200')
  expect(verdict(await remove(['get_started']))).toBe('100')
  expect(verdict(await remove(['get_started', 'persistent_menu']))).toBe('200')
})

test('each platform has settings of its own', async () => {
  await set({ platform: 'instagram', ...menu(item) })
  expect(await read('persistent_menu')).toEqual({ data: [] })
  expect(await read('persistent_menu', '&platform=instagram')).toEqual({ data: [menu(item)] })
})

describe('limits', () => {
  test.each([
    ['ice breakers', breakers(4), breakers(5)],
    [
      'ice breakers in the old form',
      { ice_breakers: times(4, question) },
      { ice_breakers: times(5, question) },
    ],
    ['menu items', menu(...times(20, item)), menu(...times(21, item))],
    ['the title of a menu item', menu({ ...item, title: text(30) }), menu({ ...item, title: text(31) })],
    [
      'the payload of a menu item',
      menu({ ...item, payload: text(1000) }),
      menu({ ...item, payload: text(1001) }),
    ],
    ['commands', commands(100), commands(101)],
    ['the name of a command', commands(1, text(32)), commands(1, text(33))],
    ['the description of a command', commands(1, 'help', text(64)), commands(1, 'help', text(65))],
  ])('%s', async (_name, greatest, tooGreat) => {
    await set(start)
    expect(verdict(await set(greatest))).toBe('200')
    expect(verdict(await set(tooGreat))).toBe('100')
  })

  test.each([
    ['nothing', {}],
    ['an unknown setting', { theme: 'dark' }],
    [
      'a menu without the default locale',
      { ...start, persistent_menu: [{ locale: 'de_DE', call_to_actions: [item] }] },
    ],
    [
      'ice breakers without the default locale',
      { ice_breakers: [{ locale: 'de_DE', call_to_actions: [question] }] },
    ],
    ['a greeting twice in one locale', { greeting: times(2, { locale: 'default', text: 'Hello' }) }],
  ])('refuses %s', async (_name, body) => {
    expect(verdict(await set(body))).toBe('100')
  })

  test('refuses names that are none', async () => {
    expect(verdict(await meta.graph('GET', path))).toBe('100')
    expect(verdict(await meta.graph('GET', `${path}?fields=theme`))).toBe('100')
    expect(verdict(await remove(['theme']))).toBe('100')
  })
})
