import { StepError } from '../domain/step-error.ts'
import type { Task } from './lanes.ts'

/**
 * The item of a head as the object that was appended: every kind of item names its conversation. What cannot be read
 * never can be, and must not block its lane.
 */
export function readPayload(task: Pick<Task, 'payload'>): { conversationId: string } {
  const parsed = parse(task.payload)
  if (typeof parsed === 'object' && parsed !== null && 'conversationId' in parsed) {
    if (typeof parsed.conversationId === 'string') return parsed as { conversationId: string }
  }
  throw unreadable()
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch (cause) {
    throw unreadable(cause)
  }
}

function unreadable(cause?: unknown): StepError {
  const facts = { code: 'PAYLOAD_UNREADABLE', verdict: 'permanent', arrived: 'no' } as const
  return new StepError('the item cannot be read; it was written by another version or damaged', facts, {
    cause,
  })
}
