import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { checkConfig } from '../../src/config/load-config.ts'
import { helpdeskSettings } from '../../src/helpdesk/registry.ts'

/** A page that is missing is told by each test that wants something of it. */
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const adapters = helpdeskSettings.options.map((option) => ({
  name: [...option.shape.adapter.values][0] as string,
  keys: new Set(Object.keys(option.shape)),
}))
/** Ours, so that there is no vendor to set up or to be tried. */
const ownKind = ['inbox', 'webhook']
const pages = adapters.map(({ name }) => ({ name, path: `docs/adapters/${name}.md` }))
const sections = [
  'What it needs',
  'Set up',
  'Settings',
  'What maps to what',
  'Limits',
  'Once',
  'Not possible',
  'Not tried',
]

/** The examples of a page that are configs with helpdesks. */
function examples(path: string): string[] {
  const blocks = [...read(path).matchAll(/^ *```yaml\n([^]*?)^ *```$/gm)].map(([, block]) => block!)
  return blocks.filter((block) => /^ *helpdesks:/m.test(block))
}

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
})

/** Every variable that a text names. One value is long enough for all secrets, and one of `whsec_`, too. */
function filled(text: string): Record<string, string> {
  const valueOf = (name: string) => {
    if (name.endsWith('PRIVATE_KEY')) return String(key)
    return name.endsWith('_USER') ? 'Kf8sd0' : 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  }
  const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
  return Object.fromEntries(names.map((name) => [name, valueOf(name)]))
}

/** With what an example leaves out: a Page, which goes to its first helpdesk, and Meta. */
function whole(example: string): string {
  const given = parse(example) as { helpdesks: object; [section: string]: unknown }
  const [helpdesk] = Object.keys(given.helpdesks)
  return stringify({
    meta: { appSecrets: ['a'], verifyToken: 'b' },
    pages: [{ id: '1234567890', name: 'Acme', accessToken: 'c', helpdesk }],
    ...given,
  })
}

describe('configs that the pages show', () => {
  const shown = [
    ...pages.map(({ path }) => path),
    'docs/helpdesks.md',
    'docs/routes.md',
    'README.md',
  ].flatMap((path) => examples(path).map((example, at) => ({ path, at: at + 1, example })))

  it.each(shown)('$path, number $at, is accepted', ({ example }) => {
    const text = whole(example)
    expect(checkConfig(text, filled(text))).toMatchObject({ helpdesks: expect.anything() })
  })

  it.each(pages)('$name: its page shows one of its own', ({ name, path }) => {
    const names = examples(path).flatMap((example) => {
      const { helpdesks } = parse(example) as { helpdesks: Record<string, { adapter: string }> }
      return Object.values(helpdesks).map(({ adapter }) => adapter)
    })
    expect(names).toContain(name)
  })
})

describe.each(pages)('$path', ({ name, path }) => {
  const page = read(path)

  it('has no setting that the schema lacks', () => {
    const known = adapters.find((one) => one.name === name)!.keys
    const [, table = ''] = page.split(/^\| key +\|.*\n/m)
    const rows = table.split('\n\n')[0]!.split('\n').slice(1)
    expect(rows.length).toBeGreaterThan(1)
    const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, one]) => one!))
    for (const one of named) expect([...known]).toContain(one.split('.')[0])
  })

  it('is short, and in the order of all pages', () => {
    expect(page.split('\n').length - 1).toBeLessThan(150)
    const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
    if (!ownKind.includes(name)) expect(headings).toEqual(sections)
  })
})

it.each(['README.md', 'docs/helpdesks.md'])('%s lists every adapter with its page', (path) => {
  const listed = [...read(path).matchAll(/^\| \[`?([\w-]+)`?\]\((?:docs\/)?adapters\/([\w-]+)\.md\)/gm)]
  for (const [, name, page] of listed) expect(page).toBe(name)
  expect(listed.map(([, name]) => name).toSorted()).toEqual(adapters.map((one) => one.name).toSorted())
})

it('commands that the pages say to type are there', () => {
  const files = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md']
  for (const folder of ['docs', 'docs/adapters'])
    files.push(
      ...readdirSync(folder)
        .filter((file) => file.endsWith('.md'))
        .map((file) => `${folder}/${file}`),
    )
  const commands = [...read('src/main.ts').matchAll(/node src\/main\.ts (\w[\w-]*)/g)]
  const there = new Set(['all', ...commands.map(([, one]) => one)])
  for (const file of files) {
    const text = read(file)
    for (const [typed, command] of text.matchAll(/node src\/main\.ts (\w[\w-]*)/g))
      expect([file, typed, there.has(command)]).toEqual([file, typed, true])
    expect([file, text.match(/`deskbridge (setup|doctor|subscribe|profile|backfill)/)?.[0]]).toEqual([
      file,
      undefined,
    ])
  }
})
