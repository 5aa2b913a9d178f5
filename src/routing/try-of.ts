import type { Step } from '../helpdesk/adapter.ts'
import type { Task } from '../lanes/lanes.ts'

/** Which try this is. A worker that died gave no answer, so its try counts as one that may have taken effect. */
export function tryOf({
  attempts,
  claims,
}: Pick<Task, 'attempts' | 'claims'>): Pick<Step, 'attempt' | 'repeat'> {
  return { attempt: attempts + 1, ...(attempts > 0 || claims > 1 ? { repeat: true } : {}) }
}
