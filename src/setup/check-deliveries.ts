import type { Account } from './account.ts'
import { newestUpdate } from './conversations.ts'
import { commandLine } from './deps.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import { fault, isoMoment, moment, ok, span, warning } from './report.ts'
import type { Finding } from './report.ts'

/** After an hour of failures Meta unsubscribes the app from the Page, ms. */
const unsubscribedAfterMs = 3_600_000
/** What Messenger shows may be on its way to us for a moment, ms. */
const onItsWayMs = 60_000
/** A backfill begins a little before the last delivery; what comes twice is left out. */
export const overlapMs = 5 * 60_000

type Deps = Pick<SetupDeps, 'graph' | 'signal' | 'now' | 'lastDeliveryAt'>

/** Whether Messenger shows something newer than what was delivered, as after an outage. */
export async function checkDeliveries(
  page: ConfiguredPage,
  account: Account,
  isSubscribed: Promise<boolean>,
  deps: Deps,
): Promise<Finding> {
  const check = 'page.deliveries'
  const [newest, last] = await Promise.all([
    newestUpdate(page, account, deps),
    // Redis has a finding of its own.
    deps.lastDeliveryAt(page.id).catch(() => undefined),
  ])
  if (!newest.ok) {
    const isClosed = newest.code === 200 && newest.subcode === 2534041
    const message = `Its conversations cannot be read, so a backfill would not work. ${newest.message}`
    return (isClosed ? fault : warning)(check, message, { remedy: newest.remedy })
  }
  if (last === undefined) return warning(check, 'Without Redis nobody knows when the last delivery came.')
  const now = deps.now()
  if (newest.body === null) {
    return ok(check, last === null ? 'Nobody has written to it yet.' : `Last delivery ${ago(last, now)}.`)
  }
  if (last === null) {
    if (now - newest.body > 86_400_000)
      return ok(check, 'No delivery yet, and nobody wrote in the last 24 h.')
    return warning(check, `No delivery was ever received, though somebody wrote ${ago(newest.body, now)}.`, {
      remedy: 'Once it is subscribed, get what was written meanwhile:',
      commands: [commandLine('subscribe', '--page', page.id), backfillCommand(page, now - 86_400_000)],
    })
  }
  const isBehind = newest.body > last + onItsWayMs
  if (!isBehind) return ok(check, `Last delivery ${ago(last, now)}, and nothing newer in its conversations.`)
  const newestAgo = span(Math.max(0, now - newest.body))
  const message = `Its newest message is ${newestAgo} old, but the last delivery came ${ago(last, now)}`
  if (!(await isSubscribed)) {
    return fault(check, `${message}: Meta has unsubscribed it.`, {
      remedy: 'Subscribe it again, then get what was written meanwhile:',
      commands: [commandLine('subscribe', '--page', page.id), backfillCommand(page, last - overlapMs)],
    })
  }
  if (now - last <= unsubscribedAfterMs) return ok(check, `${message}. It may be on its way.`)
  return fault(check, `${message}: deliveries do not arrive, though it is subscribed.`, {
    remedy: 'See the webhook above; renew the subscription, then get what was written meanwhile:',
    commands: [commandLine('subscribe', '--page', page.id), backfillCommand(page, last - overlapMs)],
  })
}

export function backfillCommand(page: ConfiguredPage, since: number): string {
  return commandLine('backfill', '--page', page.id, '--since', isoMoment(since))
}

function ago(at: number, now: number): string {
  return `${span(Math.max(0, now - at))} ago (${moment(at)})`
}
