import type { Config } from '../config/schema.ts'
import type { WebhookFields } from '../meta/subscribed-fields.ts'
import type { SetupDeps } from './deps.ts'
import { commandLine } from './deps.ts'
import { fault, ok, warning } from './report.ts'
import type { Finding } from './report.ts'
import { callbackUrl, fieldsAtApp, missingFields, readAppSubscriptions } from './subscriptions.ts'
import type { AppSubscription } from './subscriptions.ts'

/** Whether app id and secret belong together, and whether the app is subscribed to what our Pages need. */
export async function checkApp(
  config: Config,
  deps: Pick<SetupDeps, 'graph' | 'signal'>,
): Promise<Finding[]> {
  const { appId } = config.meta
  if (appId === undefined) {
    return [
      warning(
        'app.id',
        'meta.appId is not set, so secret, permissions and the app’s subscriptions are not checked.',
        {
          remedy: 'Add it under `meta:`; it stands on the front page of your app at developers.facebook.com.',
        },
      ),
    ]
  }
  const subscriptions = await readAppSubscriptions(appId, config.meta, deps)
  if (!subscriptions.ok) {
    const { code, message, remedy } = subscriptions
    const isIdentity = code !== null && !subscriptions.passing
    return [
      isIdentity
        ? fault(
            'app.secret',
            `Graph does not know meta.appId with the first of meta.appSecrets (code ${code}).`,
            {
              remedy:
                'Copy both again from the app’s basic settings. A webhook signed with another secret is refused.',
            },
          )
        : fault('app.secret', message, { remedy }),
    ]
  }
  return [
    ok('app.secret', `App ${appId}: id and secret belong together.`),
    ...[...fieldsAtApp(config.pages)].map(([object, wanted]) => {
      const have = subscriptions.body.find((one) => one.object === object)
      return checkSubscription(object, wanted, have, config.server.publicUrl)
    }),
  ]
}

function checkSubscription(
  object: string,
  wanted: WebhookFields,
  have: AppSubscription | undefined,
  publicUrl: string | undefined,
): Finding {
  const check = `app.subscription.${object}`
  const mending =
    publicUrl === undefined ? mendByHand(object, wanted) : { commands: [commandLine('subscribe')] }
  if (!have) return fault(check, `The app is not subscribed to ${object} webhooks.`, mending)
  if (!have.active)
    return fault(check, `The app’s subscription to ${object} webhooks is switched off.`, mending)
  const url = publicUrl === undefined ? undefined : callbackUrl(publicUrl)
  if (url !== undefined && have.callbackUrl !== url) {
    const message = `Deliveries of ${object} go to ${have.callbackUrl ?? 'nowhere'}, and not to ${url}.`
    return fault(check, message, { remedy: 'Correct server.publicUrl, or move them here:', ...mending })
  }
  const missing = missingFields(wanted, have.fields)
  if (missing.required.length > 0) {
    return fault(
      check,
      `The app is not subscribed to ${listed([...missing.required, ...missing.useful])}.`,
      mending,
    )
  }
  if (missing.useful.length > 0) {
    return warning(check, `The app is not subscribed to ${listed(missing.useful)}.`, mending)
  }
  return ok(check, `The app is subscribed to all ${object} fields that are needed.`)
}

function mendByHand(object: string, { required, useful }: WebhookFields) {
  return {
    remedy:
      `Set server.publicUrl and run the command, or tick the fields in the app dashboard ` +
      `(Webhooks, ${object}): ${listed([...required, ...useful])}.`,
    commands: [commandLine('subscribe')],
  }
}

export function listed(fields: string[]): string {
  return fields.join(', ')
}
