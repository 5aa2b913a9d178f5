import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Report } from '../chaos/run.ts'

const main = fileURLToPath(new URL('../chaos/main.ts', import.meta.url))

async function chaos(...args: string[]): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  // It ends what it started; a kill would leave that to nobody.
  onTestFinished(() => void child.kill('SIGTERM'))
  const [[code], output, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { code, output: output + errors }
}

test('20 seconds of chaos: nothing lost, nothing out of order, every repeat with its reason', async () => {
  const { code, output } = await chaos('--seed', '20', '--seconds', '20')
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  expect(last, output).toMatch(/^\{.*\}$/)
  const report = JSON.parse(last) as Report
  expect(report, output).toMatchObject({
    lost: 0,
    inverted: 0,
    unexplained: 0,
    renamed: 0,
    altered: 0,
    invented: 0,
    unacked: 0,
    deadLetters: [],
    exits: [],
  })
  expect(report.acked).toBeGreaterThan(500)
  expect(report.forwarded).toBeGreaterThanOrEqual(report.acked)
  expect(report.faults).toBeGreaterThan(5)
  expect(code, output).toBe(0)
}, 240_000)

test('says how it is used', async () => {
  expect(await chaos('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--seed N') })
  expect(await chaos('--seed', 'x')).toMatchObject({
    code: 1,
    output: expect.stringContaining('--seed must be'),
  })
})
