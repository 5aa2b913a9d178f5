import type { RouteDeps } from './route-events.ts'

/**
 * The helpdesks that have a conversation, and first the one it was sent to last; undefined when routes have done nothing
 * with it, so that it is with its Page's own. Costs nothing where there are no routes.
 */
export function placesOf(
  deps: Pick<RouteDeps, 'routes' | 'helpdesks' | 'routeMemories'>,
): (conversationId: string) => Promise<string[] | undefined> {
  return async (conversationId) => {
    if (deps.routes.length === 0) return undefined
    const [memory] = await deps.routeMemories.of([conversationId])
    const names = new Set([...(memory?.chosen?.to ?? []), ...(memory?.been ?? [])])
    const known = [...names].filter((name) => deps.helpdesks.has(name))
    return known.length > 0 ? known : undefined
  }
}
