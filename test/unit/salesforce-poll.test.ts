import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import type { HelpdeskEvent } from '../../src/helpdesk/callback.ts'
import { salesforceHelpdesk } from '../../src/helpdesk/salesforce/adapter.ts'
import { pageSize } from '../../src/helpdesk/salesforce/ask-events.ts'
import { beginSweep, nextSweep, overlapMs } from '../../src/helpdesk/salesforce/sweep.ts'
import { opened, said, stepFor, thrownBy, ticketId } from '../support/ticket-helpdesk-kit.ts'
import { agentUser, openSalesforce } from '../support/vendors/salesforce.ts'
import type { SalesforceOptions } from '../support/vendors/salesforce.ts'

const written = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '.000+0000')

async function open(options: SalesforceOptions = {}) {
  const under = await openSalesforce({ replies: 'poll', ...options })
  let adapter = under.adapter
  onTestFinished(async () => {
    await under.close()
    await adapter.close()
  })
  const ticket = ticketId(await opened(under))
  let cursor: string | undefined
  /** Looks until there is no more; the first look only begins. */
  async function look(): Promise<HelpdeskEvent[]> {
    const events: HelpdeskEvent[] = []
    for (let more = true; more;) {
      const found = await adapter.poll!.look(cursor, new AbortController().signal)
      events.push(...found.events)
      ;({ cursor, more } = found)
    }
    return events
  }
  expect(await look()).toEqual([])
  return {
    ...under,
    ticket,
    look,
    /** As after a restart: nothing is left but the cursor. */
    async restart() {
      await adapter.close()
      adapter = salesforceHelpdesk(under.settings)
    },
  }
}

const textsOf = (events: HelpdeskEvent[]) =>
  events.map((event) => ('text' in event ? event.text : event.kind))

describe('asking Salesforce for replies', () => {
  it('finds what agents wrote, once, and across restarts', async () => {
    const under = await open()
    const entry = under.write(under.ticket, { text: 'It ships tomorrow' })
    expect(await under.look()).toEqual([
      {
        kind: 'reply',
        ticket: under.ticket,
        message: entry.Id,
        at: Date.parse(entry.at.replace('+0000', 'Z')),
        text: 'It ships tomorrow',
        files: [],
        agent: { name: 'Bea Agent' },
      },
    ])
    await under.restart()
    expect(await under.look()).toEqual([])
    under.write(under.ticket, { text: 'And arrives on Friday' })
    expect(textsOf(await under.look())).toEqual(['And arrives on Friday'])
  })

  it('loses none of many with the same time, over several pages', async () => {
    const under = await open()
    const at = under.store.now()
    const wanted = Array.from({ length: pageSize * 2 + 30 }, (_, n) => `reply ${n}`)
    for (const text of wanted) under.write(under.ticket, { text, at })
    expect(textsOf(await under.look())).toEqual(wanted)
    expect(await under.look()).toEqual([])
  })

  it('a full page of known ones does not hide the next', async () => {
    const under = await open()
    const at = under.store.now()
    for (let n = 0; n < pageSize; n++) under.write(under.ticket, { text: `reply ${n}`, at })
    expect(await under.look()).toHaveLength(pageSize)
    under.write(under.ticket, { text: 'one more', at })
    expect(textsOf(await under.look())).toEqual(['one more'])
  })

  it('finds one that shows late, with an earlier time', async () => {
    const under = await open()
    const now = Date.now() + 600_000
    under.write(under.ticket, { text: 'first', at: written(now) })
    expect(textsOf(await under.look())).toEqual(['first'])
    under.write(under.ticket, { text: 'late', at: written(now - overlapMs + 2000) })
    expect(textsOf(await under.look())).toEqual(['late'])
    expect(await under.look()).toEqual([])
  })

  it('tells nothing of what was there before it began', async () => {
    const under = await open()
    under.write(under.ticket, { text: 'old', at: written(Date.now() - 10_000) })
    expect(await under.look()).toEqual([])
  })

  it.each(['comment', 'feed'] as const)(
    'tells neither our own nor what is private, as %s',
    async (messages) => {
      const under = await open({ messages })
      await under.adapter.appendMessage(`${under.ticket} x`, said('from the customer'), stepFor('m'))
      under.write(under.ticket, { text: 'a secret', public: false })
      under.write('500000000999999AAA', { text: 'in a case of somebody else' })
      expect(await under.look()).toEqual([])
    },
  )

  it('reads posts with formatting and files, and no other entries of the feed', async () => {
    const under = await open({ messages: 'feed' })
    const Id = under.store.newId('068')
    under.store.files.push({
      Id,
      case: null,
      Title: 'label.png',
      Description: null,
      bytes: Buffer.from('png'),
    })
    under.write(under.ticket, { text: '<p>See <b>this</b></p><p>Bea &amp; co</p>', files: [Id] })
    under.write(under.ticket, { text: 'Status: New to Working', type: 'ChangeStatusPost' })
    const [reply, ...others] = await under.look()
    expect(others).toEqual([])
    expect(reply).toMatchObject({
      text: expect.stringMatching(/^See this\s+Bea & co$/),
      files: [{ type: 'image', name: 'label.png', ref: Id }],
    })
  })

  it('leaves the last calls of a day to messages', async () => {
    const under = await open()
    under.tellUsage('api-usage=14300/15000')
    await under.adapter.addNote(`${under.ticket} x`, { at: 0, text: 'still told' }, stepFor('note'))
    const error = await thrownBy(under.look())
    expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_BUSY', verdict: 'retry', retryAfterMs: 300_000 })
    under.tellUsage('api-usage=18/15000')
    await under.adapter.addNote(`${under.ticket} x`, { at: 0, text: 'a new day' }, stepFor('note'))
    expect(await under.look()).toEqual([])
  })

  it('tells how statuses changed, not those that we set', async () => {
    const under = await open()
    const record = under.store.cases[0]!
    under.store.setStatus(record, 'Working', agentUser)
    expect(await under.look()).toEqual([expect.objectContaining({ kind: 'status', status: 'open' })])
    under.store.setStatus(record, 'Closed', agentUser)
    expect(await under.look()).toEqual([expect.objectContaining({ kind: 'status', status: 'solved' })])
    await under.adapter.setStatus!(`${under.ticket} x`, 'open', stepFor('open'))
    expect(record.Status).toBe('New')
    expect(await under.look()).toEqual([])
    under.store.setStatus(record, 'Working', agentUser)
    under.store.setStatus(record, 'Archived', agentUser)
    expect(await under.look()).toEqual([
      expect.objectContaining({ kind: 'status', ticket: under.ticket, status: 'closed' }),
    ])
  })
})

describe('a sweep', () => {
  /** Records: when they are made, s, and how much later they show, s. */
  const records = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 100 })), {
    maxLength: 40,
  })

  prop.prop([
    records,
    fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 20 }),
    fc.integer({ min: 1, max: 5 }),
  ])('meets every record once, whatever its time and whenever it shows', (made, rests, size) => {
    const all = made
      .map(([at, later], n) => ({
        id: `r${String(n).padStart(3, '0')}`,
        at: at * 1000,
        shows: (at + later) * 1000,
      }))
      .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    let sweep = beginSweep(0)
    let now = 0
    const met: string[] = []
    for (const rest of [...rests, 1000, 1]) {
      now += rest * 1000
      for (let more = true; more;) {
        const { at, id, seen } = sweep
        const known = new Set(seen.map(([one]) => one))
        const visible = all.filter(
          (one) => one.shows <= now && (one.at > at || (one.at === at && one.id > id)),
        )
        const page = visible.slice(0, size)
        met.push(...page.map((one) => one.id).filter((one) => !known.has(one)))
        more = page.length === size
        sweep = nextSweep(sweep, page, more)
      }
    }
    expect(met.toSorted()).toEqual(all.map(({ id }) => id).toSorted())
  })

  it('forgets what it cannot meet again', () => {
    let sweep = beginSweep(0)
    for (let n = 1; n <= 1000; n++) sweep = nextSweep(sweep, [{ id: `r${n}`, at: n * 10_000 }], false)
    expect(sweep.seen.length).toBeLessThanOrEqual(overlapMs / 10_000 + 1)
  })
})
