import { describe, expect, test } from 'vitest'
import { pipelineResults } from '../../src/domain/pipeline-results.ts'
import { StepError, stepFacts } from '../../src/domain/step-error.ts'

describe('facts of an error', () => {
  test('are those that its thrower gave it', () => {
    const facts = { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no', retryAfterMs: 5000 } as const
    expect(stepFacts(new StepError('slow down', facts))).toEqual({ ...facts, message: 'slow down' })
  })

  test.each([
    [new TypeError('token EAAB is bad'), 'unexpected TypeError'],
    ['token EAAB', 'unexpected string'],
    [undefined, 'unexpected undefined'],
    [{ facts: { verdict: 'permanent' } }, 'unexpected object'],
  ])('that nobody classified are: try again, and not what it said (%#)', (thrown, message) => {
    expect(stepFacts(thrown)).toEqual({ code: 'UNEXPECTED', verdict: 'retry', arrived: 'unknown', message })
  })
})

describe('results of a pipeline', () => {
  test('are the values, in their order', () => {
    expect(
      pipelineResults([
        [null, 'a'],
        [null, null],
        [null, 3],
      ]),
    ).toEqual(['a', null, 3])
  })

  test('are the first error, if there is one', () => {
    const [first, second] = [new Error('first'), new Error('second')]
    expect(() =>
      pipelineResults([
        [null, 1],
        [first, null],
        [second, null],
      ]),
    ).toThrow(first)
  })

  test('are an error when nothing was executed', () => {
    expect(() => pipelineResults(null)).toThrow('not executed')
  })
})
