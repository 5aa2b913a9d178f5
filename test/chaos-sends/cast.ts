import type { SimulatedPage } from '../../src/simulator/pages.ts'

/** Who is there: the Pages and their people. */

export interface CastPage extends SimulatedPage {
  channel: 'messenger' | 'instagram'
  /** Meta tells it nothing of its own messages. */
  deaf: boolean
}

export interface Conversation {
  id: string
  page: CastPage
  psid: string
  /** The person blocked the Page: whatever is sent to them fails, and must say so. */
  blocked: boolean
}

export const castPages: readonly CastPage[] = [
  { id: '2001', accessToken: 'token-2001', channel: 'messenger', deaf: false },
  { id: '10170000000000456', accessToken: 'token-1017', channel: 'messenger', deaf: false },
  { id: '17841400000000002', accessToken: 'token-1784', channel: 'instagram', deaf: false },
  { id: '2004', accessToken: 'token-2004', channel: 'messenger', deaf: true },
]

export function castConversations(perPage: number): Conversation[] {
  return castPages.flatMap((page, at) =>
    // Above 2^53, where a number would be rounded; the last four digits differ, since logs show no more.
    Array.from({ length: perPage }, (_, index) => {
      const psid = `71000000000000${String(at * perPage + index).padStart(4, '0')}`
      return { id: `${page.id}:${psid}`, page, psid, blocked: index === perPage - 1 && at !== 2 }
    }),
  )
}
