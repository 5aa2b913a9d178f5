import { z } from 'zod'
import type { WebhookAnswer } from '../src/simulator/webhook-client.ts'
import { call, until, type Answer } from './http.ts'
import type { Screen } from './screen.ts'
import type { Milestone, StageLog } from './stages.ts'
import type { World } from './world.ts'

/** What a scene of the conversation can do and look at. */
export type Play = {
  world: World
  screen: Screen
  check(holds: boolean, text: string): void
  checkWebhook(answer: WebhookAnswer | undefined): void
  /** Does it, then waits until the service has logged these stages since. */
  through<T>(wanted: readonly Milestone[], act: () => Promise<T>): Promise<T>
  api(method: 'GET' | 'POST', path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  until<T>(read: () => Promise<T | undefined>): Promise<T | undefined>
  /** Who said what in the helpdesk's inbox, as soon as it is good. */
  inboxWhen(conversationId: string, good: (said: Said[]) => boolean): Promise<Said[] | undefined>
}

export type Said = { from: string; text: string }

const TIMEOUT_MS = 10_000
const saidSchema = z.looseObject({ from: z.string(), text: z.string().nullish() })
const inboxSchema = z.object({ messages: z.array(saidSchema) })

export function createPlay(deps: {
  world: World
  stages: StageLog
  screen: Screen
  signal: AbortSignal
  /** Where the text of every check goes that does not hold. */
  failures: string[]
}): Play {
  const { world, stages, screen, signal, failures } = deps

  const check: Play['check'] = (holds, text) => {
    screen.check(holds, text)
    if (!holds) failures.push(text)
  }
  const api: Play['api'] = (method, path, body, headers) =>
    call(method, `${world.service.url}${path}`, {
      body,
      signal,
      headers: { authorization: `Bearer ${world.apiKey}`, ...headers },
    })
  const inTime: Play['until'] = (read) => until(read, { timeoutMs: TIMEOUT_MS, signal })

  return {
    world,
    screen,
    check,
    api,
    until: inTime,

    checkWebhook(answer) {
      check(answer?.status === 200, `the webhook answered ${answer?.status ?? answer?.error ?? 'nothing'}`)
    },

    async through(wanted, act) {
      const since = stages.mark()
      const result = await act()
      const soon = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
      const missing = await stages.missing(wanted, since, soon)
      signal.throwIfAborted()
      if (missing.length > 0) check(false, `no log line of: ${missing.join(', ')}`)
      return result
    },

    inboxWhen: (conversationId, good) =>
      inTime(async () => {
        const answer = await api('GET', `/v1/inbox/conversations/${encodeURIComponent(conversationId)}`)
        const inbox = inboxSchema.safeParse(answer.body).data
        const said = inbox?.messages.map(({ from, text }) => ({ from, text: text ?? '' }))
        return said && good(said) ? said : undefined
      }),
  }
}
