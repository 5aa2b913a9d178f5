import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)

describe('the demo', () => {
  it('stays up after its conversation, prints calls that work when they are pasted, and ends on Ctrl-C', async () => {
    const child = spawn(process.execPath, ['demo/main.ts'], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => {
      child.kill('SIGTERM')
    })
    const lines: string[] = []
    const isUp = new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line)
        if (line.includes('Ctrl-C')) resolve()
      })
    })
    const ended = once(child, 'exit')
    await Promise.race([isUp, ended.then(() => Promise.reject(new Error(lines.join('\n'))))])

    const key = lines.find((line) => line.trim().startsWith('KEY='))!.trim()
    const calls = lines.map((line) => line.trim()).filter((line) => line.startsWith('curl '))
    expect(calls.length).toBeGreaterThan(6)
    for (const call of calls) {
      const { stdout } = await run('bash', ['-c', `${key}; ${call} --fail-with-body`])
      expect([call, stdout.length]).toEqual([call, expect.any(Number)])
    }
    child.kill('SIGINT')
    expect(await ended).toEqual([0, null])
  })
})
