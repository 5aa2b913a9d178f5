import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import type { Channel } from '../domain/conversation.ts'
import { pathOf } from '../meta/graph-client.ts'
import { linkedPageFields, webhookFields, webhookObject } from '../meta/subscribed-fields.ts'
import type { WebhookFields } from '../meta/subscribed-fields.ts'
import type { Account } from './account.ts'
import { askGraph } from './ask-graph.ts'
import type { Asked } from './ask-graph.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'

type Ask = Pick<SetupDeps, 'graph' | 'signal'>

/** What the app is subscribed to, for one kind of object. */
export interface AppSubscription {
  object: string
  callbackUrl: string | null
  active: boolean
  fields: string[]
}

const fieldName = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
const id = z.union([z.string(), z.number().transform(String)])

const appSchema = z.object({
  data: z.array(
    z.object({
      object: z.string(),
      callback_url: z.string().nullish(),
      active: z.boolean().nullish(),
      fields: z.array(fieldName).nullish(),
    }),
  ),
})

const pageSchema = z.object({
  data: z.array(z.object({ id: id.nullish(), subscribed_fields: z.array(fieldName).nullish() })),
})

/** Meta lets an app speak for itself with its id and secret. */
export function appToken(appId: string, meta: Config['meta']): string {
  return `${appId}|${meta.appSecrets[0] ?? ''}`
}

export async function readAppSubscriptions(
  appId: string,
  meta: Config['meta'],
  { graph, signal }: Ask,
): Promise<Asked<AppSubscription[]>> {
  const call = {
    method: 'GET',
    path: pathOf(appId, 'subscriptions'),
    accessToken: appToken(appId, meta),
  } as const
  const answer = await askGraph(graph, call, appSchema, signal)
  if (!answer.ok) return answer
  const body = answer.body.data.map((one) => ({
    object: one.object,
    callbackUrl: one.callback_url ?? null,
    active: one.active !== false,
    fields: one.fields ?? [],
  }))
  return { ok: true, body }
}

/**
 * The fields that our app is subscribed to at a Page; null when it is not subscribed at all. Several apps may be;
 * without an app id ours is known only when it is the only one, and `undefined` says that it is not.
 */
export async function readPageSubscription(
  page: ConfiguredPage,
  account: Account,
  appId: string | undefined,
  { graph, signal }: Ask,
): Promise<Asked<string[] | null | undefined>> {
  const path = pathOf(account.nodeId, 'subscribed_apps')
  const answer = await askGraph(
    graph,
    { method: 'GET', path, accessToken: page.accessToken },
    pageSchema,
    signal,
  )
  if (!answer.ok) return answer
  const apps = answer.body.data
  if (apps.length === 0) return { ok: true, body: null }
  if (appId === undefined && apps.length > 1) return { ok: true, body: undefined }
  const ours = appId === undefined ? apps[0] : apps.find((app) => app.id === appId)
  return { ok: true, body: ours ? (ours.subscribed_fields ?? []) : null }
}

/** What a Page or account needs, itself. */
export function fieldsAtPage(page: ConfiguredPage, account: Account): WebhookFields {
  if (account.linked) return linkedPageFields
  return webhookFields(page.channel, page.moreFields)
}

/** What the app needs, for each kind of object that the config has Pages of. */
export function fieldsAtApp(pages: ConfiguredPage[]): Map<string, WebhookFields> {
  const channels: Channel[] = ['messenger', 'instagram']
  return new Map(
    channels.flatMap((channel) => {
      const ours = pages.filter((page) => page.channel === channel)
      const more = ours.flatMap((page) => page.moreFields)
      return ours.length === 0 ? [] : [[webhookObject(channel), webhookFields(channel, [...new Set(more)])]]
    }),
  )
}

/** Which of the fields are not among those that are subscribed. Any field at all will do for a linked Page. */
export function missingFields(
  wanted: WebhookFields,
  have: string[] | null,
): { required: string[]; useful: string[] } {
  if (wanted === linkedPageFields && have !== null && have.length > 0) return { required: [], useful: [] }
  const lacks = (field: string) => !(have ?? []).includes(field)
  return { required: wanted.required.filter(lacks), useful: wanted.useful.filter(lacks) }
}

/** Where Meta is to send deliveries. */
export function callbackUrl(publicUrl: string): string {
  return `${publicUrl}/webhooks/meta`
}
