import { fieldSet } from './paging.ts'

/** The webhook fields that can be subscribed to. Instagram's names are singular where a Page's are plural. */

export const PAGE_FIELDS = fieldSet(`
  messages message_echoes message_edits message_reactions message_reads message_deliveries messaging_postbacks
  messaging_referrals messaging_optins messaging_optouts messaging_account_linking messaging_policy_enforcement
  messaging_handovers standby messaging_feedback response_feedback send_cart messaging_customer_information
  messaging_in_thread_lead_form_submit messaging_game_plays messaging_payments messaging_checkout_updates
  messaging_pre_checkouts message_context message_mention messaging_integrity messaging_appointments agent_messages
  calls inbox_labels feed ratings mention leadgen group_feed business_integrity message_template_status_update
  marketing_message_clicks marketing_message_deliveries marketing_message_delivery_failed marketing_message_echoes
  marketing_message_reads
`)

export const INSTAGRAM_FIELDS = fieldSet(`
  messages message_reactions messaging_postbacks messaging_seen message_edit messaging_referral messaging_handover
  standby messaging_optins comments live_comments mentions story_insights
`)
