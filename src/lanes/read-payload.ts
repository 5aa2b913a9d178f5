import { StepError } from '../domain/step-error.ts'
import type { Task } from './lanes.ts'

/** The item of a head as the object that was appended. What cannot be read never can be, and must not block its lane. */
export function readPayload(task: Pick<Task, 'payload'>): unknown {
  try {
    return JSON.parse(task.payload)
  } catch (cause) {
    const facts = { code: 'PAYLOAD_UNREADABLE', verdict: 'permanent', arrived: 'no' } as const
    throw new StepError('the item is no JSON; it was written by another version or damaged', facts, { cause })
  }
}
