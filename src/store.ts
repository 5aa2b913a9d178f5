import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Config } from './config/schema.ts'
import type { Page } from './domain/page.ts'
import { deadLetters } from './lanes/dead-letters.ts'
import { gather } from './lanes/gather.ts'
import { laneScripts } from './lanes/lane-scripts.ts'
import { laneStatuses } from './lanes/lane-status.ts'
import { laneSeizure } from './lanes/seize-lanes.ts'
import { lanes } from './lanes/lanes.ts'
import { alarms } from './queue/alarms.ts'
import { durabilityFaults, fsyncPolicy, readRedisFacts } from './queue/redis-health.ts'
import { isReadyWithin, isStoreError } from './queue/connections.ts'
import { windowOpening } from './meta/policy/window.ts'
import { answers } from './records/answers.ts'
import { budgets } from './records/budgets.ts'
import { consents } from './records/consents.ts'
import { comments } from './records/comments.ts'
import { conversations } from './records/conversations.ts'
import { deletions } from './records/deletions.ts'
import { consentErasure } from './records/erase-consents.ts'
import { recordErasure } from './records/erase-records.ts'
import { lastDeliveries } from './records/last-deliveries.ts'
import { ownComments } from './records/own-comments.ts'
import { ownWrites } from './records/own-writes.ts'
import { pageStops } from './records/page-stops.ts'
import { people } from './records/people.ts'
import { personas } from './records/personas.ts'
import { pollCursors } from './records/poll-cursors.ts'
import { privateReplies } from './records/private-replies.ts'
import { receipts } from './records/receipts.ts'
import { replies } from './records/replies.ts'
import { routeMemories } from './records/route-memories.ts'
import { timeline } from './records/timeline.ts'
import { unclaimedEvents } from './records/unclaimed-events.ts'
import { uploads } from './records/uploads.ts'
import { destinationOf, destinations } from './routing/destination.ts'
import { answeredElsewhere } from './routing/human-elsewhere.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** The lanes of a connection, and what one wants to know of them. */
export function openLanes(redis: Redis, config: Config) {
  const run = laneScripts(redis)
  const settings = {
    prefix: config.redis.prefix,
    shards: config.lanes.shards,
    leaseMs: config.lanes.leaseMs,
    graceMs: config.lanes.graceMs,
    seenMs: config.retention.dedupeHours * hourMs,
    deadLetterMs: config.retention.deadLetterDays * dayMs,
  }
  return {
    lanes: lanes(run, settings),
    deadLetters: deadLetters(redis, run, settings),
    laneStatuses: laneStatuses(redis, settings),
    seizure: laneSeizure(redis, run, settings),
  }
}

/** Everything that lives in Redis, over one connection. The API and the worker each have their own. */
export function openStore(redis: Redis, config: Config, pages: ReadonlyMap<string, Page>) {
  const { prefix } = config.redis
  const helpdesks = Object.keys(config.helpdesks)
  const settings = {
    prefix,
    conversationMs: config.retention.conversationDays * dayMs,
    replyMs: config.retention.replyDays * dayMs,
    profileMs: Math.min(config.retention.profileDays, config.retention.conversationDays) * dayMs,
    consentMs: config.retention.consentDays * dayMs,
    deletionMs: config.retention.deletionDays * dayMs,
  }
  const story = timeline(redis, settings)
  return {
    ...openLanes(redis, config),
    timeline: story,
    conversations: conversations(redis, {
      ...settings,
      tellStory: story.add,
      windowOpening,
      answeredElsewhere: (event) => answeredElsewhere(event, config.meta.appId),
    }),
    replies: replies(redis, settings),
    routeMemories: routeMemories(redis, settings),
    receipts: receipts(redis, settings),
    comments: comments(redis, settings),
    ownComments: ownComments(redis, settings),
    ownWrites: ownWrites(redis, settings),
    unclaimed: unclaimedEvents(redis, settings),
    pollCursors: pollCursors(redis, settings),
    privateReplies: privateReplies(redis, settings),
    consents: consents(redis, settings),
    uploads: uploads(redis, settings),
    people: people(redis, settings),
    personas: personas(redis, settings),
    stops: pageStops(redis, settings),
    lastDeliveries: lastDeliveries(redis, settings),
    budgets: budgets(redis, { prefix, ...config.rates }, gather),
    answers: answers(redis, settings),
    deletions: deletions(redis, settings),
    consentErasure: consentErasure(redis, settings),
    recordErasure: recordErasure(redis, settings),
    alarms: alarms(redis, prefix, destinations(helpdesks), destinationOf(pages, new Set(helpdesks))),
  }
}

export type Store = ReturnType<typeof openStore>

export function pagesById(config: Config) {
  return new Map(config.pages.map((page) => [page.id, page]))
}

/** A connection that logs when it is lost and when it is back, and not at every try in between. */
export function logged(redis: Redis, log: Logger, use: string): Redis {
  let down = false
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ use, err: error.message }, 'Redis is out of reach; trying again')
    down = true
  })
  redis.on('ready', () => {
    if (down) log.info({ use }, 'Redis is back')
    down = false
  })
  return redis
}

/** Says why this Redis must not be used, once it can be asked. Empty when it is out of reach: then callers get 503. */
export async function startUpFaults(redis: Redis, config: Config, log: Logger): Promise<string[]> {
  if (!(await isReadyWithin(redis, 3000))) {
    log.warn('Redis is out of reach; answering 503 until it is there')
    return []
  }
  // It may go away while it is asked: that is no reason to end, since it is waited for as if it had never been there.
  const facts = await readRedisFacts(redis).catch((error: unknown) => {
    if (!isStoreError(error)) throw error
    log.warn('Redis went away while it was asked; answering 503 until it is there')
  })
  if (!facts) return []
  const faults = durabilityFaults(facts)
  const fsync = await fsyncPolicy(redis)
  if (fsync !== null && fsync !== 'always' && facts.aofEnabled) {
    log.warn(
      { appendfsync: fsync },
      'acknowledged deliveries may be lost when Redis dies; set `appendfsync always`',
    )
  }
  if (Math.abs(facts.clockAheadMs) > 500) {
    log.warn(
      { clockAheadMs: facts.clockAheadMs },
      'this machine and Redis disagree about the time; use NTP on both',
    )
  }
  if (config.durability === 'strict') return faults
  for (const fault of faults) log.warn(`durability is relaxed, though Redis is not durable: ${fault}`)
  return []
}
