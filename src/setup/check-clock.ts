import { ok, warning } from './report.ts'
import type { Finding } from './report.ts'

/** The header counts whole seconds, and the way there and back takes its time. */
const toleranceMs = 5000

/** Compares this machine's clock with the Date header of Graph's answer; any answer has one, also a refusal. */
export async function checkClock(
  graphUrl: string,
  deps: { fetch: typeof fetch; now: () => number; signal: AbortSignal },
): Promise<Finding> {
  let date: string | null
  const began = deps.now()
  try {
    const response = await deps.fetch(graphUrl, { redirect: 'manual', signal: deps.signal })
    date = response.headers.get('date')
    await response.body?.cancel()
  } catch {
    return warning('graph.clock', 'Graph could not be asked for the time.', {
      remedy: 'Can this machine reach meta.graphUrl? Look at DNS, the firewall and the proxy.',
    })
  }
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return ok('graph.clock', 'Graph answers, but does not tell the time.')
  const apart = Math.abs(theirs - (began + deps.now()) / 2)
  if (apart <= toleranceMs) return ok('graph.clock', 'Graph answers, and its clock agrees with this machine.')
  const message = `This machine's clock differs from Graph's by ${Math.round(apart / 1000)} s.`
  return warning('graph.clock', message, {
    remedy: 'Use NTP: windows are judged by this clock where Meta does not tell the time.',
  })
}
