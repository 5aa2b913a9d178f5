import type { DomainEvent } from '../../src/domain/event.ts'
import type { TicketHelpdesk } from '../../src/helpdesk/adapter.ts'
import { comments } from '../../src/records/comments.ts'
import { ownWrites } from '../../src/records/own-writes.ts'
import { timeline } from '../../src/records/timeline.ts'
import { keepOwn } from '../../src/routing/keep-own.ts'
import { placeComments } from '../../src/routing/place-comments.ts'
import { tellStory } from '../../src/routing/tell-story.ts'
import { inbound } from './lane-events.ts'
import type { LaneKit } from './lane-kit.ts'

export const dayMs = 86_400_000

/** A helpdesk that writes down what it is asked; ids of its messages are M-1, M-2 … */
export function desk() {
  const calls: string[] = []
  const failing: { remove?: Error | undefined } = {}
  let last = 0
  const helpdesk: TicketHelpdesk = {
    style: 'tickets',
    openTicket: () => Promise.resolve('T-1'),
    appendMessage: (ticket, { text }) => {
      calls.push(`append ${ticket} ${text}`)
      return Promise.resolve(`M-${++last}`)
    },
    addNote: (ticket, { text }) => {
      if (!text.startsWith('Page')) calls.push(`note ${ticket} ${text}`)
      return Promise.resolve(`M-${++last}`)
    },
    removeMessage: (ticket, written) => {
      const error = failing.remove
      failing.remove = undefined
      calls.push(`remove ${ticket} ${written.message} ${written.key}`)
      return error ? Promise.reject(error) : Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
  return { helpdesk, calls, failing }
}

export function worldOf(kit: LaneKit, helpdesk: TicketHelpdesk) {
  const settings = { prefix: kit.prefix, conversationMs: 90 * dayMs, replyMs: dayMs }
  const own = ownWrites(kit.redis, settings)
  const story = timeline(kit.redis, settings)
  const known = comments(kit.redis, settings)
  const erased: unknown[] = []
  const lane = inbound(kit, keepOwn('main', helpdesk, { ownWrites: own }))
  const tell = tellStory({ timeline: story, wroteComment: () => Promise.resolve(false) })
  const place = placeComments({
    comments: known,
    ownComments: {
      recognise: () => Promise.resolve(undefined),
      keep: () => Promise.resolve(),
      isOurs: () => Promise.resolve(false),
    },
    replies: { noteSent: () => Promise.resolve(), get: () => Promise.resolve(undefined) },
  })
  const turn = () =>
    lane.turn({
      ownWrites: own,
      timeline: story,
      comments: known,
      eraseCopiesOf: (...all) => Promise.resolve(erased.push(all)),
    })
  /** They come from Meta and are forwarded, all at once. */
  async function hear(...events: DomainEvent[]): Promise<string[]> {
    const placed = await place(events)
    await tell(placed)
    await lane.append(...placed)
    return turn()
  }
  return {
    kit,
    own,
    story,
    erased,
    records: lane.records,
    hear,
    turn,
    written: async () =>
      (await kit.redis.keys(`${kit.prefix}:written:*`)).map((key) => key.slice(kit.prefix.length)),
  }
}
