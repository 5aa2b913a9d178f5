import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/config/load-config.ts'
import type { Config } from '../../src/config/schema.ts'
import { runProfile } from '../../src/commands/profile.ts'
import { configFor, page, refuse, toolsFor, useGraph } from '../support/setup-kit.ts'

const graph = useGraph()
const path = `${page.id}/messenger_profile`

const profile = {
  getStarted: 'BEGIN',
  locales: {
    de_DE: { greeting: 'Hallo!', commands: [{ name: 'hilfe', description: 'Ein Mensch' }] },
    default: {
      greeting: 'Hello {{user_first_name}}!',
      iceBreakers: [{ question: 'Where is my order?', payload: 'ORDER' }],
      menu: [
        { title: 'Talk to us', payload: 'HUMAN' },
        { title: 'Shop', url: 'https://shop.example/' },
      ],
    },
  },
}

/** The same, as Meta holds it; other keys of Meta's stand beside it. */
const held = {
  get_started: { payload: 'BEGIN' },
  greeting: [
    { locale: 'de_DE', text: 'Hallo!' },
    { locale: 'default', text: 'Hello {{user_first_name}}!' },
  ],
  ice_breakers: [
    { locale: 'default', call_to_actions: [{ question: 'Where is my order?', payload: 'ORDER' }] },
  ],
  persistent_menu: [
    {
      locale: 'default',
      call_to_actions: [
        { type: 'postback', title: 'Talk to us', payload: 'HUMAN' },
        { type: 'web_url', url: 'https://shop.example/', title: 'Shop', webview_height_ratio: 'full' },
      ],
    },
  ],
  commands: [{ locale: 'de_DE', commands: [{ name: 'hilfe', description: 'Ein Mensch' }] }],
}

async function run(args: string[], more: { page?: object; held?: object } = {}) {
  graph.on('GET me', { id: page.id, name: 'Acme' })
  if (more.held !== undefined)
    graph.on(`GET ${path}`, { data: Object.keys(more.held).length ? [more.held] : [] })
  if (!('held' in more)) graph.on(`GET ${path}`, { data: [] })
  const config = configFor(graph.url, { pages: [{ ...page, profile, ...more.page }] })
  const kit = toolsFor(graph)
  const load = () => ({ ok: true, file: 'f', config }) as const
  const exitCode = await runProfile(args, { print: kit.tools.print, load, open: () => kit.tools })
  return { exitCode, text: kit.text() }
}

describe('a profile that Meta does not have yet', () => {
  it('is written in one call', async () => {
    graph.on(`POST ${path}`, { result: 'success' })
    const { exitCode, text } = await run([])
    expect(exitCode).toBe(0)
    expect(graph.of(`POST ${path}`).map(({ body }) => body)).toEqual([
      {
        ...held,
        greeting: held.greeting.toReversed(),
        persistent_menu: [
          {
            locale: 'default',
            composer_input_disabled: false,
            call_to_actions: [
              { type: 'postback', title: 'Talk to us', payload: 'HUMAN' },
              { type: 'web_url', title: 'Shop', url: 'https://shop.example/' },
            ],
          },
        ],
      },
    ])
    expect(text).toContain('+ default: Hello {{user_first_name}}!')
    expect(text).toContain('+ default 2: Shop → https://shop.example/')
    expect(text).toContain('A menu may take a day')
  })

  it('is only shown with --dry-run', async () => {
    const { exitCode, text } = await run(['--dry-run'])
    expect(exitCode).toBe(0)
    expect(graph.calls.filter(({ route }) => !route.startsWith('GET'))).toEqual([])
    expect(text).toContain('+ payload BEGIN')
    expect(text).toContain('Nothing was written')
  })
})

describe('a profile that Meta has', () => {
  it('is left as it is, whatever order and further keys it has there', async () => {
    const { exitCode, text } = await run([], { held })
    expect(exitCode).toBe(0)
    expect(text).toBe('Acme (1234567890): nothing to do, the profile is as it should be.')
  })

  it('also in the older form of ice breakers', async () => {
    const older = { ...held, ice_breakers: [{ question: 'Where is my order?', payload: 'ORDER' }] }
    expect((await run([], { held: older })).text).toContain('nothing to do')
  })

  it('is changed where it differs, and nowhere else', async () => {
    graph.on(`POST ${path}`, { result: 'success' })
    const other = { ...held, greeting: [{ locale: 'default', text: 'Hi' }, held.greeting[0]] }
    const { text } = await run([], { held: other })
    expect(Object.keys(graph.of(`POST ${path}`)[0]!.body)).toEqual(['greeting'])
    expect(text).toContain('    - default: Hi\n    + default: Hello {{user_first_name}}!\n')
    expect(text).not.toContain('Hallo')
  })

  it('keeps what the config does not name, unless --exact', async () => {
    graph.on(`DELETE ${path}`, { result: 'success' })
    const without = { page: { profile: { getStarted: 'BEGIN' } }, held: { ...held, greeting: 'unreadable' } }
    const kept = await run([], without)
    expect(kept.text).toContain('(--exact removes it)')
    expect(graph.of(`DELETE ${path}`)).toEqual([])

    await run(['--exact'], without)
    expect(graph.of(`DELETE ${path}`).map(({ body }) => body)).toEqual([
      { fields: ['greeting', 'ice_breakers', 'persistent_menu', 'commands'] },
    ])
  })

  it('is written anew where nobody can read it', async () => {
    graph.on(`POST ${path}`, { success: 'true' })
    const nested = [
      { locale: 'default', call_to_actions: [{ type: 'nested', title: 'Old', call_to_actions: [] }] },
    ]
    const { text } = await run([], { held: { ...held, persistent_menu: nested } })
    expect(Object.keys(graph.of(`POST ${path}`)[0]!.body)).toEqual(['persistent_menu'])
    expect(text).toContain('does not know')
  })
})

describe('the calls', () => {
  it('stay below ten, and name the platform of an Instagram account', async () => {
    graph.on(`POST ${path}`, { result: 'success' })
    await run([], { page: { channel: 'instagram' } })
    const calls = graph.calls.filter(({ route }) => route.endsWith('messenger_profile'))
    expect(calls.map(({ query }) => query['platform'])).toEqual(['instagram', 'instagram'])
  })

  it('that Meta throttles are told as such', async () => {
    graph.on(`POST ${path}`, refuse(613))
    const { exitCode, text } = await run([])
    expect(exitCode).toBe(1)
    expect(text).toContain('ten such calls in ten minutes')
  })

  it('are not made when there is nothing to write', async () => {
    const { exitCode, text } = await run([], { page: { profile: undefined } })
    expect([exitCode, graph.calls]).toEqual([0, []])
    expect(text).toContain('No Page of the config has a profile')
  })
})

describe('the config', () => {
  const base = { meta: { appSecrets: ['a'], verifyToken: 'b' }, helpdesks: { main: { adapter: 'inbox' } } }
  const one = { id: '1', name: 'A', accessToken: 't', helpdesk: 'main' }
  const faults = (profile: object, more: object = {}) => {
    const checked = checkConfig(JSON.stringify({ ...base, pages: [{ ...one, profile, ...more }] }), {})
    return Array.isArray(checked)
      ? checked.map(({ path, message }) => `${path.slice(16)} ${message}`)
      : checked
  }
  const locales = (locale: object) => ({ getStarted: 'A', locales: { default: locale } })
  const postback = { title: 'A', payload: 'A' }
  const times = (count: number, one: object) => Array.from({ length: count }, () => ({ ...one }))

  it('takes what Meta takes', () => {
    const text = (length: number) => 'x'.repeat(length)
    const checked = faults({
      getStarted: text(1000),
      locales: {
        default: {
          greeting: text(160),
          iceBreakers: times(4, { question: 'A', payload: text(1000) }),
          menu: times(20, { title: text(30), payload: text(1000) }),
          composerDisabled: true,
          commands: times(100, { name: text(32), description: text(64) }),
        },
      },
    }) as Config
    expect(checked.pages[0]?.profile?.locales['default']?.menu).toHaveLength(20)
  })

  it.each([
    [{ getStarted: 'x'.repeat(1001) }, 'getStarted is longer than the 1000 characters that Meta takes'],
    [locales({ greeting: 'x'.repeat(161) }), 'locales.default.greeting is longer than the 160'],
    [locales({ iceBreakers: times(5, { question: 'A', payload: 'A' }) }), 'more than the 4 ice breakers'],
    [locales({ menu: times(21, postback) }), 'more than the 20 menu items'],
    [locales({ menu: [{ title: 'x'.repeat(31), payload: 'A' }] }), 'menu.0.title is longer than the 30'],
    [locales({ menu: [{ title: 'A' }] }), 'must be { title, payload } or { title, url }'],
    [locales({ menu: [{ title: 'A', url: 'shop' }] }), 'must be a URL with https://'],
    [locales({ menu: [] }), 'menu must not be empty'],
    [locales({ commands: times(101, { name: 'a', description: 'b' }) }), 'more than the 100 commands'],
    [locales({ commands: [{ name: 'x'.repeat(33), description: 'b' }] }), 'name is longer than the 32'],
    [
      locales({ commands: [{ name: 'a', description: 'x'.repeat(65) }] }),
      'description is longer than the 64',
    ],
    [locales({ composerDisabled: true }), 'goes with a menu'],
    [{ locales: { 'de-DE': {} } }, 'must be named default, or like de_DE'],
    [{ getStarted: 'A', locales: { de_DE: { menu: [postback] } } }, 'default.menu is missing'],
    [{ locales: { de_DE: { greeting: 'A' } } }, 'default.greeting is missing'],
    [{ locales: { default: { menu: [postback] } } }, 'getStarted is missing: a menu on Messenger needs'],
    [{ locales: { default: { welcome: 'A' } } }, 'welcome is not known here'],
  ])('refuses what Meta would refuse: %j', (profile, message) => {
    expect(faults(profile)).toEqual([expect.stringContaining(message)])
  })

  it('knows that Instagram has no Get Started button', () => {
    const profile = { locales: { default: { menu: [postback] } } }
    expect(Array.isArray(faults(profile, { channel: 'instagram' }))).toBe(false)
  })
})
