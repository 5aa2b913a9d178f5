import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { CONTROL_PATHS } from '../../src/simulator/simulator-routes.ts'
import { proofOf } from '../../src/simulator/pages.ts'

const run = promisify(execFile)
const main = 'src/simulator/main.ts'

test('the help lists every part of /_sim', async () => {
  const { stdout } = await run(process.execPath, [main, '--help'])
  for (const path of [...CONTROL_PATHS, 'redeliver', 'fail', 'verify', 'stats']) {
    expect(stdout).toMatch(new RegExp(`/_sim/${path}\\b`))
  }
})

test.each([
  ['--port', '70000'],
  ['--windows', 'ajar'],
  ['--limits', 'some'],
  ['--page', 'no-digits:token'],
  ['--keep', '0'],
])('refuses %s %s', async (flag, value) => {
  await expect(run(process.execPath, [main, '--port', '0', flag, value])).rejects.toMatchObject({
    stderr: expect.stringContaining(flag),
  })
})

test('runs as it is told to, until it is told to end', async () => {
  const flags = [
    '--port',
    '0',
    '--page',
    '1:t',
    '--instagram-page',
    '2:u',
    '--windows',
    'open',
    '--no-echoes',
    '--quiet',
  ]
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const url = /simulator on (\S+),/.exec(line)?.[1]
  const proof = proofOf('u', 'simulated-app-secret')
  const response = await fetch(`${url}/v26.0/2/messages?appsecret_proof=${proof}`, {
    method: 'POST',
    headers: { authorization: 'Bearer u', 'content-type': 'application/json' },
    body: JSON.stringify({ recipient: { id: '7' }, message: { text: 'x' } }),
  })
  expect(response.status).toBe(200)
  const stats = await (await fetch(`${url}/_sim/stats`)).json()
  expect(stats).toMatchObject({ pages: { '1': { sends: 0 }, '2': { sends: 1 } }, webhook: { posts: 0 } })
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
