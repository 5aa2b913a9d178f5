import { parseArgs } from 'node:util'
import { playConversation } from './conversation.ts'
import { nextSteps } from './next-steps.ts'
import { createPlay } from './play.ts'
import { createScreen, type Screen } from './screen.ts'
import { createStageLog, MILESTONES } from './stages.ts'
import { raiseWorld, type World } from './world.ts'

const HELP = `Brings up deskbridge with a simulator in Meta's place, plays a conversation, and stays up to be tried.

  npm run demo                  stays up until Ctrl-C
  npm run demo -- --exit        ends after the conversation: 0 if every stage was passed and every check held, else 1

  REDIS_URL                     use this Redis; else one of its own is started (and installed when there is none)
`

class Interrupted extends Error {}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { exit: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new Error(
      `The demo needs Node 24 or newer, and this is ${process.versions.node}. ` +
        'Start it with `npm run demo`: after `npm ci` that uses the Node 24 of the project.',
    )
  }

  const end = new AbortController()
  endOnSignal(end)
  const screen = createScreen(Date.now())
  try {
    return await run({ exit: values.exit, screen, end })
  } catch (error) {
    if (!(end.signal.reason instanceof Interrupted)) throw error
    screen.title('Stopped before everything was up.')
    return values.exit ? 1 : 0
  }
}

async function run(options: { exit: boolean; screen: Screen; end: AbortController }): Promise<number> {
  const { exit, screen, end } = options
  const { signal } = end
  const stages = createStageLog(({ milestone, at, text, details }) =>
    screen.stage(at, milestone, text, details),
  )
  screen.title('Bringing everything up')
  const world = await raiseWorld({
    redisUrl: process.env.REDIS_URL,
    say: screen.act,
    onLine: stages.read,
    signal,
  })
  let stopping = false
  void world.service.ended.then(({ code, signal: by }) => {
    if (!stopping) end.abort(new Error(`the service ended by itself (${by ?? `exit ${code}`})`))
  })

  const failures: string[] = []
  const play = createPlay({ world, stages, screen, signal, failures })
  try {
    const conversationId = await playConversation(play)
    const missing = await stages.missing(MILESTONES, 0, AbortSignal.abort())
    if (missing.length > 0) failures.push(`stages never seen: ${missing.join(', ')}`)
    if (!exit) await stayUp({ world, screen, signal, conversationId, failures })
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error
    if (!(reason instanceof Interrupted)) {
      failures.push(reason instanceof Error ? reason.message : String(reason))
    } else if (exit) failures.push('interrupted')
  }

  const interrupted = signal.reason instanceof Interrupted
  stopping = true
  screen.title('Stopping')
  const code = await world.close()
  screen.check(code === 0, `the service finished its work and ended with exit code ${code}`)
  if (code !== 0) failures.push(`the service ended with exit code ${code}`)
  if (failures.length > 0) report(screen, failures, world)
  // Whoever pressed Ctrl-C has seen the checks; what counts then is that everything is stopped.
  return failures.length === 0 || (interrupted && !exit) ? 0 : 1
}

async function stayUp(options: {
  world: World
  screen: Screen
  signal: AbortSignal
  conversationId: string
  failures: string[]
}): Promise<void> {
  const { world, screen, signal, conversationId, failures } = options
  if (failures.length > 0) report(screen, failures.splice(0), world)
  screen.title('It stays up. Try in another terminal:')
  screen.plain(nextSteps(world, conversationId))
  screen.title('Every stage goes on showing here. Ctrl-C ends it all.')
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  signal.throwIfAborted()
}

function report(screen: Screen, failures: readonly string[], world: World): void {
  screen.title('The service said last:')
  screen.plain(world.service.tail())
  screen.title('What did not hold:')
  for (const failure of failures) screen.plain(`  ✗ ${failure}`)
}

function endOnSignal(end: AbortController): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second one wants out at once; what was started is killed at exit.
      if (end.signal.aborted) process.exit(1)
      end.abort(new Interrupted(`ended by ${signal}`))
    })
  }
  // Whoever read our output has gone (`npm run demo | head`): then nobody is watching any more.
  process.stdout.on('error', () => end.abort(new Interrupted('nobody reads the output')))
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
