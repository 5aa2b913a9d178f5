import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { whyDead } from './access.ts'
import { webUrl } from './check-button.ts'
import { badParameter, noSuchObject, readShape, refusal } from './graph-error.ts'
import type { GraphCalls } from './graph-calls.ts'
import type { Pages } from './pages.ts'
import { readParams } from './read-form.ts'
import { INSTAGRAM_FIELDS, PAGE_FIELDS } from './subscribed-fields.ts'
import type { WebhookClient } from './webhook-client.ts'

/** Which webhook is called for what: subscriptions of the app and of each Page, and what a token is good for. */

const names = z.union([z.array(z.string()), z.string().transform((text) => text.split(','))])
const fieldsSchema = z.looseObject({
  subscribed_fields: names.refine(
    (list) => list.some((name) => name !== ''),
    'subscribed_fields is required',
  ),
})
const subscriptionSchema = z.strictObject({
  object: z.enum(['page', 'instagram']),
  callback_url: webUrl,
  fields: names,
  verify_token: z.string().min(1),
  include_values: z.unknown().optional(),
})
const tokenSchema = z.looseObject({ input_token: z.string().min(1) })

export async function subscriptionRoutes(
  app: FastifyInstance,
  deps: {
    calls: GraphCalls
    pages: Pages
    webhook: WebhookClient
    webhookUrl: () => string | undefined
    pointAt: (webhookUrl: string) => void
    appId: number
    now: () => number
  },
): Promise<void> {
  const { calls, pages, webhook, webhookUrl, pointAt, appId, now } = deps
  const self = { id: String(appId), name: 'Simulated app', category: 'Business' }

  app.post(
    '/:version/:node/subscribed_apps',
    calls.onPage('subscribed_apps', ({ request, page }) => {
      const { subscribed_fields } = readShape(fieldsSchema, readParams(request))
      checkFields(subscribed_fields, page.channel === 'instagram' ? INSTAGRAM_FIELDS : PAGE_FIELDS)
      page.subscribedFields = new Set(subscribed_fields)
      return { success: true }
    }),
  )

  app.get(
    '/:version/:node/subscribed_apps',
    calls.onPage('subscribed_apps', ({ page: { subscribedFields, channel } }) => {
      const all = channel === 'instagram' ? INSTAGRAM_FIELDS : PAGE_FIELDS
      const fields = [...(subscribedFields ?? all)]
      return { data: fields.length === 0 ? [] : [{ ...self, subscribed_fields: fields }] }
    }),
  )

  app.delete(
    '/:version/:node/subscribed_apps',
    calls.onPage('subscribed_apps', ({ page }) => {
      page.subscribedFields = new Set()
      return { success: true }
    }),
  )

  app.get(
    '/:version/:node/subscriptions',
    calls.ofApp('subscriptions', ({ node }) => {
      checkApp(node)
      const data = (['page', 'instagram'] as const).map((object) => ({
        object,
        callback_url: webhookUrl(),
        active: true,
        fields: [...(pages.appFields(object) ?? (object === 'page' ? PAGE_FIELDS : INSTAGRAM_FIELDS))].map(
          (name) => ({ name, version: 'v26.0' }),
        ),
      }))
      return { data }
    }),
  )

  app.post(
    '/:version/:node/subscriptions',
    calls.ofApp('subscriptions', async ({ node, request }) => {
      checkApp(node)
      const { object, callback_url, fields, verify_token } = readShape(
        subscriptionSchema,
        readParams(request),
      )
      checkFields(fields, object === 'page' ? PAGE_FIELDS : INSTAGRAM_FIELDS)
      // The webhook must answer before this call does.
      const { verified } = await webhook.verify(verify_token, String(randomInt(1_000_000_000)), callback_url)
      if (!verified) throw refusal(2200, undefined, 'Callback verification failed')
      pages.subscribeApp(object, new Set(fields))
      pointAt(callback_url)
      return { success: true }
    }),
  )

  app.get(
    '/:version/debug_token',
    calls.ofApp('debug_token', ({ request }) => {
      const known = pages.ofToken(readShape(tokenSchema, readParams(request)).input_token)
      if (!known) throw badParameter('input_token: no token of this app')
      const { page, token } = known
      const dead = whyDead(token, now())
      const data = {
        app_id: self.id,
        type: 'PAGE',
        application: self.name,
        data_access_expires_at: 0,
        expires_at: token.expiresAt,
        is_valid: dead === undefined,
        scopes: token.scopes,
        profile_id: page.id,
        ...(dead !== undefined && {
          error: {
            code: 190,
            message: 'Error validating access token',
            ...(dead !== null && { subcode: dead }),
          },
        }),
      }
      return { data }
    }),
  )

  function checkApp(node: string): void {
    if (node !== self.id) throw noSuchObject(node)
  }
}

function checkFields(fields: readonly string[], known: ReadonlySet<string>): void {
  const unknown = fields.find((name) => !known.has(name))
  if (unknown !== undefined) throw badParameter(`there is no field ${unknown} to subscribe to`)
}
