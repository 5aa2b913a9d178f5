import type { EventKind } from '../src/domain/event.ts'

interface KindText {
  /** What happened, in one line. */
  says: string
  /** Which webhook fields must be subscribed; on Instagram where they are named otherwise. */
  fields: string
  /** What makes two of them the same, so that a redelivery is dropped. */
  same: string
}

/** What docs/events.md says of each kind beside what follows from the code. */
export const kindTexts: Readonly<Record<EventKind, KindText>> = {
  message: { says: 'A person wrote.', fields: 'messages', same: '`mid`' },
  message_edit: {
    says: 'A message was changed. Meta allows five edits.',
    fields: 'message_edits; Instagram: message_edit',
    same: '`mid`, number of the edit',
  },
  message_deleted: { says: 'A message was taken back.', fields: 'messages (Instagram)', same: '`mid`' },
  echo: {
    says: 'The Page answered without deskbridge.',
    fields: 'message_echoes; Instagram: messages',
    same: '`mid`',
  },
  postback: {
    says: 'A person tapped a button.',
    fields: 'messaging_postbacks',
    same: '`mid`, else person, time and content',
  },
  reaction: {
    says: 'A person reacted to a message, or took the reaction back.',
    fields: 'message_reactions',
    same: '`mid`, sender, action, time',
  },
  read: {
    says: 'A person has read messages.',
    fields: 'message_reads; Instagram: messaging_seen',
    same: 'person, watermark or `mid`',
  },
  delivery: {
    says: 'Messages have reached the person.',
    fields: 'message_deliveries',
    same: 'person, watermark, mids',
  },
  referral: {
    says: 'A person came back by a link, an ad or a plugin.',
    fields: 'messaging_referrals; Instagram: messaging_referral',
    same: 'person, time, content',
  },
  optin: {
    says: 'A person agreed to be written to, or changed their mind.',
    fields: 'messaging_optins',
    same: 'person, time, content',
  },
  account_linking: {
    says: 'A person linked their account with the shop’s, or unlinked it.',
    fields: 'messaging_account_linking',
    same: 'person, time, content',
  },
  policy_enforcement: {
    says: 'Meta warned, blocked or unblocked the Page.',
    fields: 'messaging_policy_enforcement',
    same: 'time, content',
  },
  thread_control: {
    says: 'A conversation went from one app to another, or is asked for.',
    fields: 'messaging_handovers; Instagram: messaging_handover',
    same: 'person, time, content',
  },
  feedback: {
    says: 'A survey was answered, or one of our messages was rated by a thumb.',
    fields: 'messaging_feedback, response_feedback',
    same: 'person, time, content',
  },
  order: { says: 'A person sent a cart.', fields: 'send_cart', same: 'person, time, content' },
  payment: {
    says: 'Meta’s old payments and checkouts.',
    fields: 'messaging_payments, messaging_checkout_updates, messaging_pre_checkouts',
    same: 'person, time, content',
  },
  customer_information: {
    says: 'A person filled in the form of a customer information template.',
    fields: 'messaging_customer_information',
    same: 'person, time, content',
  },
  lead: {
    says: 'A lead form was filled in: on an ad, in the conversation that an ad began, or in an instant form.',
    fields: 'leadgen; messaging_referrals; messaging_in_thread_lead_form_submit',
    same: '`leadgenId`, else person, time and content',
  },
  coupon: { says: 'A person opened a coupon.', fields: 'messages', same: 'person, time, content' },
  game_play: {
    says: 'A person played an Instant Game.',
    fields: 'messaging_game_plays',
    same: 'person, time, content',
  },
  comment: {
    says: 'Somebody commented on a post, or a comment was changed, hidden or removed.',
    fields: 'feed, group_feed; Instagram: comments, live_comments',
    same: '`commentId`, verb, time',
  },
  post: {
    says: 'The Page or a visitor posted, or a post was changed, hidden or removed.',
    fields: 'feed, group_feed',
    same: '`postId`, item, verb, time',
  },
  feed_reaction: {
    says: 'Somebody reacted to a post or comment, or liked the Page.',
    fields: 'feed',
    same: 'post, comment, author, verb, reaction, time',
  },
  review: {
    says: 'Somebody recommended the Page or not, or something was said about such a review.',
    fields: 'ratings',
    same: '`storyId`, item, author, verb, time',
  },
  mention: {
    says: 'Somebody named the Page in a post or comment of their own.',
    fields: 'mention; Instagram: mentions',
    same: 'post, comment, verb, time',
  },
  label: {
    says: 'A label was put on a person in Meta’s inbox, or taken off.',
    fields: 'inbox_labels',
    same: 'person, label, action, time of the entry',
  },
  page_integrity: {
    says: 'Meta changed what the Page may do.',
    fields: 'business_integrity',
    same: 'content, time of the entry',
  },
  story_insight: {
    says: 'How a story of Instagram did.',
    fields: 'story_insights',
    same: '`mediaId`, content',
  },
  unknown: {
    says: 'Anything else: kept whole, so that nothing is lost.',
    fields: 'any',
    same: 'name, content',
  },
}
