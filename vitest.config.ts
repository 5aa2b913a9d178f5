import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Files that need a Redis start their own, and two cores carry no more than two at a time.
    maxWorkers: 2,
    // The counts for .ci/run; the table for people.
    reporters: ['default', ['json', { outputFile: 'coverage/results.json' }]],
  },
})
