import type { Channel } from '../domain/conversation.ts'

/** Which webhook fields we want. A field counts only when it is subscribed at the app and at the Page. */
export interface WebhookFields {
  /** Without these, messages or the fate of replies are lost. */
  required: readonly string[]
  /** Without these, something that helpdesks may want does not reach them. */
  useful: readonly string[]
}

/*
 * Left out on purpose: response_feedback, since subscribing to it puts thumbs below every message that the app sends;
 * and fields that need permissions of their own (leadgen) or that few need (send_cart, inbox_labels), which a Page
 * names under `moreFields`.
 */
const fields: Readonly<Record<Channel, WebhookFields>> = {
  messenger: {
    required: ['messages', 'messaging_postbacks', 'message_echoes'],
    useful: [
      'message_deliveries',
      'message_reads',
      'message_reactions',
      'message_edits',
      // Both this and `messages`, or the ad that a message came from is not told.
      'messaging_referrals',
      'messaging_optins',
      'messaging_account_linking',
      'messaging_handovers',
      'standby',
      'messaging_policy_enforcement',
      'messaging_feedback',
      'messaging_customer_information',
      'messaging_in_thread_lead_form_submit',
      'feed',
      'ratings',
      'mention',
    ],
  },
  // Singular where the Page's are plural. Echoes are part of `messages`.
  instagram: {
    required: ['messages', 'messaging_postbacks'],
    useful: [
      'messaging_seen',
      'message_reactions',
      'message_edit',
      'messaging_referral',
      'messaging_optins',
      'messaging_handover',
      'standby',
      'comments',
      'live_comments',
      'mentions',
    ],
  },
}

/** The fields of one channel, with those that a Page names itself. */
export function webhookFields(channel: Channel, more: readonly string[] = []): WebhookFields {
  const { required, useful } = fields[channel]
  const added = more.filter((field) => !required.includes(field) && !useful.includes(field))
  return { required, useful: [...useful, ...added] }
}

/**
 * An Instagram account that is reached through its linked Page gets its events once the app is subscribed to the Page,
 * by any field.
 */
export const linkedPageFields: WebhookFields = { required: ['messages'], useful: [] }

/** Meta's word for what an app subscribes to. */
export function webhookObject(channel: Channel): 'page' | 'instagram' {
  return channel === 'messenger' ? 'page' : 'instagram'
}
