import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  handleWhen,
} from 'cockatiel'
import { stepFacts } from '../domain/step-error.ts'

/** Keeps a destination that is down from being called: ten failures in a row open it, one good probe closes it. */
export interface Breaker {
  /** Runs the work, or answers `open` without running it. What the work throws passes through. */
  run<T>(work: () => Promise<T>): Promise<T | 'open'>
}

export function breaker(onChange: (isOpen: boolean) => void): Breaker {
  const policy = circuitBreaker(
    handleWhen((error) => stepFacts(error).destinationDown === true),
    {
      breaker: new ConsecutiveBreaker(10),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: 1000, maxDelay: 10_000 }),
    },
  )
  policy.onStateChange((state) => onChange(state !== CircuitState.Closed))
  return {
    async run(work) {
      // While one probe is out, cockatiel would make the others wait for it, and their leases would run meanwhile.
      if (policy.state === CircuitState.HalfOpen) return 'open'
      try {
        return await policy.execute(work)
      } catch (error) {
        if (error instanceof BrokenCircuitError) return 'open'
        throw error
      }
    },
  }
}
