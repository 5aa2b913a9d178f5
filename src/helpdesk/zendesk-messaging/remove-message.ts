import type { WrittenMessage } from '../adapter.ts'
import { messagesBehind } from './post-parts.ts'
import type { SunshineApi } from './api.ts'

/** Deletes a message of ours, and those of the same step right after it: words and files are messages of their own. */
export async function removeMessage(
  api: SunshineApi,
  conversation: string,
  { message, key }: WrittenMessage,
  signal: AbortSignal,
): Promise<void> {
  // The first goes last: behind it the others are found by whoever tries again.
  const parts = [...(await messagesBehind(api, conversation, { message, key }, signal)), message]
  for (const part of parts) {
    const path = `/conversations/${conversation}/messages/${encodeURIComponent(part)}`
    await api.call('DELETE', path, { also: [404], signal })
  }
}
