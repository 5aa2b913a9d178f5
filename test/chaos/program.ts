import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'

/** A process of ours that is killed, frozen and started again under the same name. */
export interface Program {
  readonly name: string
  /** Does nothing when it runs. */
  start(): void
  kill(): Promise<void>
  /** SIGTERM. True when it ended by itself in time; else it is killed. */
  term(ms: number): Promise<boolean>
  freeze(): void
  thaw(): void
}

/** It ended, and nobody had told it to. */
export interface Exit {
  name: string
  code: number | null
  signal: NodeJS.Signals | null
}

export function program(settings: {
  name: string
  args: string[]
  /** `life` counts the starts, from 1. */
  env: (life: number) => Record<string, string>
  logFile: string
  onExit: (exit: Exit) => void
}): Program {
  const { name } = settings
  let life = 0
  let child: ChildProcess | undefined

  function start(): void {
    if (child && isRunning(child)) return
    life++
    const log = openSync(settings.logFile, 'a')
    const started = spawn(process.execPath, settings.args, {
      env: { ...process.env, ...settings.env(life) },
      stdio: ['ignore', log, log],
      // In a group of its own, so that Ctrl-C in the terminal reaches only us, who end it in our turn.
      detached: true,
    })
    closeSync(log)
    const killWithUs = () => started.kill('SIGKILL')
    process.once('exit', killWithUs)
    started.once('exit', (code, signal) => {
      process.removeListener('exit', killWithUs)
      if (child === started) settings.onExit({ name, code, signal })
    })
    child = started
  }

  /** Forgets the child first: its end is then nobody's surprise. */
  async function end(signal: 'SIGKILL' | 'SIGTERM', ms: number): Promise<boolean> {
    const ending = child
    child = undefined
    if (!ending || !isRunning(ending)) return true
    const ended = once(ending, 'exit')
    ending.kill(signal)
    const timer = setTimeout(() => ending.kill('SIGKILL'), ms)
    await ended
    clearTimeout(timer)
    return ending.signalCode === null
  }

  return {
    name,
    start,
    kill: async () => void (await end('SIGKILL', 10_000)),
    term: (ms) => end('SIGTERM', ms),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}
