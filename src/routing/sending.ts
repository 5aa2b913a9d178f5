import type { Reply } from '../domain/reply.ts'
import type { Hold } from '../lanes/hold.ts'
import type { Task, Verdict } from '../lanes/lanes.ts'
import type { OutgoingPart } from '../meta/outgoing/compose.ts'
import type { SendAs } from '../meta/policy/decide-send.ts'
import type { RateKind } from '../records/budgets.ts'
import type { ConversationRecord } from '../records/conversations.ts'
import type { Address } from './reply-progress.ts'

/** What one try of a reply knows. */
export interface Sending extends Address {
  reply: Reply
  task: Task
  hold: Hold
  way: Way
  /** What is known of the conversation, for the rules; undefined when nothing is. */
  record: ConversationRecord | undefined
  consent: 'given' | 'withdrawn' | 'unknown'
  /** Whether an earlier life of this reply, before a dead letter was replayed, may have reached the person. */
  mayHaveBeenSent: boolean
  /** What was tried already to make Graph take it; each once, so that no try goes round in circles. */
  tried: { thread: boolean; withoutPersona: boolean }
}

/** How the parts of a reply reach Graph: as messages to a person, or as what is done to a comment. */
export interface Way {
  /** May it leave now, and under which name: or what becomes of the head. No attempt is counted for what waits here. */
  permit(sending: Sending, part: OutgoingPart): Promise<Permit | Verdict>
  /** Whether a message may show which agent says it. */
  showsAgent: boolean
  /** `metadata` is our name for the part, by which its echo is known. */
  request(part: OutgoingPart, as: SendAs | null, metadata: string): { path: string; body: object }
  /** What Graph's answer tells of what it took. */
  read(answer: unknown): Taken
  /** Whether it proves that the Page can send messages. */
  provesPage: boolean
  /** Told once Graph has it, before it is noted as sent. */
  taken?(id: string | null, isOnly: boolean): Promise<void>
}

export interface Permit {
  as: SendAs | null
  /** The row of docs/policy.md that let it leave. */
  rule: string
  /** Which budget granted the call. */
  budget?: RateKind
}

export interface Taken {
  /** Null when the answer names none, which a message must have. */
  id: string | null
  /** The conversation that it is in now. */
  conversationId: string
}
