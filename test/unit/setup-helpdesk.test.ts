import { describe, expect, test } from 'vitest'
import { runSetup } from '../../src/commands/setup.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import type { CallbackScheme } from '../../src/helpdesk/callback-schemes.ts'
import { callbackSchemes } from '../../src/helpdesk/callback-schemes.ts'
import type { SetupContext, SetupFinding } from '../../src/helpdesk/setup.ts'
import { verifyCallback } from '../../src/helpdesk/verify-callback.ts'
import { checkHelpdesk } from '../../src/setup/check-helpdesk.ts'
import { closedPort, status, useServer } from '../support/http-server.ts'
import type { Answer } from '../support/http-server.ts'
import { configFor } from '../support/setup-kit.ts'

const server = useServer()
const secret = 'secret-of-the-callback-0123456789abcdef'
const now = Date.parse('2026-11-23T12:00:00Z')
const deps = () => ({ fetch, now: () => now, signal: AbortSignal.timeout(10_000) })

/** A helpdesk that says of itself what the test wants. */
function desk(scheme: CallbackScheme, findings: SetupFinding[] = []) {
  const contexts: SetupContext[] = []
  const asked = (context: SetupContext) => {
    contexts.push(context)
    return Promise.resolve(findings)
  }
  const no = () => Promise.reject(new Error('not asked for'))
  let closed = 0
  const helpdesk: TicketHelpdesk = {
    style: 'tickets',
    openTicket: no,
    appendMessage: no,
    addNote: no,
    callback: { scheme, secrets: [secret], parse: () => [] },
    setup: { check: asked, setUp: asked },
    close: () => Promise.resolve(void closed++),
  }
  return { helpdesk, contexts, closed: () => closed }
}

/** Answers as our own service does that has this secret. */
const guarded =
  (scheme: CallbackScheme, ours = secret): Answer =>
  (response, { headers, body, url }) => {
    const pathSecret = url.split('/')[3]
    const secrets = [ours]
    const callback = { headers, pathSecret, body: Buffer.from(body) }
    const verdict = verifyCallback({ scheme, secrets }, callback, now)
    response.writeHead(verdict === 'proven' ? 200 : 401).end()
  }

function examine(scheme: CallbackScheme, publicUrl: string | undefined, findings?: SetupFinding[]) {
  return checkHelpdesk({ name: 'main', helpdesk: desk(scheme, findings).helpdesk, publicUrl }, deps())
}

describe('doctor, of callbacks', () => {
  test.each(Object.keys(callbackSchemes) as CallbackScheme[])(
    '%s: is content when its own secret is taken and another one refused',
    async (scheme) => {
      server.answers = [guarded(scheme), guarded(scheme)]
      const found = await examine(scheme, server.url)
      expect(found.map(({ level }) => level)).toEqual(['ok', 'ok'])
      expect(server.calls.map(({ url }) => url.startsWith('/callbacks/main'))).toEqual([true, true])
      expect(JSON.stringify(found)).not.toContain(secret)
    },
  )

  test('another secret there is a fault', async () => {
    const other = guarded('chatwoot', 'another secret')
    server.answers = [other, other]
    const found = await examine('chatwoot', server.url)
    expect(found[0]).toMatchObject({ level: 'fault', message: expect.stringContaining('callbackSecrets') })
  })

  test.each([
    [404, 'proxy'],
    [503, 'api role'],
  ])('an answer of %d says where to look: %s', async (code, remedy) => {
    server.answers = [status(code), status(code)]
    const found = await examine('zendesk', server.url)
    expect(found[0]).toMatchObject({ level: 'fault', remedy: expect.stringContaining(remedy) })
  })

  test('whoever takes a forged one is not us', async () => {
    const found = await examine('front', server.url)
    expect(found[1]).toMatchObject({ level: 'fault', message: expect.stringContaining('not deskbridge') })
  })

  test('nobody there, and no address, are told once, without the secret', async () => {
    const gone = await examine('path', `http://127.0.0.1:${await closedPort()}`)
    expect(gone).toMatchObject([{ level: 'fault', message: expect.stringContaining('ECONNREFUSED') }])
    expect(JSON.stringify(gone)).not.toContain(secret)
    expect(await examine('path', undefined)).toMatchObject([
      { level: 'warning', remedy: expect.stringContaining('publicUrl') },
    ])
  })
})

test('doctor tells what the vendor says: what is to do is a warning, what failed a fault, and no claim reads as if it held', async () => {
  const findings: SetupFinding[] = [
    { state: 'ok', what: 'the token works' },
    { state: 'ok', what: 'reply_window is set' },
    { state: 'todo', what: 'webhook', mend: 'make one, or run deskbridge setup' },
    { state: 'failed', what: 'tags are on', mend: 'Switch them on.' },
  ]
  const check = 'helpdesk.main'
  expect((await examine('chatwoot', undefined, findings)).slice(0, 4)).toEqual([
    { check, level: 'ok', message: 'The token works.' },
    { check, level: 'ok', message: 'reply_window is set.' },
    {
      check,
      level: 'warning',
      message: 'To do: webhook.',
      remedy: 'Make one, or run setup',
      commands: ['node src/main.ts setup main'],
    },
    { check, level: 'fault', message: 'Not in order: tags are on.', remedy: 'Switch them on.' },
  ])
})

describe('setup', () => {
  function run(
    args: string[],
    findings: SetupFinding[],
    scheme: CallbackScheme = 'path',
    opens: Promise<unknown> = Promise.resolve(),
  ) {
    const lines: string[] = []
    const one = desk(scheme, findings)
    const config = configFor('http://127.0.0.1:9', { server: { publicUrl: 'https://desk.example' } })
    const exitCode = runSetup(args, {
      print: (line) => lines.push(line),
      load: () => ({ ok: true, file: 'f.yaml', config }),
      open: () => ({ ...deps(), openHelpdesk: () => opens.then(() => one.helpdesk) }),
    })
    return exitCode.then((code) => ({ code, lines, text: lines.join('\n'), ...one }))
  }

  test('gives the adapter the address of its callbacks, prints what it made, and closes it', async () => {
    const made = await run(['main'], [{ state: 'changed', what: 'webhook' }])
    expect(made.contexts.map(({ callbackUrl }) => callbackUrl)).toEqual([
      `https://desk.example/callbacks/main/${secret}`,
    ])
    expect(made.lines.slice(0, 2)).toEqual(['main (inbox)', '  made    webhook'])
    expect(made.lines.at(-1)).toMatch(/^Nothing is left to do\. .*node src\/main\.ts doctor$/)
    expect([made.code, made.closed()]).toEqual([0, 1])
    const signed = await run(['main'], [], 'zendesk')
    expect(signed.contexts[0]?.callbackUrl).toBe('https://desk.example/callbacks/main')
  })

  test('ends with 1 while something is left, and shows each step on a line', async () => {
    const left = await run(['main'], [{ state: 'todo', what: 'flow', mend: '1. Open it.\n2. Save it.' }])
    const steps = ['  to do   flow', '          1. Open it.', '          2. Save it.']
    expect(left.lines.slice(1, 4)).toEqual(steps)
    expect(left.lines.at(-1)).toContain('1 left to do.')
    expect(left.code).toBe(1)
  })

  test('without Redis it says so, and nothing of the URL', async () => {
    const away = await run(['main'], [], 'path', Promise.reject(new Error('redis://user:password@host')))
    expect(away.lines.slice(0, 2)).toEqual(['main (inbox)', expect.stringMatching(/^ {2}failed {2}Redis/)])
    expect(away.text).toContain('redis.url')
    expect([away.code, away.text.includes('password')]).toEqual([1, false])
  })

  test('names the command as it is typed', async () => {
    const left = await run(['main'], [{ state: 'failed', what: 'flow', mend: 'run deskbridge setup' }])
    expect(left.lines).toContain('          Run node src/main.ts setup main')
  })

  test('says which helpdesks there are, when none or a wrong one is named', async () => {
    for (const args of [[], ['other'], ['--all']]) {
      const wrong = await run(args, [])
      expect(wrong.code).toBe(2)
      expect(wrong.contexts).toEqual([])
    }
    expect((await run(['other'], [])).text).toContain('There is no helpdesk other. The config has: main.')
    expect((await run(['--help'], [])).code).toBe(0)
  })
})
