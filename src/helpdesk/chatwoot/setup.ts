import { stepFacts } from '../../domain/step-error.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { ChatwootApi, ChatwootInbox } from './api.ts'
import type { ChatwootSettings } from './settings.ts'

/** Credentials, the inbox, its webhook, and what agents should have set there. */
export function chatwootSetup(api: ChatwootApi, settings: ChatwootSettings): HelpdeskSetup {
  async function look(context: SetupContext, mayChange: boolean): Promise<SetupFinding[]> {
    let inboxes: ChatwootInbox[]
    try {
      inboxes = await api.inboxes(context.signal)
    } catch (error) {
      const mend = 'Check url, accountId and apiToken; the user must be an administrator of the account.'
      return [{ state: 'failed', what: `Chatwoot's account: ${stepFacts(error).message}`, mend }]
    }
    const credentials: SetupFinding = { state: 'ok', what: "Chatwoot's account answers" }
    const inbox = inboxes.find((one) => one.inbox_identifier === settings.inboxIdentifier)
    if (!inbox) {
      const mend = 'Copy the inbox identifier from Settings, Inboxes, the API channel, Configuration.'
      return [credentials, { state: 'failed', what: 'inbox with this inboxIdentifier', mend }]
    }
    if (inbox.channel_type !== 'Channel::Api') {
      const mend = 'Make a new inbox of the kind API: no other takes messages from outside.'
      return [credentials, { state: 'failed', what: `inbox ${inbox.id} is an API channel`, mend }]
    }
    return [
      credentials,
      { state: 'ok', what: `inbox ${inbox.id} is an API channel` },
      await webhook(inbox, context, mayChange),
      secret(inbox, settings),
      ...proofOfContacts(inbox, settings),
      ...singleConversation(inbox),
      replyWindow(inbox),
    ]
  }

  async function webhook(inbox: ChatwootInbox, { callbackUrl, signal }: SetupContext, mayChange: boolean) {
    if (callbackUrl === undefined) {
      const mend = 'Set server.publicUrl, so that Chatwoot can be told where we are.'
      return { state: 'todo', what: 'webhook of the inbox', mend } as const
    }
    const what = `webhook of the inbox to ${callbackUrl}`
    if (inbox.webhook_url === callbackUrl) return { state: 'ok', what } as const
    const mend = `Set the webhook URL of the inbox to ${callbackUrl}, or run deskbridge setup.`
    if (!mayChange) return { state: 'failed', what, mend } as const
    try {
      await api.setWebhook(inbox.id, callbackUrl, signal)
      return { state: 'changed', what } as const
    } catch (error) {
      return { state: 'failed', what: `${what}: ${stepFacts(error).message}`, mend } as const
    }
  }

  return { check: (context) => look(context, false), setUp: (context) => look(context, true) }
}

/** Chatwoot makes it, shows it to administrators, and lets nobody choose it. Before 4.13 it signs nothing. */
function secret(inbox: ChatwootInbox, { callbackSecrets }: ChatwootSettings): SetupFinding {
  const what = 'webhook secret of the inbox is one of callbackSecrets, so that callbacks can be proven'
  if (inbox.secret && callbackSecrets.includes(inbox.secret)) return { state: 'ok', what }
  if (inbox.secret)
    return { state: 'failed', what, mend: 'Copy the webhook secret of the inbox into callbackSecrets.' }
  const mend =
    'It cannot be seen with this token. Compare it by hand; it needs Chatwoot 4.13 or newer, and is not the HMAC token.'
  return { state: 'todo', what, mend }
}

function proofOfContacts(inbox: ChatwootInbox, { hmacToken }: ChatwootSettings): SetupFinding[] {
  if (inbox.hmac_mandatory !== true) return []
  const what = 'the inbox enforces user identity, and hmacToken is set'
  if (hmacToken !== undefined) return [{ state: 'ok', what }]
  return [{ state: 'failed', what, mend: 'Copy the HMAC token of the inbox into hmacToken.' }]
}

function singleConversation(inbox: ChatwootInbox): SetupFinding[] {
  if (inbox.lock_to_single_conversation !== true) return []
  const mend = 'Switch "Lock to single conversation" off if each case is to be a conversation of its own.'
  return [{ state: 'todo', what: 'a new ticket is a new conversation', mend }]
}

function replyWindow(inbox: ChatwootInbox): SetupFinding {
  const hours = inbox.additional_attributes?.['agent_reply_time_window']
  const what = "agent_reply_time_window of the inbox, so that agents see when Meta's window is closed"
  if (typeof hours === 'string' || typeof hours === 'number') return { state: 'ok', what }
  const mend =
    'Set additional_attributes.agent_reply_time_window of the inbox to "168", or to "24" where the Page may not use HUMAN_AGENT; docs/adapters/chatwoot.md has the call.'
  return { state: 'todo', what, mend }
}
