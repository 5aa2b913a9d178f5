import type { Agent, Outgoing } from '../domain/outgoing.ts'
import type { AgentFile, HelpdeskEvent } from '../helpdesk/callback.ts'
import { outgoingSchema } from '../meta/outgoing/schema.ts'
import type { AgentFileLinks } from './agent-file-links.ts'

export type AgentReply = Extract<HelpdeskEvent, { kind: 'reply' }>

/** One of the messages that an agent's reply becomes. */
export interface Said {
  message: Outgoing
  /** Why it can never be sent. */
  refusal?: string
}

export interface SayDeps {
  /** Undefined while `server.publicUrl` is not set: then nobody could fetch what only we can read. */
  links: AgentFileLinks | undefined
  /** How long links open, ms. */
  linkMs: number
  now: () => number
}

/** What an agent wrote, as messages: the text, then each file. Never none: what is empty is refused, and not lost. */
export function readReply(deps: SayDeps, helpdesk: string, { text, files }: AgentReply): Said[] {
  const hasText = text !== null && text.trim() !== ''
  if (!hasText && files.length === 0) {
    return [{ message: { text: '' }, refusal: 'It is empty, and nobody can be sent an empty message.' }]
  }
  return [...(hasText ? [checked({ text })] : []), ...files.map((file) => fileMessage(deps, helpdesk, file))]
}

/** What Meta would not take of a name or a picture is left out: the message matters more. Null when a bot speaks. */
export function readAgent(agent: AgentReply['agent']): Agent | null {
  if (agent === null) return null
  const name = agent.name.trim().slice(0, 100).toWellFormed() || 'Agent'
  const { pictureUrl } = agent
  const whole: Agent = { name, ...(pictureUrl === undefined ? {} : { pictureUrl }) }
  return outgoingSchema.safeParse({ text: 'x', agent: whole }).success ? whole : { name }
}

function fileMessage(deps: SayDeps, helpdesk: string, file: AgentFile): Said {
  const { type, name, url, ref } = file
  if (url !== undefined) return checked({ attachment: { type, url } })
  const said = { message: { text: `[${type}] ${name ?? 'file'}` } }
  if (ref === undefined) return { ...said, refusal: 'The helpdesk did not say where this file is.' }
  if (!deps.links) {
    const refusal =
      'Files of this helpdesk cannot be sent until server.publicUrl is set in the config of deskbridge, so that Meta can fetch them.'
    return { ...said, refusal }
  }
  const link = deps.links.urlOf({ helpdesk, ref, name }, deps.now() + deps.linkMs)
  return checked({ attachment: { type, url: link } })
}

function checked(message: Outgoing): Said {
  const read = outgoingSchema.safeParse(message)
  if (read.success) return { message }
  return {
    message,
    refusal: refusalOf(read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))),
  }
}

/** Faults of a request as a sentence for whoever wrote it in a helpdesk. */
export function refusalOf(errors: readonly { path: string; message: string }[]): string {
  const named = (path: string) => path.replace(/^body\./, '').replace(/^params\.conversationId$/, 'this')
  const faults = errors.map(({ path, message }) => `${named(path)} ${message}`.trim())
  return `It cannot be sent as it is: ${faults.join('; ')}.`
}
