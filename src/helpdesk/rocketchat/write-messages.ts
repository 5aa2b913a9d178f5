import type { Attachment } from '../../domain/event.ts'
import { StepError } from '../../domain/step-error.ts'
import type { MessageRef, Step, TicketMessage } from '../adapter.ts'
import { FormData } from '../http-client.ts'
import type { HelpdeskHttp } from '../http-client.ts'
import type { RocketchatApi, RoomRef } from './api.ts'
import { fetchFile, isFile, tellAttachment } from '../customer-files.ts'
import type { FetchedFile } from '../customer-files.ts'
import { messageIdOf } from './message-id.ts'

/** A slow file must not cost its text the step, ms. */
const patienceMs = 2500

export interface Writing {
  api: RocketchatApi
  /** For customers' files: they are not counted as calls of Rocket.Chat. */
  files: HelpdeskHttp
  maxFileBytes: number
  maxTextLength: number
}

/** What the customer said: its words in as many messages as they need, and each file in one of its own. */
export async function writeAsCustomer(
  writing: Writing,
  ref: RoomRef,
  message: TicketMessage,
  step: Step,
): Promise<MessageRef | undefined> {
  const files = message.attachments.filter((one) => isFile(one))
  const others = message.attachments.filter((one) => !isFile(one)).map((one) => tellAttachment(one))
  const text = [named(message.customerName, message.text), ...others].filter(Boolean).join('\n')
  const patience = AbortSignal.any([step.signal, AbortSignal.timeout(patienceMs)])
  let left = writing.maxFileBytes
  let first: MessageRef | undefined
  // Rocket.Chat will not have an empty message.
  if (text !== '' || files.length === 0)
    first = await writeText(writing, ref, text || '[message]', step, 'sayAsVisitor')
  const there = step.repeat && files.length > 0 ? await writing.api.uploads(ref, step.signal) : undefined
  for (const [n, attachment] of files.entries()) {
    const mark = messageIdOf(step.idempotencyKey, ref.room, -1 - n).slice(-10)
    const name = [...(there?.keys() ?? [])].find((known) => known.startsWith(mark))
    let made = name === undefined ? undefined : there?.get(name)
    if (made === undefined) {
      const limits = { bytes: left, signal: patience }
      const file = await fetchFile(writing.files, attachment, limits)
      left -= file?.content.size ?? 0
      // Uploads take no id of ours: their name holds it, since it is all that we can look for.
      const marked = file && { ...file, name: `${mark}-${file.name}` }
      made = await unlessFirst(
        first === undefined,
        writeFile(writing.api, ref, { attachment, n, file: marked }, step),
      )
    }
    first ??= made
  }
  return first
}

/**
 * What only agents see, by our own user: notes, and what was answered elsewhere. The visitor's side of the room is read
 * by nobody, since nobody has the token.
 */
export function writeAsUser(
  writing: Writing,
  ref: RoomRef,
  text: string,
  step: Step,
): Promise<MessageRef | undefined> {
  return writeText(writing, ref, text, step, 'sayAsUser')
}

/** What somebody wrote elsewhere, as the text of our own user. */
export function wordsOfAgent({ agentName, text, attachments }: TicketMessage): string {
  const lines = [
    named(agentName ?? 'Answered elsewhere', text),
    ...attachments.map((one) => tellAttachment(one)),
  ]
  return lines.filter(Boolean).join('\n')
}

async function writeText(
  { api, maxTextLength }: Writing,
  ref: RoomRef,
  text: string,
  { idempotencyKey, repeat, signal }: Step,
  say: 'sayAsVisitor' | 'sayAsUser',
): Promise<MessageRef | undefined> {
  let first: MessageRef | undefined
  for (const [n, piece] of pieces(text, maxTextLength).entries()) {
    const id = messageIdOf(idempotencyKey, ref.room, n)
    // The same id twice is an error there, and no answer.
    const isThere = repeat === true && (await api.hasMessage(ref, id, signal))
    if (!isThere) await unlessFirst(n === 0, api[say](ref, id, piece, signal))
    first ??= id
  }
  return first
}

async function writeFile(
  api: RocketchatApi,
  ref: RoomRef,
  { attachment, n, file }: { attachment: Attachment; n: number; file: FetchedFile | undefined },
  { idempotencyKey, repeat, signal }: Step,
): Promise<MessageRef> {
  // An earlier try may have told its link.
  const id = messageIdOf(idempotencyKey, ref.room, -1 - n)
  if (repeat === true && (await api.hasMessage(ref, id, signal))) return id
  if (file) {
    const form = new FormData()
    form.append('file', file.content, file.name)
    try {
      return await api.upload(ref, form, signal)
    } catch (error) {
      // A file that Rocket.Chat will not have is told as its link.
      if (!(error instanceof StepError) || error.facts.code !== 'HELPDESK_REFUSED') throw error
    }
  }
  return api.sayAsVisitor(ref, id, tellAttachment(attachment), signal)
}

/** A part of the step is done: whatever becomes of the rest, the next try must look first. */
async function unlessFirst<T>(isFirst: boolean, part: Promise<T>): Promise<T> {
  try {
    return await part
  } catch (error) {
    if (isFirst || !(error instanceof StepError)) throw error
    const { untried: _untried, ...facts } = error.facts
    throw new StepError(error.message, { ...facts, arrived: 'unknown' }, { cause: error })
  }
}

function named(name: string | undefined, text: string | null): string {
  return name === undefined ? (text ?? '') : `${name}: ${text ?? ''}`.trim()
}

/** Between words where it can be, never inside a character. */
function pieces(text: string, most: number): string[] {
  const made: string[] = []
  let rest = text
  while (rest.length > most) {
    const blank = rest.lastIndexOf(' ', most)
    let end = blank > most / 2 ? blank : most
    const code = rest.charCodeAt(end - 1)
    if (code >= 0xd800 && code <= 0xdbff) end--
    made.push(rest.slice(0, end))
    rest = rest.slice(end)
  }
  return [...made, rest]
}
