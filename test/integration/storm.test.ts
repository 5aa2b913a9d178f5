import { expect, test } from 'vitest'
import { runStorm } from '../storm/run.ts'
import { audit, percentile } from '../storm/tally.ts'

test('a helpdesk that is busy, down and silent gets everything in the end, in order and once', async () => {
  const said: string[] = []
  const report = await runStorm(
    {
      customers: 12,
      sickPerSecond: 10,
      wellPerSecond: 10,
      warmUpSeconds: 1,
      phases: [
        { name: 'busy', seconds: 2, misbehaves: 'busy' },
        { name: 'down', seconds: 3, misbehaves: 'fails' },
        // Longer than a call may take.
        { name: 'silent', seconds: 6, misbehaves: 'silent' },
      ],
      recoverySeconds: 100,
    },
    (line) => said.push(line),
  )
  const none = { lost: 0, doubled: 0, inverted: 0 }
  expect(report, said.join('\n')).toMatchObject({ sick: none, well: none, deadLetters: 0, refused: 0 })
  expect(report.written).toEqual({ sick: 120, well: 120 })
  // What waited was told together: an account has a hundred updates in a minute.
  expect(report.updates).toBeLessThan(report.written.sick)
}, 180_000)

test('the tally sees what is lost, doubled and out of order', () => {
  const texts = new Map([
    [0, ['Where? #0-0\n\nWhere? #0-1', '#0-2']],
    [1, ['#1-1', '#1-0', '#1-1']],
  ])
  expect(audit([3, 2], texts)).toEqual({ lost: 0, doubled: 1, inverted: 1 })
  expect(audit([4, 2, 1], texts)).toMatchObject({ lost: 2 })
  expect(percentile([3, 1, 2], 50)).toBe(2)
  expect(percentile([], 99)).toBeNaN()
})
