import { test as propertyTest, fc } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { progressLine } from '../../src/commands/progress-line.ts'
import { pacedGraph } from '../../src/setup/pace.ts'
import { fault, ok, printable, sectionLines, span, summary, warning } from '../../src/setup/report.ts'
import { readSince } from '../../src/setup/since.ts'
import { now } from '../support/setup-kit.ts'

describe('the report', () => {
  const sections = [
    { title: 'Redis', findings: [ok('a', 'It answers.'), warning('b', 'It is slow.')] },
    {
      title: 'Page',
      findings: [
        fault('c', 'It is gone.', { remedy: 'Subscribe it:', commands: ['node src/main.ts subscribe'] }),
      ],
    },
  ]

  it('says what is, how to mend it, and what to type', () => {
    expect(sections.flatMap(sectionLines)).toEqual([
      'Redis',
      '  ok       It answers.',
      '  warning  It is slow.',
      '',
      'Page',
      '  fault    It is gone.',
      '           Subscribe it:',
      '           $ node src/main.ts subscribe',
      '',
    ])
    expect(summary(sections)).toBe('1 fault, 1 warning, 1 ok')
  })

  propertyTest.prop([fc.string({ unit: 'binary' })])(
    'moves no cursor, whatever Meta calls a Page',
    (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
    },
  )

  it('tells spans as people do', () => {
    expect([400, 59_000, 90_000, 3_600_000, 5 * 3_600_000, 100 * 3_600_000].map(span)).toEqual([
      '0 s',
      '1 min',
      '2 min',
      '60 min',
      '5 h',
      '4 days',
    ])
  })
})

describe('--since', () => {
  const cases: [string, string | undefined][] = [
    ['2h', '2026-11-23T10:00:00Z'],
    ['90m', '2026-11-23T10:30:00Z'],
    ['3d', '2026-11-20T12:00:00Z'],
    ['2026-11-23T06:10:00Z', '2026-11-23T06:10:00Z'],
    ['2026-11-23T06:10', '2026-11-23T06:10:00Z'],
    ['2026-11-23 06:10:30', '2026-11-23T06:10:30Z'],
    ['2026-11-23T06:10:00+02:00', '2026-11-23T04:10:00Z'],
    ['2026-11-23T06:10:00+0200', '2026-11-23T04:10:00Z'],
    ['2026-11-22', '2026-11-22T00:00:00Z'],
    ['0h', undefined],
    ['2026-11-24', undefined],
    ['yesterday', undefined],
    ['2 h', undefined],
    ['-2h', undefined],
    ['1700000000000', undefined],
  ]
  it.each(cases)('%s is %s', (text, iso) => {
    expect(readSince(text, now)).toBe(iso === undefined ? undefined : Date.parse(iso))
  })
})

describe('the pace', () => {
  it('keeps calls apart, and does not wait when nobody called for a while', async () => {
    let clock = 1000
    const begun: number[] = []
    const graph = {
      call: () => {
        begun.push(clock)
        clock += 100
        return Promise.resolve({ outcome: 'ok', body: {}, usage: null } as const)
      },
    }
    const pause = (ms: number) => {
      clock += ms
      return Promise.resolve()
    }
    const paced = pacedGraph(graph, { everyMs: 500, now: () => clock, pause })
    const call = { method: 'GET', path: 'me', accessToken: 't' } as const
    const signal = new AbortController().signal
    await paced.call(call, signal)
    await paced.call(call, signal)
    await paced.call(call, signal)
    clock += 5000
    await paced.call(call, signal)
    expect(begun).toEqual([1000, 1500, 2000, 7100])
  })
})

describe('progress', () => {
  function stream(isTTY: boolean) {
    const written: string[] = []
    return { isTTY, columns: 20, written, write: (text: string) => written.push(text) }
  }

  it('is one line on a terminal, and leaves nothing behind', () => {
    const terminal = stream(true)
    const progress = progressLine(terminal, () => now)
    progress.show('conversation 1 of 300, 12 messages')
    progress.clear()
    progress.clear()
    expect(terminal.written).toEqual(['\r\u001b[Kconversation 1 of 3', '\r\u001b[K'])
  })

  it('is a line now and then elsewhere', () => {
    const log = stream(false)
    let clock = now
    const progress = progressLine(log, () => clock)
    for (let at = 0; at < 25; at++) {
      clock += 1000
      progress.show(`step ${at}`)
      progress.clear()
    }
    expect(log.written).toEqual(['step 9\n', 'step 19\n'])
  })
})
