import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Report } from '../chaos-sends/run.ts'
import { steps } from '../chaos-sends/scenario.ts'

const main = fileURLToPath(new URL('../chaos-sends/main.ts', import.meta.url))

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

test('a worker that is killed at each step of a send: nothing lost, nothing doubled or unmarked', async () => {
  const { code, output } = await chaos('--seed', '10', '--kills', '8', '--outages', '0', '--hurry', '--json')
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  expect(last, output).toMatch(/^\{.*\}$/)
  const report = JSON.parse(last) as Report
  for (const step of steps) expect(report.steps[step].hits, output).toBeGreaterThan(0)
  expect(report.kills).toBeGreaterThanOrEqual(8)
  expect(report.replies).toBeGreaterThan(12)
  for (const [name, count] of Object.entries(report.faults)) expect(count, `${name}\n${output}`).toBe(0)
  expect(report).toMatchObject({ repeatsWithEchoes: 0, left: [], deadLetters: [], unhit: [] })
  expect(code, output).toBe(0)
}, 180_000)

test('says how it is used', async () => {
  expect(await chaos('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--seed N') })
  expect(await chaos('--kills', '0')).toMatchObject({
    code: 1,
    output: expect.stringContaining('--kills must be'),
  })
})
