import type { JsonValue } from '../../domain/event.ts'
import type { Agent, Outgoing } from '../../domain/outgoing.ts'
import type { PolicyMessage } from './policy.ts'

/** What the rules have to know of a reply. `said` may be the whole reply. */
export function policyMessage(
  said: { message: Outgoing; agent: Agent | null; topic: string | null },
  privateReply: PolicyMessage['privateReply'] = null,
): PolicyMessage {
  const { message, agent, topic } = said
  return {
    speaker: agent === null ? 'bot' : 'agent',
    kind: kindOf(message),
    topic,
    privateReply,
    tag: message.raw === undefined ? null : tagOf(message.raw),
  }
}

function kindOf({ text, attachment, template, raw }: Outgoing): PolicyMessage['kind'] {
  if (raw !== undefined) return kindOfRaw(raw)
  if (text !== undefined) return 'text'
  if (attachment !== undefined) return 'attachment'
  if (template !== undefined) return kindOfTemplate(template.type)
  return 'action'
}

function kindOfTemplate(type: JsonValue | undefined): PolicyMessage['kind'] {
  return type === 'utility' || type === 'customer_feedback' ? type : 'template'
}

/** A raw body gets no more rights than the same thing said in our words; what it says beyond them follows the window. */
function kindOfRaw(raw: NonNullable<Outgoing['raw']>): PolicyMessage['kind'] {
  if (raw['sender_action'] !== undefined) return 'action'
  if (raw['messaging_type'] === 'UTILITY' || raw['template'] !== undefined) return 'utility'
  const message = objectOf(raw['message'])
  if (message['template'] !== undefined) return 'utility'
  const kind = kindOfTemplate(objectOf(objectOf(message['attachment'])['payload'])['template_type'])
  return kind === 'template' ? 'raw' : kind
}

/** A tag that is no text is none that lives. */
function tagOf({ tag = null }: NonNullable<Outgoing['raw']>): string | null {
  return tag === null || typeof tag === 'string' ? tag : JSON.stringify(tag)
}

function objectOf(value: JsonValue | undefined): { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
