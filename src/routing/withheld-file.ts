import type { Reply } from '../domain/reply.ts'
import { stepFacts } from '../domain/step-error.ts'
import type { HelpdeskFile } from '../helpdesk/callback.ts'
import type { AgentFileLinks } from './agent-file-links.ts'

export interface WithheldDeps {
  /** Undefined while nobody could be given a link. */
  links: Pick<AgentFileLinks, 'ofUrl'> | undefined
  agentFile: (helpdesk: string, ref: string, signal: AbortSignal) => Promise<HelpdeskFile> | undefined
  /** Told of each. */
  onWithheld: () => void
}

/** How long a helpdesk may take to say so, ms: whoever asks holds a lane. */
const patienceMs = 2000

/**
 * Whether a reply that failed was only a file that its helpdesk gives to nobody outside, such as one of an internal note:
 * some tell us of it before they say so. Nobody meant to send it. Asked only once it failed, since the file itself is
 * asked for at every fetch; false when the helpdesk does not answer.
 */
export function withheldFile(deps: WithheldDeps): (reply: Reply, signal: AbortSignal) => Promise<boolean> {
  return async ({ source, message }, signal) => {
    const url = message.attachment?.url
    const file = source && url !== undefined ? deps.links?.ofUrl(url) : undefined
    if (!file || file.helpdesk !== source?.helpdesk) return false
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
      const given = await deps.agentFile(file.helpdesk, file.ref, patience)
      given?.body.on('error', () => {}).destroy()
      return false
    } catch (error) {
      if (stepFacts(error).code !== 'HELPDESK_FILE_PRIVATE') return false
      deps.onWithheld()
      return true
    }
  }
}
