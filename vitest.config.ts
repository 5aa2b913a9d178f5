import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Each file that needs a Redis starts its own, and two cores carry no more than that.
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
})
