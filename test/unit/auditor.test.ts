import { describe, expect, test } from 'vitest'
import { audit, isRed } from '../chaos/audit.ts'
import type { SentEvent } from '../chaos/deliveries.ts'
import type { DeskRecord } from '../chaos/desk-record.ts'
import type { Fault } from '../chaos/inject.ts'
import { planFaults } from '../chaos/plan.ts'
import { fullScenario } from '../chaos/scenario.ts'

const conversation = '1001:7'
const windowMs = 1500

function sent(mid: string, rank: number, more: Partial<SentEvent> = {}): SentEvent {
  return { mid, conversation, rank, text: `text of ${mid}`, ackedAt: 1000, ...more }
}

function record(mid: string, more: Partial<DeskRecord> = {}): DeskRecord {
  const base = { at: 2000, outcome: 'ok', conversation, sender: 'worker-1.1' } as const
  return { ...base, mid, webhookId: `evt_${mid}`, text: `text of ${mid}`, ...more }
}

function fault(kind: Fault['kind'], target: Fault['target'], more: Partial<Fault> = {}): Fault {
  return { kind, target, startedAt: 2100, endedAt: 2100, graceful: false, ...more }
}

function judge(events: SentEvent[], records: DeskRecord[], faults: Fault[] = []) {
  const all = new Map(events.map((event) => [event.mid, event]))
  const { counts, details } = audit({ sent: all, records, faults, windowMs })
  return { ...counts, isRed: isRed(counts), details }
}

const three = [sent('a', 0), sent('b', 1), sent('c', 2)]
const twice = [record('a'), record('a', { at: 6000, sender: 'worker-2.1' })]

describe('the auditor', () => {
  test('finds nothing where all came in order and once', () => {
    const found = judge(three, [record('a'), record('b'), record('c')])
    expect(found).toMatchObject({ acked: 3, forwarded: 3, lost: 0, inverted: 0, repeated: 0, isRed: false })
  })

  test('finds what is lost, and not what was never acknowledged', () => {
    const found = judge([...three, sent('d', 3, { ackedAt: null })], [record('a'), record('c')])
    expect(found).toMatchObject({ acked: 3, forwarded: 2, lost: 1 })
    expect(found.details).toEqual(['lost (rank 1): b of 1001:7'])
  })

  test.each(['late', 'cut-after', 'cut-before', 'refused'] as const)(
    'counts as lost what was only ever answered %s',
    (outcome) => {
      expect(judge(three, [record('a', { outcome }), record('b'), record('c')]).lost).toBe(1)
    },
  )

  test('finds an inversion of first effects, and none in a repeat', () => {
    expect(judge(three, [record('a'), record('c'), record('b')])).toMatchObject({ inverted: 1, isRed: true })
    const repeat = [record('a', { outcome: 'late' }), record('b'), record('c'), record('a')]
    expect(judge(three, repeat)).toMatchObject({ inverted: 0, repeated: 1 })
  })

  test('sees an inversion also when the helpdesk did not answer the first effect', () => {
    const records = [record('b', { outcome: 'cut-after' }), record('a'), record('b'), record('c')]
    expect(judge(three, records).inverted).toBe(1)
  })

  test('keeps conversations apart', () => {
    const other = sent('x', 0, { conversation: '1001:8' })
    expect(
      judge([sent('a', 1), other], [record('a'), record('x', { conversation: '1001:8' })]).inverted,
    ).toBe(0)
  })

  test('finds a repeat under another webhook-id', () => {
    const records = [record('a', { outcome: 'late' }), record('a', { webhookId: 'evt_other' })]
    expect(judge([sent('a', 0)], records)).toMatchObject({ renamed: 1, repeated: 1, isRed: true })
  })

  test('finds another text, another conversation, what nobody sent, and a bad signature', () => {
    expect(judge([sent('a', 0)], [record('a', { text: 'other' })])).toMatchObject({ altered: 1, isRed: true })
    expect(judge([sent('a', 0)], [record('a', { conversation: '1001:8' })]).altered).toBe(1)
    expect(judge([sent('a', 0)], [record('a'), record('z')])).toMatchObject({ invented: 1, isRed: true })
    expect(judge([], [record('', { outcome: 'forged' })]).invented).toBe(1)
  })
})

describe('a repeat', () => {
  test('needs a reason', () => {
    expect(judge([sent('a', 0)], twice)).toMatchObject({ repeated: 1, unexplained: 1, isRed: true })
  })

  test.each(['late', 'cut-after'] as const)('is explained once by an answer that was %s', (outcome) => {
    const once = [record('a', { outcome }), record('a')]
    expect(judge([sent('a', 0)], once)).toMatchObject({ repeated: 1, unexplained: 0 })
    expect(judge([sent('a', 0)], [...once, record('a')])).toMatchObject({ repeated: 2, unexplained: 1 })
  })

  test('is explained when the sender had hung up', () => {
    const records = [record('a'), record('a', { outcome: 'unheard' }), record('a')]
    expect(judge([sent('a', 0)], records)).toMatchObject({ repeated: 1, unexplained: 0 })
  })

  test.each([
    ['its worker was killed', fault('kill', 'worker-1'), 0],
    ['another worker was killed', fault('kill', 'worker-2'), 1],
    ['an API was killed', fault('kill', 'api-1'), 1],
    ['the alarms were wiped', fault('wipe', 'alarms'), 1],
    ['its worker was killed long after', fault('kill', 'worker-1', { startedAt: 4000, endedAt: 4000 }), 1],
    ['its worker was killed long before', fault('kill', 'worker-1', { startedAt: 100, endedAt: 100 }), 1],
    ['its worker stopped in order', fault('term', 'worker-1', { graceful: true }), 1],
    ['its worker was cut off by the end of its grace', fault('term', 'worker-1'), 0],
    ['its worker was frozen', fault('freeze', 'worker-1', { startedAt: 1900, endedAt: 5900 }), 0],
    ['Redis was down', fault('kill', 'redis', { startedAt: 1900, endedAt: 3000 }), 0],
    ['the helpdesk was killed', fault('kill', 'helpdesk'), 0],
  ])('when %s: unexplained %#', (_when, one, unexplained) => {
    expect(judge([sent('a', 0)], twice, [one]).unexplained).toBe(unexplained)
  })

  test('of a zombie is explained by its own sleep', () => {
    const zombie = fault('freeze', 'worker-2', { startedAt: 1000, endedAt: 5900 })
    expect(judge([sent('a', 0)], twice, [zombie]).unexplained).toBe(0)
    expect(judge([sent('a', 0)], twice, [{ ...zombie, endedAt: 4000 }]).unexplained).toBe(1)
  })

  test('uses up the ticket of its fault and lane', () => {
    const kill = [fault('kill', 'worker-1')]
    const again = [...twice, record('b'), record('b')]
    expect(judge(three, again, kill)).toMatchObject({ repeated: 2, unexplained: 1 })
    const lanes = [sent('a', 0), sent('x', 0, { conversation: '1001:8' })]
    const other = record('x', { conversation: '1001:8' })
    expect(judge(lanes, [...twice, other, other], kill)).toMatchObject({ repeated: 2, unexplained: 0 })
  })
})

test('a seed gives the same faults again, and another seed others', () => {
  const plan = (seed: number) => planFaults({ ...fullScenario, seed, seconds: 60 })
  expect(plan(7)).toEqual(plan(7))
  expect(plan(7)).not.toEqual(plan(8))
  expect(new Set(plan(7).map(({ kind }) => kind)).size).toBe(4)
})
