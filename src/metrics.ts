import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** Every metric there is. Labels never hold anything of a person's. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    deliveries: new Counter({
      name: 'deskbridge_deliveries_total',
      help: 'Deliveries from Meta by result: accepted (200), unsigned (401 or 429), refused (503).',
      labelNames: ['result'],
      registers,
    }),
    journalSeconds: new Histogram({
      name: 'deskbridge_journal_seconds',
      help: 'Time that Redis took to confirm one write of the journal.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.5],
      registers,
    }),
    journalBatch: new Histogram({
      name: 'deskbridge_journal_batch_deliveries',
      help: 'Deliveries that shared one write of the journal.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 500],
      registers,
    }),
    events: new Counter({
      name: 'deskbridge_events_total',
      help: 'Events split from deliveries by kind; unknown ones also by the name that Meta gave them.',
      labelNames: ['kind', 'name'],
      registers,
    }),
    heads: new Counter({
      name: 'deskbridge_heads_total',
      help: 'What became of heads of lanes, by destination, verdict (done, retry, wait, dead, stale …) and code.',
      labelNames: ['destination', 'verdict', 'code'],
      registers,
    }),
    lanes: new Gauge({
      name: 'deskbridge_lanes',
      help: 'Lanes with work in them: waiting counts all, due those that nobody has looked at in time.',
      labelNames: ['state'],
      registers,
    }),
    deadLetters: new Gauge({
      name: 'deskbridge_dead_letters',
      help: 'Dead letters; anything but 0 wants a person to look at GET /v1/dead-letters.',
      registers,
    }),
    deliveriesWaiting: new Gauge({
      name: 'deskbridge_deliveries_waiting',
      help: 'Journal writes that no worker has split yet.',
      registers,
    }),
    redisUp: new Gauge({
      name: 'deskbridge_redis_up',
      help: '1 when Redis could be asked for the gauges of this scrape.',
      registers,
    }),
    callbacks: new Counter({
      name: 'deskbridge_callbacks_total',
      help: 'Callbacks of helpdesks by result: accepted (200), unsigned (401 or 429), invalid (422), refused (503).',
      labelNames: ['helpdesk', 'result'],
      registers,
    }),
    helpdeskEvents: new Counter({
      name: 'deskbridge_helpdesk_events_total',
      help: 'What callbacks and polls told: reply, status …, or why it concerns nobody: own, repeated, unknown.',
      labelNames: ['helpdesk', 'result'],
      registers,
    }),
    repliesRefused: new Counter({
      name: 'deskbridge_replies_refused_total',
      help: 'Replies that our own rules refused, by code: the window is closed, consent is missing, or FILE_PRIVATE.',
      labelNames: ['code'],
      registers,
    }),
    graphErrors: new Counter({
      name: 'deskbridge_graph_errors_total',
      help: 'Errors of Graph by code and subcode; known="false" is one that no row of our table names.',
      labelNames: ['code', 'subcode', 'known'],
      registers,
    }),
    deletionRequests: new Counter({
      name: 'deskbridge_deletion_requests_total',
      help: "Calls of Meta's data deletion and deauthorize callbacks by kind and result: received, repeated, refused.",
      labelNames: ['kind', 'result'],
      registers,
    }),
    deletionsOpen: new Gauge({
      name: 'deskbridge_deletions_open',
      help: 'People who asked to have their data deleted, and are not done; see GET /v1/privacy/deletions.',
      registers,
    }),
    pageStopped: new Gauge({
      name: 'deskbridge_page_stopped',
      help: '1 while a Page cannot send: its token is dead, a permission is missing, or Meta restricts it.',
      labelNames: ['page', 'reason'],
      registers,
    }),
    attachments: new Counter({
      name: 'deskbridge_attachments_total',
      help: 'Files of customers that were copied, or given up (failed) with the reason.',
      labelNames: ['result', 'reason'],
      registers,
    }),
    attachmentBytes: new Counter({
      name: 'deskbridge_attachment_bytes_total',
      help: 'Bytes of the files that were copied.',
      registers,
    }),
    attachmentsWaiting: new Gauge({
      name: 'deskbridge_attachments_waiting',
      help: 'Files of customers that are still to be copied.',
      registers,
    }),
    profileLookups: new Counter({
      name: 'deskbridge_profile_lookups_total',
      help: 'People whom Meta was asked about: known, empty (it told nothing) or unavailable.',
      labelNames: ['result'],
      registers,
    }),
    breakerOpen: new Gauge({
      name: 'deskbridge_breaker_open',
      help: '1 while calls to a destination are held back because it fails.',
      labelNames: ['destination'],
      registers,
    }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>

const mostNames = 100

/** Meta's names are few, but a label must not grow with whatever key a body holds. */
export function eventNameLabel(): (name: string) => string {
  const seen = new Set<string>()
  return (name) => {
    if (seen.has(name)) return name
    if (seen.size >= mostNames || !/^[a-z_]{0,40}$/i.test(name)) return 'other'
    seen.add(name)
    return name
  }
}
