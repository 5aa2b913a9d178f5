import type { Config } from '../config/schema.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphCall } from '../meta/graph-client.ts'
import { findAccount } from './account.ts'
import { bringFields, notSubscribed } from './bring-fields.ts'
import type { SubscribeOptions } from './bring-fields.ts'
import type { Refusal } from './ask-graph.ts'
import { listed } from './check-app.ts'
import { backfillCommand, overlapMs } from './check-deliveries.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import {
  appToken,
  callbackUrl,
  fieldsAtApp,
  fieldsAtPage,
  readAppSubscriptions,
  readPageSubscription,
} from './subscriptions.ts'

/**
 * Subscribes the app and the Pages to the fields that are needed, and says what changed. Idempotent. Fields that
 * somebody else subscribed stay, unless `exact`. True when everything stands as it should.
 */
export async function subscribe(
  config: Config,
  pages: ConfiguredPage[],
  options: SubscribeOptions,
  deps: SetupDeps,
): Promise<boolean> {
  const results = [await subscribeApp(config, options, deps)]
  // One after the other: an app that cannot be subscribed is told once, and what is printed stays readable.
  for (const page of pages) {
    if (deps.signal.aborted) return false
    results.push(await subscribePage(page, config, options, deps))
  }
  return results.every(Boolean)
}

async function subscribeApp(config: Config, options: SubscribeOptions, deps: SetupDeps): Promise<boolean> {
  const { appId } = config.meta
  const { publicUrl } = config.server
  const wanted = fieldsAtApp(config.pages)
  if (appId === undefined || publicUrl === undefined) {
    deps.print('App: left as it is. To subscribe it from here, set meta.appId and server.publicUrl.')
    deps.print('  Otherwise tick these in the app dashboard, under Webhooks:')
    for (const [object, { required, useful }] of wanted) {
      deps.print(`  ${object}: ${listed([...required, ...useful])}`)
    }
    return true
  }
  deps.progress.show('reading what the app is subscribed to')
  const have = await readAppSubscriptions(appId, config.meta, deps)
  deps.progress.clear()
  if (!have.ok) return notSubscribed(`App ${appId}`, have, deps)
  let isRight = true
  for (const [object, fields] of wanted) {
    const title = `App ${appId}, ${object}`
    const was = have.body.find((one) => one.object === object)
    const url = callbackUrl(publicUrl)
    const moves = was?.callbackUrl !== url
    const set = (names: string[]): GraphCall => ({
      method: 'POST',
      path: pathOf(appId, 'subscriptions'),
      accessToken: appToken(appId, config.meta),
      body: {
        object,
        callback_url: url,
        verify_token: config.meta.verifyToken,
        fields: names.join(','),
        include_values: true,
      },
    })
    const isOff = was !== undefined && (moves || !was.active)
    const change = { title, fields, have: was?.fields ?? null, isOff, set }
    if (was && moves) deps.print(`${title}: callback moves from ${was.callbackUrl ?? 'nowhere'} to ${url}`)
    isRight = (await bringFields(change, options, deps)) && isRight
  }
  return isRight
}

async function subscribePage(
  page: ConfiguredPage,
  config: Config,
  options: SubscribeOptions,
  deps: SetupDeps,
): Promise<boolean> {
  const title = `${page.name} (${page.id})`
  deps.progress.show(`reading what ${title} is subscribed to`)
  const found = await findAccount(page, deps)
  const have = found.ok ? await readPageSubscription(page, found.account, config.meta.appId, deps) : found
  deps.progress.clear()
  if (!found.ok || !have.ok) return notSubscribed(title, found.ok ? (have as Refusal) : found, deps)
  if (have.body === undefined) {
    deps.print(`${title}: left as it is. Several apps are subscribed; set meta.appId, so that ours is known.`)
    return false
  }
  const set = (names: string[]): GraphCall => ({
    method: 'POST',
    path: pathOf(found.account.nodeId, 'subscribed_apps'),
    accessToken: page.accessToken,
    body: { subscribed_fields: names.join(',') },
  })
  const fields = fieldsAtPage(page, found.account)
  // The Page of an Instagram account may be connected itself, and its fields are not ours to drop here.
  const exact = options.exact && !found.account.linked
  const change = { title, fields, have: have.body, isOff: false, set }
  const isRight = await bringFields(change, { ...options, exact }, deps)
  if (have.body === null && isRight && !options.dryRun) await offerBackfill(page, deps)
  return isRight
}

/** What was written while a Page was not subscribed is not delivered afterwards. */
async function offerBackfill(page: ConfiguredPage, deps: SetupDeps): Promise<void> {
  const last = await deps.lastDeliveryAt(page.id).catch(() => null)
  if (last === null) return
  deps.print('  What was written since its last delivery was not delivered. Get it with:')
  deps.print(`  $ ${backfillCommand(page, last - overlapMs)}`)
}
