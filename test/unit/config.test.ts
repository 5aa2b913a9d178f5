import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkConfig, loadConfig } from '../../src/config/load-config.ts'
import type { Config } from '../../src/config/schema.ts'
import { environment, example, exampleWithDefaults } from '../support/example-config.ts'
import { words } from '../support/words.ts'

const load = (text: string, env: Record<string, string | undefined> = environment): Config => {
  const result = checkConfig(text, env)
  if (Array.isArray(result)) throw new Error(JSON.stringify(result))
  return result
}
const faults = (text: string, env: Record<string, string | undefined> = environment) => {
  const result = checkConfig(text, env)
  return Array.isArray(result) ? result : []
}
const paths = (text: string, env?: Record<string, string | undefined>) =>
  faults(text, env).map((one) => one.path)

const least = 'meta: { appSecrets: [a], verifyToken: b }\n'

describe('the example', () => {
  test('loads, with its variables filled in and the defaults added', () => {
    expect(load(example)).toEqual(exampleWithDefaults)
  })

  test('with nothing set names every variable that it lacks, each once', () => {
    const told = faults(example, {})
    expect(told.map(({ path }) => path).sort()).toEqual([
      'apiKeys.0.key',
      'helpdesks.main.secret',
      'meta.appSecrets.0',
      'meta.verifyToken',
      'pages.0.accessToken',
    ])
    expect(told).toContainEqual({
      path: 'meta.verifyToken',
      message: 'needs the environment variable META_VERIFY_TOKEN, which is not set',
    })
  })

  test('a variable that is not set is told once, not again as an empty text', () => {
    const page = '{ id: "${ONE}", name: a, accessToken: t, helpdesk: "${TWO}" }'
    const other = '{ id: "${THREE}", name: b, accessToken: t, helpdesk: "${FOUR}" }'
    const told = paths(`${least}pages: [${page}, ${other}]`, {})
    expect(told.sort()).toEqual(['pages.0.helpdesk', 'pages.0.id', 'pages.1.helpdesk', 'pages.1.id'])
  })

  test('with the inbox instead of a webhook loads, too', () => {
    const text = example.replace(/main: \{.*\}/, 'main: { adapter: inbox }')
    expect(load(text).helpdesks).toEqual({ main: { adapter: 'inbox', retentionDays: 90 } })
  })
})

test('the least that is needed is the meta section', () => {
  expect(load(least)).toMatchObject({ pages: [], helpdesks: {}, apiKeys: [], server: { port: 3000 } })
})

describe('faults', () => {
  test('are told all at once, each by the path of its key', () => {
    const text = `
server: { port: seventy, adminPort: 70000 }
redis: { url: http://127.0.0.1, prefix: "a b" }
durability: lax
logLevel: loud
meta: { appSecrets: [], graphVersion: "26" }
pages:
  - { id: "", name: Acme, channel: whatsapp, accessToken: t, helpdesk: nowhere }
helpdesks:
  main: { adapter: webhook, url: "https://127.0.0.1/x", secret: short }
apiKeys:
  - { id: a, key: k, scopes: [everything] }
lanes: { leaseMs: 5 }
retention: { dedupeHours: 1 }
rateLimit: { restPerMinute: 0 }
`
    expect(paths(text)).toEqual(
      expect.arrayContaining(
        words(`
    server.port server.adminPort redis.url redis.prefix durability logLevel meta.appSecrets
    meta.verifyToken meta.graphVersion pages.0.id pages.0.channel pages.0.helpdesk
    helpdesks.main.secret apiKeys.0.scopes.0 lanes.leaseMs retention.dedupeHours
    rateLimit.restPerMinute
  `),
      ),
    )
  })

  test.each([
    ['at the top', `${least}pagess: []`, 'pagess'],
    ['in a section', `${least}server: { prot: 3000 }`, 'server.prot'],
    [
      'in a Page',
      `${least}pages: [{ id: "1", name: a, accessToken: t, helpdesk: m, token: x }]`,
      'pages.0.token',
    ],
    ['in a helpdesk', `${least}helpdesks: { m: { adapter: inbox, url: x } }`, 'helpdesks.m.url'],
  ])('a key that we do not know, %s', (_name, text, path) => {
    expect(paths(text)).toContain(path)
  })

  test('a helpdesk that does not exist, with those that do', () => {
    const page = (helpdesk: string) => `{ id: "1", name: a, accessToken: t, helpdesk: ${helpdesk} }`
    const desks = 'helpdesks: { main: { adapter: inbox }, spare: { adapter: inbox } }'
    expect(faults(`${least}pages: [${page('nowhere')}]\n${desks}`)).toEqual([
      { path: 'pages.0.helpdesk', message: 'names no helpdesk of this file; there are: main, spare' },
    ])
    expect(faults(`${least}pages: [${page('main')}]`)).toEqual([
      { path: 'pages.0.helpdesk', message: 'names no helpdesk of this file; there are none' },
    ])
    // What every object has is no helpdesk of this file.
    expect(paths(`${least}pages: [${page('constructor')}]\n${desks}`)).toEqual(['pages.0.helpdesk'])
  })

  test('two Pages of one id, also when one is a text and one a number', () => {
    const text = `${least}helpdesks: { m: { adapter: inbox } }
pages:
  - { id: 108000000000017, name: a, accessToken: t, helpdesk: m }
  - { id: "2", name: b, accessToken: t, helpdesk: m }
  - { id: "108000000000017", name: c, accessToken: t, helpdesk: m }`
    expect(faults(text)).toEqual([{ path: 'pages.2.id', message: 'is the same as pages.0.id' }])
  })

  test('two API keys of one id', () => {
    const key = '{ id: desk, key: k, scopes: ["replies:write"] }'
    expect(paths(`${least}apiKeys: [${key}, ${key}]`)).toEqual(['apiKeys.1.id', 'apiKeys.1.key'])
  })

  test.each(['', '# nothing', '[]', 'text', '42', 'null', '- a\n- b'])(
    '%j is no config, and nothing is thrown',
    (text) => {
      expect(faults(text).length).toBeGreaterThan(0)
    },
  )

  test.each([
    ['a tab', 'server:\n\tport: 3000\n', '(line 2)'],
    ['an open quote', `${least}redis:\n  url: "redis://\n`, '(line'],
    ['a key twice', `${least}server: {}\nserver: {}\n`, '(line 3)'],
    ['an unknown alias', `${least}server: *nowhere\n`, 'YAML'],
    ['an unknown tag', `${least}server: !vault {}\n`, '(line 2)'],
    ['two documents', `${least}---\n${least}`, 'YAML'],
  ])('%s is no valid YAML: the line is told', (_name, text, line) => {
    expect(faults(text)).toEqual([{ path: '', message: expect.stringMatching(/^is no valid YAML/) }])
    expect(faults(text)[0]!.message).toContain(line)
  })
})

describe('a Page id', () => {
  const id = (written: string) =>
    load(
      `${least}helpdesks: { m: { adapter: inbox } }\npages: [{ id: ${written}, name: a, accessToken: t, helpdesk: m }]`,
    ).pages[0]!.id

  test.each([
    ['108000000000017', '108000000000017'],
    ['"108000000000017"', '108000000000017'],
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807'],
    ['"9223372036854775807"', '9223372036854775807'],
  ])('written as %s is %s', (written, expected) => {
    expect(id(written)).toBe(expected)
  })
})

describe('the environment', () => {
  const with_ = (env: Record<string, string>) => load(example, { ...environment, ...env })

  test('overrides ports, Redis and the log level', () => {
    const config = with_({
      PORT: '8080',
      ADMIN_PORT: '0',
      REDIS_URL: 'rediss://r.example:6380',
      LOG_LEVEL: 'debug',
    })
    expect(config.server).toMatchObject({ port: 8080, adminPort: 0 })
    expect(config.redis).toEqual({ url: 'rediss://r.example:6380', prefix: 'deskbridge' })
    expect(config.logLevel).toBe('debug')
  })

  test('works without the sections that it overrides', () => {
    const config = load(least, { PORT: '8080', REDIS_URL: 'redis://r.example' })
    expect([config.server.port, config.redis.url]).toEqual([8080, 'redis://r.example'])
  })

  test('that is empty overrides nothing', () => {
    const config = with_({ PORT: '', ADMIN_PORT: '', REDIS_URL: '', LOG_LEVEL: '' })
    expect(config).toEqual(load(example))
  })

  test('is checked as the file is', () => {
    const env = { PORT: '80a', ADMIN_PORT: '65536', REDIS_URL: 'localhost', LOG_LEVEL: 'loud' }
    const expected = ['server.port', 'server.adminPort', 'redis.url', 'logLevel'].sort()
    expect(paths(least, env).sort()).toEqual(expected)
    expect(paths('server: 5\nmeta: { appSecrets: [a], verifyToken: b }', { PORT: '80a' })).toContain(
      'server.port',
    )
  })
})

describe('the file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deskbridge-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('is the one that DESKBRIDGE_CONFIG names', () => {
    const file = join(folder, 'own.yaml')
    writeFileSync(file, example)
    expect(loadConfig({ ...environment, DESKBRIDGE_CONFIG: file })).toMatchObject({
      ok: true,
      file,
      config: { meta: { appSecrets: ['the-app-secret'] } },
    })
  })

  test('that is not there is one fault, which says what to do', () => {
    const file = join(folder, 'missing.yaml')
    expect(loadConfig({ DESKBRIDGE_CONFIG: file })).toEqual({
      ok: false,
      file,
      faults: [{ path: '', message: expect.stringContaining('DESKBRIDGE_CONFIG') }],
    })
  })

  test('that is a folder is the same', () => {
    expect(loadConfig({ DESKBRIDGE_CONFIG: folder })).toMatchObject({ ok: false, faults: [{ path: '' }] })
  })

  test('has a default name', () => {
    expect(loadConfig({ DESKBRIDGE_CONFIG: '' }).file).toBe('./deskbridge.yaml')
  })
})
