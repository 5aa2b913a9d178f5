import type { Channel } from './conversation.ts'
import type { EventKind } from './event.ts'

/** Which events go to which helpdesks, instead of, or beside, the one of their Page. */
export interface Route {
  when: RouteCondition
  /** Names of helpdesks. */
  to: readonly string[]
  /** Adds its helpdesks to those that are chosen, and chooses none itself. */
  also?: boolean | undefined
}

/** All that is given must hold, and of each list one. */
export interface RouteCondition {
  pages?: readonly string[] | undefined
  channels?: readonly Channel[] | undefined
  kinds?: readonly EventKind[] | undefined
  /** As in the rules for comments. */
  words?: readonly string[] | undefined
  /** `de` is also `de_AT`. */
  languages?: readonly string[] | undefined
  /** Labels of Meta's inbox, and groups that rules for comments gave. */
  tags?: readonly string[] | undefined
}
