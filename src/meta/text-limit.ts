import type { Channel } from '../domain/conversation.ts'

/**
 * Why a text is too long for a channel, or undefined. Messenger: under 2000 characters; Instagram: 1000 bytes of
 * UTF-8. Whether Meta counts code points or UTF-16 units is not established, so the count that is never smaller is used.
 */
export function textFault(text: string, channel: Channel): string | undefined {
  if (channel === 'instagram') {
    const bytes = Buffer.byteLength(text)
    return bytes > 1000 ? `is ${bytes} bytes long; Instagram takes at most 1000` : undefined
  }
  return text.length >= 2000 ? `is ${text.length} characters long; Messenger takes at most 1999` : undefined
}
