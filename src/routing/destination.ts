import { parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import { parseLane } from '../lanes/keys.ts'

/** Where the lanes of Pages that the config does not know end: as dead letters that can be replayed once it does. */
export const unrouted = 'unrouted'
export const graph = 'graph'

/**
 * A destination is what can be down or slow on its own: each helpdesk, and Graph. Every one has its own alarms,
 * slots and breaker.
 */
export function destinations(helpdesks: string[]): string[] {
  return [...helpdesks.map(helpdeskDestination), graph, unrouted]
}

export function helpdeskDestination(helpdesk: string): string {
  return `helpdesk-${helpdesk}`
}

export function destinationOf(pages: ReadonlyMap<string, Page>): (lane: string) => string {
  return (lane) => {
    const { direction, conversationId } = parseLane(lane)
    const page = pages.get(parseConversationId(conversationId)?.pageId ?? '')
    if (!page) return unrouted
    return direction === 'out' ? graph : helpdeskDestination(page.helpdesk)
  }
}
