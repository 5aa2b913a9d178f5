import type { Config } from '../config/schema.ts'
import type { GraphClient } from '../meta/graph-client.ts'

export type ConfiguredPage = Config['pages'][number]

/** Where long work says how far it is; the next text replaces the one before. */
export interface Progress {
  show(text: string): void
  clear(): void
}

/** What every command of this room needs. */
export interface SetupDeps {
  graph: Pick<GraphClient, 'call'>
  /** Writes one line for people. */
  print: (line: string) => void
  progress: Progress
  /** ms since the epoch */
  now: () => number
  /** Ends the command; what is under way ends with it. */
  signal: AbortSignal
  /** When the last delivery that spoke of this Page was received, ms since the epoch; null when none is known. */
  lastDeliveryAt: (pageId: string) => Promise<number | null>
}

/** As one types it. */
export function commandLine(...parts: string[]): string {
  return ['node src/main.ts', ...parts].join(' ')
}
