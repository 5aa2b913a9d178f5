import { readFileSync } from 'node:fs'

interface Results {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
}

/** Prints `N passed, M failed` of the last test run, alone, as the last line of .ci/run. A skipped test is a failure. */
function main(): void {
  let results: Results = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }
  try {
    results = JSON.parse(
      readFileSync(new URL('../coverage/results.json', import.meta.url), 'utf8'),
    ) as Results
  } catch {
    console.error('The tests did not run; see above for the step that failed before them.')
    process.exitCode = 1
  }
  if (results.numPendingTests > 0) {
    console.error(`${results.numPendingTests} tests were skipped; none may be.`)
    process.exitCode = 1
  }
  console.log(`${results.numPassedTests} passed, ${results.numFailedTests} failed`)
}

main()
