import type { Step } from '../helpdesk/adapter.ts'
import type { Task } from '../lanes/lanes.ts'

/**
 * Which try this is. A worker that died gave no answer, so its try counts as one that may have taken effect; as do those
 * before it became a dead letter, of which nobody knows any more.
 */
export function tryOf({
  attempts,
  claims,
  replayed,
}: Pick<Task, 'attempts' | 'claims' | 'replayed'>): Pick<Step, 'attempt' | 'repeat'> {
  return { attempt: attempts + 1, ...(attempts > 0 || claims > 1 || replayed ? { repeat: true } : {}) }
}
