import type { Verdict } from '../lanes/lanes.ts'
import type { OutgoingPart } from '../meta/outgoing/compose.ts'
import { partDone, readProgress } from './reply-progress.ts'
import type { Progress } from './reply-progress.ts'
import { sendPart } from './send-part.ts'
import type { SendPartDeps } from './send-part.ts'
import type { Sending } from './sending.ts'

/**
 * Sends what Meta has not got yet, in order. What it has is noted before the next part leaves, so that no try sends a
 * part twice that Meta is known to have. A verdict when it is not all sent.
 */
export async function sendParts(
  deps: SendPartDeps,
  sending: Sending,
  parts: OutgoingPart[],
  known: ReadonlySet<number>,
): Promise<Verdict | undefined> {
  let progress: Progress = { ...readProgress(sending.task), of: parts.length }
  while (progress.done < parts.length) {
    // An answer or an echo told of it, perhaps after the try that sent it had died.
    if (known.has(progress.done)) progress = partDone(progress)
    else {
      const after = await sendPart(deps, sending, parts[progress.done]!, progress)
      if ('verdict' in after) return after
      progress = after
    }
  }
  return undefined
}
