import type { Attachment } from '../../domain/event.ts'
import { StepError } from '../../domain/step-error.ts'
import type { Step, TicketMessage } from '../adapter.ts'
import { FormData } from '../http-client.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import type { ChatwootApi } from './api.ts'
import { fetchFiles, tellAttachment } from '../customer-files.ts'
import type { FetchedFile } from '../customer-files.ts'
import { sourceIdOf } from './source-id.ts'

/** Chatwoot takes fifteen in a message. */
const filesPerMessage = 10

/** Clocks of Meta, Chatwoot and ours may differ by so much, ms. */
const clockSkewMs = 600_000

/** Messages are looked through twenty at a time, and no further than this. */
const mostPages = 50

export interface AppendDeps {
  api: ChatwootApi
  /** For customers' files: they are not counted as calls of Chatwoot. */
  files: HelpdeskHttp
  maxFileBytes: number
}

interface Post {
  message_type: 'incoming' | 'outgoing'
  private: boolean
}

const ways = {
  customer: { message_type: 'incoming', private: false },
  agent: { message_type: 'outgoing', private: false },
  note: { message_type: 'outgoing', private: true },
} as const satisfies Record<string, Post>

/** Several messages when there are more files than one takes. Answers the id of the first. */
export async function append(
  deps: AppendDeps,
  conversation: string,
  message: TicketMessage,
  step: Step,
): Promise<string | undefined> {
  const groups = inGroups(message.attachments)
  const told = step.repeat ? await toldSince(deps.api, conversation, message.at, step.signal) : undefined
  let first: string | undefined
  for (const [n, attachments] of groups.entries()) {
    const sourceId = sourceIdOf(step.idempotencyKey, n)
    const known = told?.get(sourceId)
    const id =
      known ?? (await post(deps, conversation, { message, attachments, isFirst: n === 0, sourceId }, step))
    first ??= id
  }
  return first
}

export async function addNote(
  deps: AppendDeps,
  conversation: string,
  note: { at: number; text: string },
  step: Step,
): Promise<string> {
  const sourceId = sourceIdOf(step.idempotencyKey, 0)
  const told = step.repeat ? await toldSince(deps.api, conversation, note.at, step.signal) : undefined
  const json = { content: note.text, ...ways.note, source_id: sourceId }
  return told?.get(sourceId) ?? (await deps.api.addMessage(conversation, { json }, step.signal))
}

async function post(
  deps: AppendDeps,
  conversation: string,
  part: { message: TicketMessage; attachments: Attachment[]; isFirst: boolean; sourceId: string },
  step: Step,
): Promise<string> {
  const { message, attachments, isFirst, sourceId } = part
  const { signal } = step
  const text = isFirst ? textOf(message) : ''
  const way = ways[message.from]
  const withLines = (lines: string[]) => [text, ...lines].filter((line) => line !== '').join('\n')
  const { files, told } = await fetchFiles(deps.files, attachments, { bytes: deps.maxFileBytes, signal })
  const asJson = (lines: string[]) => ({ json: { content: withLines(lines), ...way, source_id: sourceId } })
  if (files.length === 0) return deps.api.addMessage(conversation, asJson(told), signal)
  const fields = { content: withLines(told), source_id: sourceId, ...way }
  try {
    return await deps.api.addMessage(conversation, { form: formOf(fields, files) }, signal)
  } catch (error) {
    // A file that Chatwoot will not have must not cost the text.
    if (!(error instanceof StepError) || error.facts.code !== 'HELPDESK_REFUSED') throw error
    return deps.api.addMessage(conversation, asJson(attachments.map((one) => tellAttachment(one))), signal)
  }
}

/** Ids by source id of what stands in the conversation since `at`, ms by Meta's clock: older messages are not ours to repeat. */
async function toldSince(
  api: ChatwootApi,
  conversation: string,
  at: number,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const told = new Map<string, string>()
  let before: number | undefined
  for (let page = 0; page < mostPages; page++) {
    const messages = await api.messages(conversation, { before }, signal)
    for (const { id, source_id: sourceId } of messages) if (sourceId) told.set(sourceId, String(id))
    const oldest = messages.reduce((a, b) => (b.id < a.id ? b : a), messages[0] ?? { id: 0, created_at: 0 })
    if (oldest.id === 0 || oldest.created_at * 1000 < at - clockSkewMs || oldest.id === before) break
    before = oldest.id
  }
  return told
}

function inGroups(attachments: Attachment[]): Attachment[][] {
  const count = Math.max(1, Math.ceil(attachments.length / filesPerMessage))
  return Array.from({ length: count }, (_, n) =>
    attachments.slice(n * filesPerMessage, (n + 1) * filesPerMessage),
  )
}

/** All that an agent writes elsewhere comes under the name of our user, and a thread's comments under that of the thread. */
function textOf({ text, agentName, customerName }: TicketMessage): string {
  const who = agentName ?? customerName
  return who === undefined ? (text ?? '') : `${who}: ${text ?? ''}`.trim()
}

function formOf(fields: Record<string, string | boolean>, files: FetchedFile[]): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value))
  for (const { content, name } of files) form.append('attachments[]', content, name)
  return form
}
