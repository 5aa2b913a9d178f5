import { parseConversationId } from '../domain/conversation.ts'
import type { Page } from '../domain/page.ts'
import { parseLane } from '../lanes/keys.ts'

/** Where the lanes of Pages and helpdesks that the config does not know end: as dead letters that can be replayed once it does. */
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

/** `helpdesks` by name, of this process: those for which there are alarms. */
export function destinationOf(
  pages: ReadonlyMap<string, Page>,
  helpdesks: { has(name: string): boolean },
): (lane: string) => string {
  return (lane) => {
    const { direction, helpdesk, conversationId } = parseLane(lane)
    const page = pages.get(parseConversationId(conversationId)?.pageId ?? '')
    if (!page) return unrouted
    if (direction === 'out') return graph
    const name = helpdesk ?? page.helpdesk
    return helpdesks.has(name) ? helpdeskDestination(name) : unrouted
  }
}
