import type { Config } from '../config/schema.ts'
import { findAccount } from './account.ts'
import type { Account } from './account.ts'
import { isRestriction } from './ask-graph.ts'
import type { Asked } from './ask-graph.ts'
import { listed } from './check-app.ts'
import { checkDeliveries } from './check-deliveries.ts'
import { checkToken } from './check-token.ts'
import { commandLine } from './deps.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import { fault, moment, ok, warning } from './report.ts'
import type { Finding } from './report.ts'
import { fieldsAtPage, missingFields, readPageSubscription } from './subscriptions.ts'

/** Why the service has stopped sending for a Page, if it has. */
export interface StoppedPage {
  reason: 'token' | 'permission' | 'restricted'
  /** Graph's error, as `190/460`. */
  graph: string
  /** ms since the epoch */
  since: number
}

export interface PageDeps extends Pick<SetupDeps, 'graph' | 'signal' | 'now' | 'lastDeliveryAt'> {
  stopped: (pageId: string) => Promise<StoppedPage | null>
}

export async function checkPage(page: ConfiguredPage, config: Config, deps: PageDeps): Promise<Finding[]> {
  const { appId } = config.meta
  const [found, stop] = await Promise.all([findAccount(page, deps), deps.stopped(page.id).catch(() => null)])
  const sending = stop === null ? [] : [stopped(stop)]
  if (!found.ok) {
    const check = isRestriction(found) ? 'page.restricted' : 'page.token'
    return [fault(check, found.message, { remedy: found.remedy }), ...sending]
  }
  const { account } = found
  const subscription = readPageSubscription(page, account, appId, deps)
  const isSubscribed = subscription.then((answer) => answer.ok && answer.body !== null)
  const [token, subscribed, deliveries] = await Promise.all([
    checkToken(page, config.meta, deps),
    subscription.then((answer) => subscriptionFinding(page, account, answer)),
    checkDeliveries(page, account, isSubscribed, deps),
  ])
  return [ok('page.token', ownerSentence(page, account)), ...token, ...sending, subscribed, deliveries]
}

function ownerSentence(page: ConfiguredPage, { name, nodeId, linked }: Account): string {
  const called = name === null ? '' : `, which Meta calls ${name}`
  if (linked) return `The token works: it is that of the Page ${nodeId}${called}, linked to this account.`
  return `The token works and belongs to this ${page.channel === 'messenger' ? 'Page' : 'account'}${called}.`
}

function subscriptionFinding(
  page: ConfiguredPage,
  account: Account,
  answer: Asked<string[] | null | undefined>,
): Finding {
  const check = 'page.subscription'
  const commands = [commandLine('subscribe', '--page', page.id)]
  if (!answer.ok) {
    return fault(check, `Its subscription cannot be read. ${answer.message}`, { remedy: answer.remedy })
  }
  if (answer.body === undefined) {
    return warning(
      check,
      'Several apps are subscribed to it, and without meta.appId nobody knows which is ours.',
      {
        remedy: 'Add meta.appId to the config.',
      },
    )
  }
  if (answer.body === null) {
    return fault(check, 'It is not subscribed: no message reaches the service.', {
      remedy: 'Meta unsubscribes a Page after an hour of failed deliveries. Subscribe it:',
      commands,
    })
  }
  const missing = missingFields(fieldsAtPage(page, account), answer.body)
  if (missing.required.length > 0) {
    const all = [...missing.required, ...missing.useful]
    return fault(check, `It is not subscribed to ${listed(all)}.`, { commands })
  }
  if (missing.useful.length > 0) {
    return warning(check, `It is not subscribed to ${listed(missing.useful)}.`, { commands })
  }
  return ok(check, 'It is subscribed to all fields that are needed.')
}

const reasons: Readonly<Record<StoppedPage['reason'], string>> = {
  token: 'its token was refused',
  permission: 'a permission is missing',
  restricted: 'Meta has restricted it',
}

function stopped({ reason, graph, since }: StoppedPage): Finding {
  const message = `The service has not sent for it since ${moment(since)}: ${reasons[reason]} (Graph ${graph}).`
  return fault(reason === 'restricted' ? 'page.restricted' : 'page.sending', message, {
    remedy:
      reason === 'restricted'
        ? 'Look at Page Quality in the Meta Business Suite. Replies wait, and go out once Meta lets them.'
        : 'Mend it and restart the service: replies wait, and go out then.',
  })
}
