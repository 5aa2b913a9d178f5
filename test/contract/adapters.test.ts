import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { helpdeskSettings } from '../../src/helpdesk/registry.ts'

/** An adapter is five things. Whoever adds one, and forgets another, is told here which. */

const read = (path: string) => readFileSync(path, 'utf8')
const registry = read('src/helpdesk/registry.ts')
const page = read('docs/helpdesks.md')
const registered = helpdeskSettings.options.map((option) => [...option.shape.adapter.values][0] as string)
const folders = readdirSync('src/helpdesk', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const [adapters = '', ...others] = page.split(/^## /m).slice(1)
const rows = [...adapters.matchAll(/^\| \[([\w-]+)\]\(adapters\/([\w-]+)\.md\)(.*)\|$/gm)]

/** Tests that call a kit with the adapter's name. */
function kitCalls(name: string): string[] {
  const call = new RegExp(`^describe(?:Helpdesk|RemoteHelpdesk|TicketHelpdesk)\\w*\\(\\s*'${name}'`, 'm')
  return readdirSync('test/contract').filter(
    (file) => file.endsWith('.test.ts') && call.test(read(`test/contract/${file}`)),
  )
}

describe.each([...new Set([...registered, ...folders])])('the adapter %s', (name) => {
  it('has settings in the registry', () => {
    expect(registered).toContain(name)
  })

  it('has a folder with its settings and its mapping', () => {
    for (const file of ['settings.ts', 'adapter.ts'])
      expect(existsSync(`src/helpdesk/${name}/${file}`), file).toBe(true)
  })

  it('has a line in the registry that opens it', () => {
    expect(registry).toContain(`'./${name}/adapter.ts'`)
    expect(registry).toContain(`case '${name}':`)
  })

  it('has a page, and a row among the helpdesks that is filled in', () => {
    expect(read(`docs/adapters/${name}.md`).length).toBeGreaterThan(500)
    const own = rows.filter(([, label]) => label === name)
    expect(own).toHaveLength(1)
    expect(own[0]![2]).toBe(name)
    const cells = own[0]![3]!.split('|').slice(1)
    expect(cells).toHaveLength(7)
    for (const cell of cells) expect(cell.trim()).not.toBe('')
  })

  it('is held to the contract of all', () => {
    expect(kitCalls(name)).toHaveLength(1)
  })
})

describe('docs/helpdesks.md', () => {
  it('has no row for an adapter that there is not', () => {
    expect(rows.map(([, name]) => name).toSorted()).toEqual(registered.toSorted())
  })

  it('links to what is there', () => {
    const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) =>
      join(dirname('docs/helpdesks.md'), link!),
    )
    expect(links.length).toBeGreaterThan(12)
    for (const link of links) expect([link, existsSync(link)]).toEqual([link, true])
  })

  it('says of every system that is asked for what serves it', () => {
    const asked = [
      [
        'Desk.com',
        'Zopim',
        'Zendesk Chat',
        'Buffer Reply',
        'Falcon.io',
        'Brandwatch',
        'Hootsuite',
        'Sparkcentral',
      ],
      ['Agorapulse', 'Sprinklr', 'HubSpot', 'Kustomer', 'Gorgias', 'Help Scout', 'Freshchat', 'Zoho', 'Odoo'],
      ['osTicket', 'LiveAgent', 'Libredesk'],
    ].flat()
    const bold = [...others.join('').matchAll(/^\| (\*\*.*?\*\*.*?) \|/gm)].map(([, cell]) => cell)
    for (const name of asked) expect([name, bold.some((cell) => cell!.includes(name))]).toEqual([name, true])
  })
})
