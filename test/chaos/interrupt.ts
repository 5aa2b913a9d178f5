/** Runs a command that Ctrl-C ends in order; a second one ends it at once, and what it started is killed as it exits. */
export async function interruptible(run: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(130)
      console.error('stopping')
      interrupted.abort()
    })
  }
  try {
    process.exitCode = await run(interrupted.signal)
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    process.exitCode = 130
  }
}
