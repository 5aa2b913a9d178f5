import type { Log } from '../domain/log.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { HelpdeskAdapter } from '../helpdesk/adapter.ts'
import type { HelpdeskPoll } from '../helpdesk/callback.ts'
import type { PollCursors, PollTurn } from '../records/poll-cursors.ts'
import type { AcceptCallback } from './accept-callback.ts'

export interface PollDeps {
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>
  pollCursors: PollCursors
  acceptCallback: AcceptCallback
  log: Log
}

/** How long a vendor may take for one look, ms. */
const lookMs = 10_000
/** How long a turn lasts from its last sign of life, ms. Whoever dies in one keeps the others waiting for so long. */
const turnMs = 30_000
/** However often a helpdesk fails, it is asked again after this long, ms. */
const longestRestMs = 300_000
/** So many events are stored between two signs of life. */
const atOnce = 50

/**
 * Looks at the helpdesks that do not call us about everything, each in one process at a time. The cursor moves on when
 * all before it is durable: a crash in between tells it again, and what is told again is the same reply.
 */
export function pollHelpdesks(deps: PollDeps): { close(): Promise<void> } {
  const stop = new AbortController()
  const running = [...deps.helpdesks].flatMap(([name, helpdesk]) =>
    helpdesk.style === 'tickets' && helpdesk.poll ? [pollFor(deps, name, helpdesk.poll, stop.signal)] : [],
  )
  return {
    async close() {
      stop.abort()
      await Promise.all(running)
    },
  }
}

async function pollFor(
  deps: PollDeps,
  name: string,
  poll: HelpdeskPoll,
  stopped: AbortSignal,
): Promise<void> {
  let failures = 0
  let told: string | undefined
  while (!stopped.aborted) {
    let waitMs = poll.everyMs
    try {
      const turn = await deps.pollCursors.begin(name, turnMs)
      if ('waitMs' in turn) waitMs = turn.waitMs
      else {
        const failure = await takeTurn(deps, name, poll, turn, stopped)
        failures = failure ? failures + 1 : 0
        waitMs = Math.min(poll.everyMs * 2 ** Math.min(failures, 10), Math.max(longestRestMs, poll.everyMs))
        if (failure && failure.retryAfterMs !== undefined) waitMs = Math.max(waitMs, failure.retryAfterMs)
        if (!stopped.aborted) told = tell(deps.log, name, failure?.code, told)
        // Whoever ends lets the others look at once.
        await turn.end(stopped.aborted ? 1 : waitMs)
      }
    } catch (error) {
      // Redis; its connection tells when it is lost and when it is back.
      told = tell(deps.log, name, stepFacts(error).code, told)
    }
    await wait(waitMs, stopped)
  }
}

/** All that there is, in steps. What failed is told, and what was stored before stays. */
async function takeTurn(
  deps: PollDeps,
  name: string,
  poll: HelpdeskPoll,
  turn: PollTurn,
  stopped: AbortSignal,
): Promise<{ code: string; retryAfterMs?: number } | undefined> {
  let { cursor } = turn
  for (let more = true; more && !stopped.aborted;) {
    let looked: Awaited<ReturnType<HelpdeskPoll['look']>>
    try {
      looked = await poll.look(cursor, AbortSignal.any([stopped, AbortSignal.timeout(lookMs)]))
    } catch (error) {
      return stepFacts(error)
    }
    for (let from = 0; from < looked.events.length; from += atOnce) {
      await deps.acceptCallback(name, looked.events.slice(from, from + atOnce))
      if (!(await turn.renew())) return { code: 'POLL_TURN_LOST' }
    }
    if (!(await turn.keep(looked.cursor))) return { code: 'POLL_TURN_LOST' }
    ;({ cursor, more } = looked)
  }
  return undefined
}

/** Once for each code, and once when it is over. Answers what was told last. */
function tell(
  log: Log,
  helpdesk: string,
  code: string | undefined,
  told: string | undefined,
): string | undefined {
  if (code === told) return told
  if (code === undefined) log.info({ helpdesk }, 'the helpdesk can be polled again')
  else log.warn({ helpdesk, code }, 'the helpdesk could not be polled; trying again')
  return code
}

function wait(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopped.aborted) return resolve()
    const timer = setTimeout(done, ms)
    stopped.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      stopped.removeEventListener('abort', done)
      resolve()
    }
  })
}
