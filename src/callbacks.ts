import type { Config } from './config/schema.ts'
import type { Page } from './domain/page.ts'
import type { Trace } from './domain/stage.ts'
import type { HelpdeskAdapter } from './helpdesk/adapter.ts'
import type { HelpdeskCallback, HelpdeskFile } from './helpdesk/callback.ts'
import type { Metrics } from './metrics.ts'
import { acceptCallback, claimEvents } from './routing/accept-callback.ts'
import type { AcceptCallback, AcceptCallbackDeps, ClaimEvents } from './routing/accept-callback.ts'
import type { Accepted, ReplyRequest } from './routing/accept-reply.ts'
import { agentFileLinks } from './routing/agent-file-links.ts'
import type { AgentFileLinks } from './routing/agent-file-links.ts'
import type { Store } from './store.ts'

const hourMs = 3_600_000

export interface Callbacks {
  acceptCallback: AcceptCallback
  claimEvents: ClaimEvents
  /** Undefined while `server.publicUrl` is not set. */
  fileLinks: AgentFileLinks | undefined
}

/** What takes events of helpdesks, put together by hand: from callbacks in the api, from polls in the worker. */
export function openCallbacks(
  config: Config,
  deps: {
    pages: ReadonlyMap<string, Page>
    store: Store
    accept: (request: ReplyRequest) => Promise<Accepted>
    metrics: Metrics
    trace: Trace
  },
): Callbacks {
  const { store, metrics } = deps
  const { publicUrl } = config.server
  const secrets = config.attachments.linkSecrets ?? config.meta.appSecrets
  const fileLinks = publicUrl === undefined ? undefined : agentFileLinks({ publicUrl, secrets })
  const taking: AcceptCallbackDeps = {
    ...store,
    ...deps,
    links: fileLinks,
    // A reply may wait for as long as it is tried.
    linkMs: Math.max(24, config.lanes.giveUpHours + 1) * hourMs,
    onEvent: (helpdesk, result) => metrics.helpdeskEvents.inc({ helpdesk, result }),
    now: Date.now,
  }
  return { fileLinks, acceptCallback: acceptCallback(taking), claimEvents: claimEvents(taking) }
}

/** How helpdesks call us, by their names. */
export function callbacksOf(
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>,
): ReadonlyMap<string, HelpdeskCallback> {
  return new Map(
    [...helpdesks].flatMap(([name, helpdesk]) =>
      helpdesk.style === 'tickets' && helpdesk.callback ? [[name, helpdesk.callback]] : [],
    ),
  )
}

/** Files of agents, from the helpdesks that keep them to themselves. */
export function agentFiles(
  helpdesks: ReadonlyMap<string, HelpdeskAdapter>,
): (helpdesk: string, ref: string, signal: AbortSignal) => Promise<HelpdeskFile> | undefined {
  return (name, ref, signal) => {
    const helpdesk = helpdesks.get(name)
    return helpdesk?.style === 'tickets' ? helpdesk.file?.(ref, signal) : undefined
  }
}
