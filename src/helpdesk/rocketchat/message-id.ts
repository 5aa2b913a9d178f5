import { createHash } from 'node:crypto'

const mark = 'dskbrdg'

/**
 * Of one part of what a step writes: the same on every try in the same room, so that Rocket.Chat has it once, and known
 * for ours when it comes back.
 */
export function messageIdOf(key: string, room: string, part: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([key, room, part]))
    .digest('hex')
  return `${mark}${hash.slice(0, 40)}`
}

export function isOurs(messageId: string): boolean {
  return messageId.startsWith(mark)
}
