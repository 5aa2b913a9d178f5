import { describe, expect, test } from 'vitest'
import { runErase } from '../../src/commands/erase.ts'
import type { EraseTools } from '../../src/commands/erase.ts'
import type { Loaded } from '../../src/commands/command-deps.ts'
import { checkConfig } from '../../src/config/load-config.ts'
import { nothingErased } from '../../src/domain/erasure.ts'
import type { Erasure, EraseRequest } from '../../src/domain/erasure.ts'

const psid = '2400000000000001'
const customer = `1234567890:${psid}`
const code = 'c0de'.repeat(10)
const yaml = `
meta: { appSecrets: [a], verifyToken: b }
pages: [{ id: '1234567890', name: Acme, accessToken: c, helpdesk: main }]
helpdesks: { main: { adapter: inbox } }
`
const done: Erasure = {
  customerId: customer,
  complete: true,
  erased: { ...nothingErased, waiting: 2, inboxMessages: 7 },
  suppressed: true,
  disk: { aof: 'rewritten', rdb: 'none', replicas: 0 },
  remaining: [],
  elsewhere: [],
}

async function run(args: string[], answer: Partial<Erasure> = {}, load?: () => Loaded) {
  const lines: string[] = []
  const asked: EraseRequest[] = []
  const tools: EraseTools = {
    deletion: (one) => Promise.resolve(one === code ? {} : undefined),
    erase: (request) => {
      asked.push(request)
      return Promise.resolve({ ...done, ...answer })
    },
  }
  const loaded = (): Loaded => ({ ok: true, file: 'deskbridge.yaml', config: checkConfig(yaml, {}) as never })
  const exitCode = await runErase(args, {
    print: (line) => lines.push(line),
    load: load ?? loaded,
    open: () => tools,
  })
  return { exitCode, asked, text: lines.join('\n') }
}

describe('deskbridge erase', () => {
  test('erases the customer and says what is gone, without naming them', async () => {
    const { exitCode, asked, text } = await run(['--customer', customer])
    expect(exitCode).toBe(0)
    expect(asked).toEqual([{ customerId: customer, keepSuppression: true, deletionCode: null }])
    expect(text).toContain('2 waiting events and replies')
    expect(text).toContain('7 inbox messages')
    expect(text).toContain('said STOP')
    expect(text).toContain('Nothing is left here.')
    expect(text).not.toContain(psid)
  })

  test('passes on the request that it fulfils, and that the stop is to be forgotten', async () => {
    const { asked } = await run(['--customer', customer, '--deletion', code, '--forget-stop'])
    expect(asked).toEqual([{ customerId: customer, keepSuppression: false, deletionCode: code }])
  })

  test('erases people of a Page that the config does not name any more', async () => {
    expect((await run(['--customer', '5:77'])).asked).toMatchObject([{ customerId: '5:77' }])
  })

  test('says what is left and where copies are; its exit code says so, too', async () => {
    const { exitCode, text } = await run(['--customer', customer], {
      complete: false,
      disk: { aof: 'refused', rdb: 'saved', replicas: 2 },
      remaining: [{ code: 'AOF', message: 'Redis may not' }],
      elsewhere: [
        { helpdesk: 'zendesk', ticket: '77' },
        { helpdesk: 'glue', ticket: null },
      ],
    })
    expect(exitCode).toBe(1)
    expect(text).toContain('Left: Redis may not.')
    expect(text).toContain('"zendesk" has a copy (ticket 77)')
    expect(text).toContain('"glue" has a copy')
    expect(text).toContain('2 replicas')
    expect(text).toContain('Not finished.')
    expect(text).not.toContain('Nothing is left')
  })

  test.each<[string, string[], RegExp]>([
    ['no customer', [], /--customer is missing/],
    ['what is no customer', ['--customer', 'anna'], /<pageId:psid>/],
    ['a public thread', ['--customer', '1234567890:comment:1'], /<pageId:psid>/],
    ['a code that nobody has', ['--customer', customer, '--deletion', 'x'], /no request has this code/],
    ['an option that does not exist', ['--customer', customer, '--now'], /--now/],
  ])('%s: nothing is erased, exit code 2', async (_name, args, said) => {
    const { exitCode, asked, text } = await run(args)
    expect([exitCode, asked]).toEqual([2, []])
    expect(text).toMatch(said)
    expect(text).toContain('node src/main.ts erase')
  })

  test('a config with faults: they are told, exit code 1', async () => {
    const faults = [{ path: 'pages', message: 'is missing' }]
    const { exitCode, asked, text } = await run(['--customer', customer], {}, () => ({
      ok: false,
      file: 'deskbridge.yaml',
      faults,
    }))
    expect([exitCode, asked]).toEqual([1, []])
    expect(text).toContain('pages: is missing')
  })

  test('--help says how, and erases nothing', async () => {
    const { exitCode, asked, text } = await run(['--help'])
    expect([exitCode, asked]).toEqual([0, []])
    expect(text).toContain('--forget-stop')
  })
})
