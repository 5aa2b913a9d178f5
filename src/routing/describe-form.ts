import type { DomainEvent } from '../domain/event.ts'
import type {
  FeedbackEvent,
  LeadEvent,
  OptinEvent,
  OrderEvent,
  PaymentEvent,
} from '../domain/messaging-events.ts'
import { describeReferral } from './describe-referral.ts'
import { listing, quote, sentence } from './describe-words.ts'

type FormEvent = Extract<
  DomainEvent,
  {
    kind:
      'optin' | 'feedback' | 'order' | 'payment' | 'customer_information' | 'lead' | 'coupon' | 'game_play'
  }
>

/** What a person filled in, agreed to, bought or played. */
export function describeForm(event: FormEvent, who: string): string {
  switch (event.kind) {
    case 'optin':
      return describeOptin(event, who)
    case 'feedback':
      return describeFeedback(event, who)
    case 'order':
      return describeOrder(event, who)
    case 'payment':
      return describePayment(event, who)
    case 'customer_information':
      return listing(
        `${who} filled in a form`,
        event.answers.map(({ key, value }) => `${key}: ${value ?? ''}`),
      )
    case 'lead':
      return describeLead(event, who)
    case 'coupon':
      return `${who} opened the coupon ${event.couponCode}.`
    case 'game_play':
      return `${who} played the game ${event.gameId ?? ''}${event.score === null ? '' : `, score ${event.score}`}.`
  }
}

function describeOptin({ type, status, title, topic, ref, payload }: OptinEvent, who: string): string {
  const about = title ?? topic ?? payload ?? ref
  const named = about === null ? '' : ` about ${quote(about)}`
  if (type === null) return `${who} opted in by a plugin${ref === null ? '' : ` (${ref})`}.`
  if (status === 'STOP NOTIFICATIONS') return `${who} stopped notifications${named}.`
  if (status === 'RESUME NOTIFICATIONS') return `${who} resumed notifications${named}.`
  return type === 'one_time_notif_req'
    ? `${who} agreed to one notification${named}.`
    : `${who} agreed to notifications${named}.`
}

function describeFeedback({ response, answers }: FeedbackEvent, who: string): string {
  if (response !== null) return `${who} rated an answer: ${response}`
  return listing(
    `${who} answered a survey`,
    answers.map((one) => `${one.questionId}: ${[one.payload, one.followUp].filter(Boolean).join(' – ')}`),
  )
}

function describeOrder({ products, note }: OrderEvent, who: string): string {
  const lines = products.map((product) => {
    const name = product.name ?? product.retailerId ?? product.id ?? 'a product'
    const price =
      product.unitPrice === null ? '' : `, ${product.unitPrice} ${product.currency ?? ''}`.trimEnd()
    return `${product.quantity ?? 1} × ${name}${price}`
  })
  return listing(`${who} wants to order`, note === null || note === '' ? lines : [...lines, note])
}

const payments = { payment: 'paid', checkout_update: 'changed a checkout', pre_checkout: 'began a checkout' }

function describePayment({ step, amount, payload }: PaymentEvent, who: string): string {
  const sum = amount === null ? '' : [amount.amount, amount.currency].filter(Boolean).join(' ')
  return sentence(`${who} ${payments[step]}${payload === null ? '' : ` (${payload})`}`, sum)
}

function describeLead(event: LeadEvent, who: string): string {
  const { leadgenId, formId, isComplete, answers, referral } = event
  const ids = [formId === null ? '' : `form ${formId}`, leadgenId === null ? '' : `lead ${leadgenId}`]
  const named = ids.filter(Boolean).join(', ')
  const filled = isComplete ? 'filled in a lead form' : 'began a lead form and did not finish it'
  // A lead of an ad names no person; its answers are fetched by its id.
  const text = listing(
    `${leadgenId === null ? who : 'Somebody'} ${filled}${named === '' ? '' : ` (${named})`}`,
    answers.map(({ question, answer }) => `${question}: ${answer}`),
  )
  return referral?.adTitle === undefined ? text : `${text}\n${describeReferral(referral, who)}`
}
