import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { SetupContext, SetupFinding } from '../setup.ts'
import type { ZammadApi } from './api.ts'
import { wantedTriggers, wantedWebhook } from './callback-objects.ts'
import type { WantedTrigger } from './callback-objects.ts'
import type { ZammadSettings } from './settings.ts'

const idAnswer = z.object({ id: z.number() })
const webhooksAnswer = z.array(
  z.object({
    id: z.number(),
    name: z.string(),
    endpoint: z.string(),
    active: z.boolean().nullish(),
    ssl_verify: z.boolean().nullish(),
    customized_payload: z.boolean().nullish(),
    pre_defined_webhook_type: z.string().nullish(),
    signature_token: z.string().nullish(),
  }),
)
const triggersAnswer = z.array(
  z.object({
    id: z.number(),
    name: z.string(),
    active: z.boolean().nullish(),
    condition: z.unknown(),
    perform: z.unknown(),
  }),
)

type Webhook = z.infer<typeof webhooksAnswer>[number]

/** The webhook to us and its triggers; made or put right where that is allowed. */
export async function setUpCallbacks(
  api: ZammadApi,
  settings: ZammadSettings,
  { callbackUrl, signal }: SetupContext,
  mayChange: boolean,
): Promise<SetupFinding[]> {
  if (callbackUrl === undefined) {
    const mend = 'Set server.publicUrl, so that Zammad can be told where we are.'
    return [{ state: 'todo', what: 'webhook and triggers', mend }]
  }
  const what = `webhook to ${callbackUrl}`
  const wanted = wantedWebhook(callbackUrl, settings)

  async function webhook(): Promise<{ id: number | undefined; found: SetupFinding }> {
    const all = readAnswer(webhooksAnswer, await api.call('GET', '/webhooks', { signal }))
    const known =
      all.find(({ endpoint }) => endpoint === callbackUrl) ?? all.find(({ name }) => name === wanted.name)
    const isRight = known !== undefined && posts(known, callbackUrl!)
    if (!mayChange) {
      const mend = 'Run deskbridge setup.'
      return { id: known?.id, found: isRight ? { state: 'ok', what } : { state: 'failed', what, mend } }
    }
    // Zammad hides the token, so that it is set each time: after a rotation nobody could see that it is an old one.
    const plain = { ...wanted, customized_payload: false, pre_defined_webhook_type: null }
    const path = known ? `/webhooks/${known.id}` : '/webhooks'
    const answer = await api.call(known ? 'PUT' : 'POST', path, { json: known ? plain : wanted, signal })
    return { id: readAnswer(idAnswer, answer).id, found: { state: isRight ? 'ok' : 'changed', what } }
  }

  async function triggers(webhookId: number): Promise<SetupFinding[]> {
    const all = readAnswer(triggersAnswer, await api.call('GET', '/triggers', { signal }))
    const findings: SetupFinding[] = []
    for (const trigger of wantedTriggers(callbackUrl!, webhookId, settings)) {
      const known = all.find(({ name }) => name.toLowerCase() === trigger.name.toLowerCase())
      const told = `trigger "${trigger.name}"`
      if (known && does(known, trigger)) findings.push({ state: 'ok', what: told })
      else if (!mayChange) findings.push({ state: 'failed', what: told, mend: 'Run deskbridge setup.' })
      else {
        const path = known ? `/triggers/${known.id}` : '/triggers'
        readAnswer(idAnswer, await api.call(known ? 'PUT' : 'POST', path, { json: trigger, signal }))
        findings.push({ state: 'changed', what: told })
      }
    }
    return findings
  }

  try {
    const { id, found } = await webhook()
    const rest = id === undefined ? [] : await triggersOf(id)
    return [found, ...secretFinding(mayChange), ...rest]
  } catch (error) {
    const mend = `Give the token admin.webhook while you set up, or make the webhook by hand as the adapter's page says.`
    return [{ state: 'failed', what: `${what}: ${stepFacts(error).message}`, mend }]
  }

  async function triggersOf(webhookId: number): Promise<SetupFinding[]> {
    try {
      return await triggers(webhookId)
    } catch (error) {
      const mend = `Give the token admin.trigger while you set up, or make the triggers by hand as the adapter's page says.`
      return [{ state: 'failed', what: `triggers: ${stepFacts(error).message}`, mend }]
    }
  }
}

/** An unsigned callback is refused, and a check cannot see the token. */
function secretFinding(mayChange: boolean): SetupFinding[] {
  const what = 'signature token of the webhook is the first of callbackSecrets'
  if (mayChange) return [{ state: 'ok', what }]
  const mend =
    'Zammad does not show it. Run deskbridge setup, which sets it, after each change of the secrets.'
  return [{ state: 'todo', what, mend }]
}

function posts(webhook: Webhook, callbackUrl: string): boolean {
  return (
    webhook.endpoint === callbackUrl &&
    webhook.active !== false &&
    webhook.customized_payload !== true &&
    !webhook.pre_defined_webhook_type
  )
}

function does(known: z.infer<typeof triggersAnswer>[number], wanted: WantedTrigger): boolean {
  return (
    known.active !== false &&
    isDeepStrictEqual(known.condition, wanted.condition) &&
    sendsTo(known.perform, wanted.perform['notification.webhook'].webhook_id)
  )
}

/** A form of Zammad's writes the id as text. */
function sendsTo(perform: unknown, webhookId: number): boolean {
  const shape = z.object({ 'notification.webhook': z.object({ webhook_id: z.coerce.number() }) })
  return shape.safeParse(perform).data?.['notification.webhook'].webhook_id === webhookId
}
