import { z } from 'zod'
import type { Stage } from '../src/domain/stage.ts'

/** Reads the service's log lines and knows which stages were passed. */

/** `echo` is no stage of its own: it is a split that recognised Meta's copy of our own message. */
export type Milestone = Stage | 'echo'

export const MILESTONES: readonly Milestone[] = [
  ...(['receive', 'verify', 'journal', 'split', 'append', 'drain', 'route', 'forward'] as const),
  ...(['accept', 'send', 'echo'] as const),
]

export type StageLine = { milestone: Milestone; at: number; text: string; details: string }

export type StageLog = {
  /** Takes one line of the service's stdout; lines that name no stage are passed over. */
  read(line: string): void
  /** What was passed since a mark() and what not; waits until nothing is missing or the signal fires. */
  missing(wanted: readonly Milestone[], since: number, signal: AbortSignal): Promise<Milestone[]>
  /** A place in the log, to wait for what comes after it. */
  mark(): number
}

// pino writes the time as a number, or as text when it was told so.
const lineSchema = z.looseObject({ stage: z.string(), time: z.union([z.number(), z.string()]).optional() })

const WORDS: Record<Milestone, string> = {
  receive: 'Meta has called the webhook',
  verify: 'the signature is right: it was Meta',
  journal: 'written to disk; now Meta gets its 200',
  split: 'the delivery is cut into events',
  append: 'put onto the lane of the conversation',
  drain: 'the lane is worked off, head first',
  route: 'this Page belongs to a helpdesk: found',
  forward: 'the helpdesk has it',
  copy: "the customer's file is kept, since Meta's link to it expires",
  profile: 'Meta was asked who the person is',
  accept: "the agent's reply is taken, 202",
  send: 'the Graph Send API has taken the message',
  echo: "Meta's copy of our own message: recognised",
}

// Parts of every pino line, and what the row says already.
const NOT_DETAILS = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'stage', 'role', 'v'])
const MAX_DETAILS = 90

export function createStageLog(onStage: (line: StageLine) => void): StageLog {
  const passed: Milestone[] = []
  const waiting = new Set<() => void>()

  return {
    read(line) {
      const stageLine = readStageLine(line)
      if (!stageLine) return
      passed.push(stageLine.milestone)
      // An echo is found by a split, so it stands for both.
      if (stageLine.milestone === 'echo') passed.push('split')
      onStage(stageLine)
      for (const look of waiting) look()
    },

    mark: () => passed.length,

    missing(wanted, since, signal) {
      const left = () => {
        const seen = new Set(passed.slice(since))
        return wanted.filter((milestone) => !seen.has(milestone))
      }
      return new Promise((resolve) => {
        const look = () => {
          const rest = left()
          if (rest.length > 0 && !signal.aborted) return
          waiting.delete(look)
          signal.removeEventListener('abort', look)
          resolve(rest)
        }
        waiting.add(look)
        signal.addEventListener('abort', look)
        look()
      })
    },
  }
}

function readStageLine(line: string): StageLine | undefined {
  const parsed = lineSchema.safeParse(parseJson(line))
  if (!parsed.success) return undefined
  const { stage, time = Date.now(), ...fields } = parsed.data
  const milestone = stage === 'split' && Number(fields.ownEchoes) > 0 ? 'echo' : stage
  if (!isMilestone(milestone)) return undefined
  return { milestone, at: new Date(time).getTime(), text: WORDS[milestone], details: details(fields) }
}

function details(fields: Record<string, unknown>): string {
  const words = Object.entries(fields)
    .filter(([key, value]) => !NOT_DETAILS.has(key) && value !== null && typeof value !== 'object')
    .map(
      ([key, value]) => `${key}=${typeof value === 'number' ? Math.round(value * 100) / 100 : String(value)}`,
    )
    .join(' ')
  return words.length > MAX_DETAILS ? `${words.slice(0, MAX_DETAILS - 1)}…` : words
}

function isMilestone(text: string): text is Milestone {
  return MILESTONES.some((milestone) => milestone === text)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
