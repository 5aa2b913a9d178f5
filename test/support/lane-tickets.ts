import type { Redis } from 'ioredis'
import type { DomainEvent } from '../../src/domain/event.ts'
import type { Page } from '../../src/domain/page.ts'
import { StepError } from '../../src/domain/step-error.ts'
import type { NewTicket, Step, TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import type { Task, Verdict } from '../../src/lanes/lanes.ts'
import { conversations } from '../../src/records/conversations.ts'
import { people } from '../../src/records/people.ts'
import { timeline } from '../../src/records/timeline.ts'
import { forwardEvent } from '../../src/routing/forward-event.ts'
import type { ForwardDeps } from '../../src/routing/forward-event.ts'
import { laneKit, noTrace } from './lane-kit.ts'
import { conversation, page } from './lane-replies.ts'

export interface DeskTicket {
  status: 'open' | 'solved' | 'closed' | 'gone'
  followUpOf: string | null
  /** What stands in it, each once. */
  has: string[]
}

/** Whoever dies at this moment is not told of it. */
class Died extends Error {}

/** A helpdesk that keeps tickets, does each thing once under its key, and refuses what it does not take any more. */
export function ticketWorld(
  redis: Redis,
  settings: Partial<Page> = {},
  more: Partial<TicketHelpdesk> | ((desk: TicketHelpdesk) => Partial<TicketHelpdesk>) = {},
) {
  const { prefix } = laneKit(redis)
  const keep = { prefix, conversationMs: 600_000, replyMs: 600_000 }
  const story = timeline(redis, keep)
  const records = conversations(redis, { ...keep, tellStory: story.add, windowOpening: () => null })
  const persons = people(redis, { prefix, profileMs: 60_000 })
  const tickets = new Map<string, DeskTicket>()
  const opened: NewTicket[] = []
  const did = new Map<string, string>()
  const calls: string[] = []
  /** The point at which the worker dies, before or after its effect; 0 for never. */
  const death = { at: 0, after: false, seen: 0 }

  async function point<T>(take: () => T | Promise<T>): Promise<T> {
    death.seen++
    const isHere = death.seen === death.at
    if (isHere && !death.after) throw new Died()
    const result = await take()
    if (isHere) throw new Died()
    return result
  }

  function within(ref: string, call: string, { idempotencyKey }: Step, change: (ticket: DeskTicket) => void) {
    return point(() => {
      calls.push(`${call} ${ref}`)
      const ticket = tickets.get(ref)
      const refused = { verdict: 'permanent', arrived: 'no' } as const
      if (!ticket || ticket.status === 'gone')
        throw new StepError('gone', { code: 'TICKET_GONE', ...refused })
      if (ticket.status === 'closed') throw new StepError('closed', { code: 'TICKET_CLOSED', ...refused })
      if (!did.has(idempotencyKey)) change(ticket)
      did.set(idempotencyKey, ref)
      return undefined
    })
  }

  const desk: TicketHelpdesk = {
    style: 'tickets',
    openTicket: (wanted, { idempotencyKey }) =>
      point(() => {
        calls.push('open')
        const known = did.get(idempotencyKey)
        if (known !== undefined) return known
        const ref = `T-${tickets.size + 1} more`
        tickets.set(ref, { status: 'open', followUpOf: wanted.followUpOf, has: [] })
        opened.push(wanted)
        did.set(idempotencyKey, ref)
        return ref
      }),
    appendMessage: (ref, { text, from }, step) =>
      within(ref, 'append', step, ({ has }) => has.push(`${from}: ${text}`)),
    addNote: (ref, { text }, step) => within(ref, 'note', step, ({ has }) => has.push(`note: ${text}`)),
    setStatus: (ref, status, step) => within(ref, status, step, (ticket) => void (ticket.status = status)),
    close: () => Promise.resolve(),
  }
  const helpdesk = { ...desk, ...(typeof more === 'function' ? more(desk) : more) }
  const deps: ForwardDeps = {
    pages: new Map([['1', { ...page, ...settings }]]),
    helpdesks: new Map([['main', helpdesk]]),
    conversations: {
      ...records,
      keepTicket: (...all) => point(() => records.keepTicket(...all)),
      noteTicketStatus: (...all) => point(() => records.noteTicketStatus(...all)),
    },
    people: persons,
    timeline: story,
    receipts: { untold: () => Promise.resolve([]), noteTold: () => Promise.resolve() },
    trace: noTrace,
  }
  const work = forwardEvent(deps)

  /** The event in its lane: whoever dies is followed by another, who knows what was saved. */
  async function tell(event: DomainEvent): Promise<Verdict> {
    let task = taskOf(event)
    for (;;) {
      const save = (progress: string) => point(() => ((task = { ...task, progress }), true))
      try {
        return await work(task, {
          signal: AbortSignal.timeout(60_000),
          save,
          behind: () => Promise.resolve([]),
        })
      } catch (error) {
        if (!(error instanceof Died)) throw error
        task = { ...task, claims: task.claims + 1 }
      }
    }
  }

  return {
    desk: helpdesk,
    records,
    persons,
    story,
    tickets,
    opened,
    calls,
    death,
    point,
    prefix,
    deps,
    tell,
    ticket: (n: number) => tickets.get(`T-${n} more`),
    /** What a callback would tell. */
    note: (n: number, status: 'open' | 'solved' | 'closed', at: number) =>
      records.noteTicketStatus(conversation, 'main', `T-${n}`, status, at),
    state: () => records.ticketState(conversation, 'main'),
  }
}

function taskOf(event: DomainEvent): Task {
  const payload = JSON.stringify(event)
  const place = { lane: `in:${event.conversationId}`, epoch: '1', seq: '1', since: event.timestamp, ageMs: 0 }
  return { ...place, payload, attempts: 0, claims: 1, progress: '' }
}
