import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { ZendeskApi } from './api.ts'
import { eventTypes } from './read-callback.ts'
import type { ZendeskSettings } from './settings.ts'

const meAnswer = z.object({ user: z.object({ id: z.number().nullable(), role: z.string().nullish() }) })
const webhookSchema = z.object({
  id: z.string(),
  endpoint: z.string(),
  status: z.string(),
  subscriptions: z.array(z.string()).nullish(),
})
const webhooksAnswer = z.object({ webhooks: z.array(webhookSchema) })
const webhookAnswer = z.object({ webhook: webhookSchema })
const secretAnswer = z.object({ signing_secret: z.object({ secret: z.string() }) })

type Webhook = z.infer<typeof webhookSchema>

const webhookName = 'deskbridge'

export function zendeskSetup(api: ZendeskApi, settings: ZendeskSettings): HelpdeskSetup {
  async function look(context: SetupContext, mends: boolean): Promise<SetupFinding[]> {
    const user = await finding('credentials', () => checkUser(context.signal))
    if (user.some(({ state }) => state === 'failed')) return user
    const targets = Object.entries(settings.fields).map(([fact, id]) => ({
      what: `ticket field ${id} for ${fact}`,
      path: `/ticket_fields/${id}`,
    }))
    if (settings.groupId !== undefined)
      targets.push({ what: `group ${settings.groupId}`, path: `/groups/${settings.groupId}` })
    const there = await Promise.all(
      targets.map(({ what, path }) => finding(what, () => checkThere(what, path, context.signal))),
    )
    return [...user, ...there.flat(), ...(await finding('webhook', () => checkWebhook(context, mends)))]
  }

  async function checkUser(signal: AbortSignal): Promise<SetupFinding[]> {
    const { user } = readAnswer(meAnswer, await api.call('GET', '/users/me', { signal }))
    const what = user.id === null ? 'credentials' : `credentials of user ${user.id}`
    // Zendesk answers strangers, too, and calls them nobody.
    if (user.id === null || (user.role !== 'admin' && user.role !== 'agent'))
      return [
        { state: 'failed', what, mend: 'Check email and apiToken: they must be those of an agent or admin.' },
      ]
    if (user.id !== settings.userId)
      return [{ state: 'failed', what, mend: `Set userId: ${user.id} in the helpdesk's settings.` }]
    return [{ state: 'ok', what: `${what}, ${user.role}` }]
  }

  async function checkThere(what: string, path: string, signal: AbortSignal): Promise<SetupFinding[]> {
    const { status } = await api.call('GET', path, { signal, also: [404] })
    if (status === 404)
      return [{ state: 'failed', what, mend: 'There is none with this id. Mend it in the settings.' }]
    return [{ state: 'ok', what }]
  }

  async function checkWebhook(
    { callbackUrl, signal }: SetupContext,
    mends: boolean,
  ): Promise<SetupFinding[]> {
    if (callbackUrl === undefined)
      return [{ state: 'todo', what: 'webhook', mend: 'Set server.publicUrl, so that Zendesk can call us.' }]
    const what = `webhook to ${callbackUrl}`
    const path = `/webhooks?filter[name_contains]=${webhookName}&page[size]=100`
    const { webhooks } = readAnswer(webhooksAnswer, await api.call('GET', path, { signal }))
    const found = webhooks.find(({ endpoint }) => endpoint === callbackUrl)
    if (found && isReady(found)) return [{ state: 'ok', what }, await checkSecret(found.id, signal)]
    if (!mends) {
      const mend = `${found ? 'It is off, or not told everything.' : 'There is none.'} Run deskbridge setup.`
      return [{ state: 'failed', what, mend }]
    }
    const id = found ? await mendWebhook(found, signal) : await makeWebhook(callbackUrl, signal)
    return [{ state: 'changed', what }, await checkSecret(id, signal)]
  }

  async function makeWebhook(endpoint: string, signal: AbortSignal): Promise<string> {
    const webhook = {
      name: webhookName,
      endpoint,
      http_method: 'POST',
      request_format: 'json',
      status: 'active',
      subscriptions: eventTypes,
    }
    return readAnswer(webhookAnswer, await api.call('POST', '/webhooks', { json: { webhook }, signal }))
      .webhook.id
  }

  async function mendWebhook({ id }: Webhook, signal: AbortSignal): Promise<string> {
    await api.call('PATCH', `/webhooks/${id}`, {
      json: { webhook: { status: 'active', subscriptions: eventTypes } },
      signal,
    })
    return id
  }

  async function checkSecret(id: string, signal: AbortSignal): Promise<SetupFinding> {
    const answer = await api.call('GET', `/webhooks/${id}/signing_secret`, { signal })
    const { secret } = readAnswer(secretAnswer, answer).signing_secret
    const what = 'signing secret of the webhook'
    if (settings.callbackSecrets.includes(secret)) return { state: 'ok', what }
    const mend = `Copy it from Admin Center, Apps and integrations, Webhooks, ${webhookName}, Reveal secret, to callbackSecrets. It begins with ${secret.slice(0, 4)}.`
    return { state: 'todo', what, mend }
  }

  return {
    check: (context) => look(context, false),
    setUp: (context) => look(context, true),
  }
}

function isReady({ status, subscriptions }: Webhook): boolean {
  return status === 'active' && eventTypes.every((type) => subscriptions?.includes(type))
}

/** What the vendor refuses is something to tell. */
async function finding(what: string, look: () => Promise<SetupFinding[]>): Promise<SetupFinding[]> {
  try {
    return await look()
  } catch (error) {
    const { code, message } = stepFacts(error)
    const mend =
      code === 'HELPDESK_REFUSED'
        ? 'Check url, email and apiToken; a webhook takes an admin, and a server.publicUrl that begins with https.'
        : 'Try again when Zendesk answers.'
    return [{ state: 'failed', what: `${what}: ${message}`, mend }]
  }
}
