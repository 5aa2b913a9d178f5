import type { Channel } from '../../domain/conversation.ts'

/** App ids of Meta's own inboxes, where people answer in the name of a Page or of an Instagram account. */
const inboxes: Readonly<Record<Channel, string>> = {
  messenger: '263902037430900',
  instagram: '1217981644879628',
}

export function inboxOf(channel: Channel): string {
  return inboxes[channel]
}

export function isMetaInbox(appId: string | null): boolean {
  return appId === inboxes.messenger || appId === inboxes.instagram
}
