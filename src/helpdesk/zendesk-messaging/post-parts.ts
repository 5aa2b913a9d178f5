import { z } from 'zod'
import type { MessageRef, Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import { afterEffect } from './api.ts'
import type { SunshineApi } from './api.ts'

/** In the metadata of what we write: the key of the step. Callbacks tell it, so that what is ours is known by it. */
export const markName = 'deskbridge'
const partName = 'deskbridge_part'

export type SunshineAuthor =
  { type: 'user'; userExternalId: string } | { type: 'business'; displayName: string }

export type SunshineContent =
  { type: 'text'; text: string } | { type: 'image' | 'file'; mediaUrl: string; altText: string }

/** One message of several that a step writes. Its name is the same on every try. */
export interface Part {
  name: string
  content(signal: AbortSignal): Promise<SunshineContent>
}

const messageSchema = z.object({ id: z.string(), metadata: z.record(z.string(), z.unknown()).nullish() })
const postAnswer = z.object({ messages: z.array(messageSchema).min(1) })
const listAnswer = z.object({
  messages: z.array(messageSchema),
  meta: z.object({ hasMore: z.boolean().optional(), beforeCursor: z.string().nullish() }).nullish(),
})

/** What happened since the try before this one is in the newest few hundred messages. */
const pages = 3

/** Writes the parts one after the other; a repeat those that are not there. Answers the id of the first. */
export async function postParts(
  api: SunshineApi,
  conversation: string,
  { author, parts }: { author: SunshineAuthor; parts: Part[] },
  { idempotencyKey: key, repeat, signal }: Step,
): Promise<MessageRef | undefined> {
  const there = repeat ? await findParts(api, conversation, key, signal) : new Map<string, string>()
  const missing = parts.filter(({ name }) => !there.has(name))
  // Files are on their way while words are written.
  const contents = missing.map(({ content }) => content(signal))
  for (const content of contents) content.catch(() => {})
  for (const [n, { name }] of missing.entries()) {
    const one = post(name, contents[n])
    const id = await (there.size === 0 ? one : afterEffect(one))
    there.set(name, id)
  }
  return parts[0] && there.get(parts[0].name)

  async function post(name: string, wanted: Promise<SunshineContent> | undefined): Promise<string> {
    const content = await wanted
    const metadata = { [markName]: key, [partName]: name }
    const answer = await api.inConversation('POST', conversation, '/messages', {
      json: { author, content, metadata },
      signal,
    })
    return readAnswer(postAnswer, answer).messages[0]?.id ?? ''
  }
}

/** Ids of messages of this step, by their part's name. */
async function findParts(
  api: SunshineApi,
  conversation: string,
  key: string,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let before: string | null | undefined
  for (let page = 0; page < pages; page++) {
    const path = before ? `/messages?page[before]=${encodeURIComponent(before)}` : '/messages'
    const { messages, meta } = readAnswer(
      listAnswer,
      await api.inConversation('GET', conversation, path, { signal }),
    )
    for (const { id, metadata } of messages) {
      const name = metadata?.[partName]
      if (metadata?.[markName] === key && typeof name === 'string') found.set(name, id)
    }
    before = meta?.hasMore ? meta.beforeCursor : undefined
    if (!before) break
  }
  return found
}

/** Ids of the messages of a step that come after its first, which were written one after the other. */
export async function messagesBehind(
  api: SunshineApi,
  conversation: string,
  { message, key }: { message: string; key: string },
  signal: AbortSignal,
): Promise<string[]> {
  const path = `/messages?page[after]=${encodeURIComponent(message)}`
  const answer = await api.inConversation('GET', conversation, path, { signal, also: [400] })
  // A message that is gone may be no place to begin at.
  if (answer.status === 400) return []
  const { messages } = readAnswer(listAnswer, answer)
  return messages.flatMap(({ id, metadata }) => (metadata?.[markName] === key && id !== message ? [id] : []))
}
