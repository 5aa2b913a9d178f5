import type { WrittenMessage } from '../adapter.ts'
import type { ChatwootApi } from './api.ts'
import { sourceIdOf } from './source-id.ts'

/** A message that has more files than one takes is several, with these numbers. */
const mostParts = 10

/**
 * Deletes a message of ours with its files, and those that go on from it: they come right after it. Chatwoot leaves a
 * line in its place that says so.
 */
export async function removeMessage(
  api: ChatwootApi,
  conversation: string,
  { message, key }: WrittenMessage,
  signal: AbortSignal,
): Promise<void> {
  const ours = new Set(Array.from({ length: mostParts }, (_, part) => sourceIdOf(key, part)))
  const there = await api.messages(conversation, { after: Number(message) - 1 }, signal)
  for (const { id, source_id: sourceId, content_attributes: attributes } of there) {
    if (!sourceId || !ours.has(sourceId) || attributes?.deleted === true) continue
    await api.deleteMessage(conversation, String(id), signal)
  }
}
