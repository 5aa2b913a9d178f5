/**
 * What a person agreed to and took back, as a log. Every entry says what happened and when; what holds now follows
 * from all of them in the order of their times, so it makes no difference in which order, or how often, they arrived.
 */
export type ConsentStatus = 'given' | 'withdrawn'

/** Entries of one topic are given and withdrawn; `stopped` and `resumed` are about everything at once. */
export type EntryStatus = ConsentStatus | 'stopped' | 'resumed'

export interface ConsentEntry {
  status: EntryStatus
  /** When the person decided, ms since the epoch. */
  at: number
  /** How, in words: what the shop said over REST, or `opt-in`, `stop word` … */
  source: string
  /** Who told us: `rest:<id of the API key>`, or the id of the event. */
  by: string
}

export interface ConsentChange {
  status: ConsentStatus
  at: number
  source: string
  by: string
}

export interface Consent extends ConsentChange {
  topic: string
  /** Every change that we know of, oldest first; the last one holds. */
  history: ConsentChange[]
}

/** Everything that is kept of one person. */
export interface ConsentLog {
  topics: Map<string, ConsentEntry[]>
  /** Stops and what took them back, oldest first. */
  all: ConsentEntry[]
  /** Ids of other conversations that are the same person's. */
  aliases: string[]
}

export interface ConsentList {
  consents: Consent[]
  /** When everything was last stopped, ms; null when it is not. What was given after it counts nevertheless. */
  stoppedAt: number | null
}

export function consentList(log: ConsentLog): ConsentList {
  const consents: Consent[] = []
  for (const topic of [...log.topics.keys()].toSorted()) {
    const { history } = standing(log, topic)
    const last = history.at(-1)
    if (last) consents.push({ topic, ...last, history })
  }
  const newest = log.all.toSorted(byTime).at(-1)
  return { consents, stoppedAt: newest?.status === 'stopped' ? newest.at : null }
}

/** Unknown only to whoever never said anything about it: a stop is about topics to come, too. */
export function statusOf(log: ConsentLog, topic: string): ConsentStatus | 'unknown' {
  return standing(log, topic).status
}

/** Topics that this one entry gave back to the person. */
export function resumedBy(log: ConsentLog, by: string): string[] {
  return [...log.topics.keys()].filter((topic) =>
    standing(log, topic).history.some((change) => change.by === by && change.status === 'given'),
  )
}

/** Whether a start would give anything back. */
export function isResumable(log: ConsentLog): boolean {
  return [...log.topics.keys()].some((topic) => standing(log, topic).before?.status === 'given')
}

interface Standing {
  status: ConsentStatus | 'unknown'
  history: ConsentChange[]
  /** What held when the stop came that holds now. */
  before: ConsentChange | null | undefined
}

function standing(log: ConsentLog, topic: string): Standing {
  const history: ConsentChange[] = []
  let status: Standing['status'] = 'unknown'
  let before: Standing['before']
  const entries = [...(log.topics.get(topic) ?? []), ...log.all].toSorted(byTime)
  for (const entry of entries) {
    const { status: what, ...rest } = entry
    if (what === 'stopped') {
      if (before !== undefined) continue
      before = history.at(-1) ?? null
      status = 'withdrawn'
    } else if (what === 'resumed') {
      // It takes the stop back and nothing else: what was withdrawn by itself, or never given, stays so.
      if (before === undefined) continue
      status = before?.status ?? 'unknown'
      const gaveBack = before?.status === 'given'
      before = undefined
      if (!gaveBack) continue
    } else {
      status = what
      before = undefined
    }
    if (status !== 'unknown') history.push({ status, ...rest })
  }
  return { status, history, before }
}

/** At the same moment, what ends consent comes last: then it holds. */
function byTime(one: ConsentEntry, other: ConsentEntry): number {
  return one.at - other.at || rank(one) - rank(other)
}

function rank({ status }: ConsentEntry): number {
  return status === 'withdrawn' || status === 'stopped' ? 1 : 0
}
