import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkConfig } from '../../src/config/load-config.ts'
import { missingOptional } from '../../scripts/complete-lockfile.ts'
import { helpdeskSettings } from '../../src/helpdesk/registry.ts'
import { createMetrics } from '../../src/metrics.ts'

const run = promisify(execFile)
const read = (path: string) => readFileSync(path, 'utf8')

describe('what is written twice', () => {
  it('is generated, and fresh', async () => {
    const { stdout } = await run(process.execPath, ['scripts/generate.ts', '--check'])
    expect(stdout).toContain('fresh')
  })

  it('docs/dependencies.md has a reason for every dependency, and none for others', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >
    const used = [...Object.keys(dependencies!), ...Object.keys(devDependencies!)].toSorted()
    const rows = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`\s*\|(.*)\|$/gm)]
    expect(rows.map(([, name]) => name).toSorted()).toEqual(used)
    for (const [, name, reason] of rows)
      expect(`${name}: ${reason?.trim()}`.length).toBeGreaterThan(name!.length + 12)
  })

  it('package.json pins every version', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >
    for (const version of Object.values({ ...dependencies, ...devDependencies }))
      expect(version).toMatch(/^\d/)
  })

  it('package-lock.json names the packages of every platform, or npm ci refuses it', () => {
    const lock = JSON.parse(read('package-lock.json')) as Parameters<typeof missingOptional>[0]
    expect(missingOptional(lock), 'run: node scripts/complete-lockfile.ts').toEqual([])
  })

  it('docs/operations.md explains every metric of ours', async () => {
    const page = read('docs/operations.md')
    const metrics = await createMetrics().registry.getMetricsAsJSON()
    for (const { name } of metrics.filter((metric) => metric.name.startsWith('deskbridge_'))) {
      expect(page).toContain(`\`${name}\``)
    }
  })

  it('every helpdesk adapter has its five things', () => {
    const vendors = readdirSync('src/helpdesk', { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    const registered = helpdeskSettings.options.map((option) => [...option.shape.adapter.values][0])
    expect(vendors.map(({ name }) => name)).toEqual(registered.toSorted())
    const registry = read('src/helpdesk/registry.ts')
    for (const { name } of vendors) {
      expect(readdirSync(`src/helpdesk/${name}`)).toEqual(
        expect.arrayContaining(['adapter.ts', 'settings.ts']),
      )
      expect(registry).toContain(`'./${name}/adapter.ts'`)
      expect(read(`docs/adapters/${name}.md`).length).toBeGreaterThan(500)
      const kit = readdirSync('test/contract').filter((file) => file.startsWith(`helpdesk-${name}.`))
      expect(kit).toEqual([`helpdesk-${name}.test.ts`])
      expect(read(`test/contract/${kit[0]}`)).toMatch(
        new RegExp(`^describe(Helpdesk|RemoteHelpdesk|TicketHelpdesk)\\w*\\('${name}'`, 'm'),
      )
    }
  })

  it('the example configs are in order', () => {
    const env = {
      META_APP_SECRET: 'a',
      META_VERIFY_TOKEN: 'b',
      PAGE_TOKEN: 'c',
      PAGE_ID: '1',
      PAGE_NAME: 'Acme',
      API_KEY: 'd',
      DESK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }
    for (const file of ['deskbridge.example.yaml', 'docker/deskbridge.yaml']) {
      expect([file, checkConfig(read(file), env)]).toMatchObject([file, { durability: 'strict' }])
    }
  })

  it('what deskbridge.example.yaml has in comments is in order, too', () => {
    const blocks = /^( *)# (publicUrl:|desk:|routes:)[^]*?(?=\n(?!\1#  ))/gm
    let found = 0
    const text = read('deskbridge.example.yaml').replace(blocks, (block) => {
      found += 1
      return block.replaceAll(/^( *)# /gm, '$1')
    })
    const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
    const env = Object.fromEntries(names.map((name) => [name, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']))
    expect([found, checkConfig(text, env)]).toMatchObject([
      3,
      {
        server: { publicUrl: 'https://desk.example.com' },
        helpdesks: { desk: { adapter: 'zammad' } },
        routes: [{ to: ['desk'] }, { to: ['main'], also: true }],
      },
    ])
  })
})

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, Record<string, unknown>>
    volumes: Record<string, unknown>
  }

  it('keeps what Redis is told: synced at every write, nothing evicted, on a named volume', () => {
    const redis =
      JSON.stringify(compose.services['redis']) +
      (readdirSync('docker').includes('redis.conf') ? read('docker/redis.conf') : '')
    for (const [setting, value] of [
      ['appendonly', 'yes'],
      ['appendfsync', 'always'],
      ['maxmemory-policy', 'noeviction'],
    ]) {
      expect(redis).toMatch(new RegExp(`${setting}\\W+${value}`))
    }
    expect(Object.keys(compose.volumes).length).toBe(1)
  })

  it('runs api and worker apart, without rights and on a read-only root', () => {
    for (const role of ['api', 'worker']) {
      expect(compose.services[role]).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
      expect(JSON.stringify(compose.services[role]?.['command'])).toContain(role)
    }
  })
})
