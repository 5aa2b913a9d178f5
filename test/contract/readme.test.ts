import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { poll } from '../support/poll.ts'
import { useRedis } from '../support/redis.ts'
import { apiKey, configWith, conversation, deliveryOf, message, startService } from '../support/service.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const run = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const commands = [...readme.matchAll(/^ *```sh\n([^`]*?)\n *```$/gm)].map(([, block]) => block!.trim())
const redis = useRedis()

/** Commands that other parts of the gate run as they are, and which. */
const runElsewhere: Record<string, () => boolean> = {
  'npm ci && npm run demo': () => /npm ci[\s\S]*npm run demo -- --exit/.test(readFileSync('.ci/run', 'utf8')),
  'npm ci && npm test': () => /"check": "[^"]* && npm test"/.test(readFileSync('package.json', 'utf8')),
  'npm run test:chaos -- --seed 7 --seconds 20': () => existsSync('test/integration/chaos.test.ts'),
  // process.test.ts starts the same command; npm only adds its name.
  'npm start': () => readFileSync('package.json', 'utf8').includes('"start": "node src/main.ts all"'),
  // Needs a Docker engine, which the gate's machine has not; repository.test.ts checks the files it uses.
  'cp .env.example .env && docker compose up': () => existsSync('.env.example') && existsSync('Dockerfile'),
}

async function bash(command: string, env: Record<string, string> = {}) {
  return run('bash', ['-c', command], { env: { PATH: process.env['PATH'], ...env } })
}

describe('the README', () => {
  it('has commands, each of which the gate runs', () => {
    expect(commands.length).toBeGreaterThan(8)
    const known = commands.filter((command) => command in runElsewhere)
    for (const command of known) expect([command, runElsewhere[command]!()]).toEqual([command, true])
    const here = commands.filter((command) => !(command in runElsewhere))
    for (const command of here) expect(command).toMatch(/^curl |(check-config|doctor|setup main)$/)
    expect(known.toSorted()).toEqual(Object.keys(runElsewhere).toSorted())
  })

  it('has calls that work when they are pasted', async () => {
    const service = await startService(configWith(redis.url, { redis: { url: redis.url, prefix: 'readme' } }))
    await service.post(deliveryOf(message('hello')))
    await poll(
      () => service.rest('GET', `/v1/conversations/${conversation}`),
      ({ status }) => status === 200,
    )
    const calls = commands.filter((command) => command.startsWith('curl '))
    expect(calls.length).toBeGreaterThan(4)
    for (const call of calls) {
      const pasted = call
        .replaceAll('http://localhost:3000', service.url)
        .replaceAll('http://localhost:3001', service.adminUrl)
      const { stdout } = await bash(pasted, { API_KEY: apiKey, CONVERSATION: conversation })
      expect(stdout.length).toBeGreaterThan(2)
    }
  })

  it('has a check-config that works when it is pasted', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'deskbridge-readme-'))
    await writeFile(join(dir, 'deskbridge.yaml'), stringify(configWith('redis://127.0.0.1:6379')))
    const command = commands.find((one) => one.endsWith('check-config'))!
    const { stdout } = await bash(command.replace('=deskbridge.yaml', `=${join(dir, 'deskbridge.yaml')}`))
    expect(stdout).toContain('is in order')
    await rm(dir, { recursive: true })
  })

  it('has a doctor that works when it is pasted, and says what is wrong', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'deskbridge-readme-'))
    const file = join(dir, 'deskbridge.yaml')
    await writeFile(file, stringify(configWith(redis.url)))
    const command = commands.find((one) => one.endsWith('doctor'))!
    // The Graph of this config is a closed port.
    const { stdout, code } = await bash(command, { DESKBRIDGE_CONFIG: file }).then(
      (done) => ({ ...done, code: 0 }),
      (error: { stdout: string; code: number }) => error,
    )
    expect([code, stdout]).toEqual([1, expect.stringMatching(/Redis[^]*Acme/)])
    await rm(dir, { recursive: true })
  })

  it('has a setup of a helpdesk that works when it is pasted', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'deskbridge-readme-'))
    const file = join(dir, 'deskbridge.yaml')
    await writeFile(file, stringify(configWith(redis.url)))
    const command = commands.find((one) => one.endsWith('setup main'))!
    const { stdout } = await bash(command, { DESKBRIDGE_CONFIG: file })
    expect(stdout).toMatch(/^main \(inbox\)[^]*Nothing is left to do/)
    await rm(dir, { recursive: true })
  })

  it('names only files that exist', () => {
    for (const [, target] of readme.matchAll(/\]\(([^)#h][^)#]*)(?:#[^)]*)?\)/g))
      expect([target, existsSync(target!)]).toEqual([target, true])
  })
})
