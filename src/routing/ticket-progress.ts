import type { TicketRef } from '../helpdesk/adapter.ts'
import type { Hold } from '../lanes/hold.ts'
import type { Task } from '../lanes/lanes.ts'
import type { Former } from './ticket-life.ts'

/** How far an event came: its ticket is there, and these of its steps are done. */
export interface TicketProgress {
  /** Null while there is none, or it is still to be opened. */
  ticket: TicketRef | null
  /** By this event. */
  opened: boolean
  /** Names of steps. */
  done: string[]
  /** How many messages that came after it are told with it, once that was tried. */
  joined?: number
  /** The ticket that this one goes on from. */
  former?: Former | undefined
}

/**
 * A task and its hold, whose progress is that of one helpdesk: a Page may get another one between two tries, where a
 * ticket of the same number is somebody else's.
 */
export function progressIn(helpdesk: string, task: Task, hold: Hold): { task: Task; hold: Hold } {
  const [, name, own = ''] = /^@(\S+) (.*)$/s.exec(task.progress) ?? []
  const progress = name === undefined ? task.progress : name === helpdesk ? own : ''
  return {
    task: { ...task, progress },
    hold: { ...hold, save: (progress, along) => hold.save(`@${helpdesk} ${progress}`, along) },
  }
}

/** The ticket alone, as an earlier version wrote it when it was new, or the steps done before it. */
export function writeProgress({ ticket, opened, done, former, joined }: TicketProgress): string {
  if (done.length === 0 && opened && !former && joined === undefined && ticket !== null) return ticket
  const after = former ? `after=${former.why}:${encodeURIComponent(former.ticket)} ` : ''
  const along = joined === undefined ? '' : `with=${joined} `
  return `${opened ? 'opened ' : ''}${after}${along}done=${done.join(',')} ${ticket ?? ''}`
}

export function readProgress(text: string): TicketProgress | undefined {
  if (text === '') return undefined
  const [, isNew, why, old, along, done, ticket] =
    /^(opened )?(?:after=(solved|closed|gone):(\S*) )?(?:with=(\d+) )?done=([\w,]*) (.*)$/s.exec(text) ?? []
  if (done === undefined || ticket === undefined) return { ticket: text, opened: true, done: [] }
  // An earlier version counted, and there was one step to count; or it told in two notes what is one now.
  const names = /^\d+$/.test(done) ? ['context'] : done.split(',').filter(Boolean)
  if (names.includes('origin')) names.push('context')
  const former =
    old === undefined ? {} : { former: { ticket: decodeURIComponent(old), why: why as Former['why'] } }
  const joined = along === undefined ? {} : { joined: Number(along) }
  return {
    ticket: ticket === '' ? null : ticket,
    opened: isNew !== undefined,
    done: names,
    ...former,
    ...joined,
  }
}
