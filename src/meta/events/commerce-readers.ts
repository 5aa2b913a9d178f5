import type { FeedbackEvent, OrderedProduct } from '../../domain/messaging-events.ts'
import type { DomainEvent, JsonValue } from '../../domain/event.ts'
import { idOfContent } from './event-frame.ts'
import type { Frame } from './event-frame.ts'
import { id, isObject, member, number, objects, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

type Reader = (value: JsonValue, frame: Frame) => DomainEvent | null

/** Forms, orders, coupons and games: what comes in a conversation without being said. */
export const commerceReaders: readonly [key: string, read: Reader][] = [
  ['messaging_feedback', readSurvey],
  ['response_feedback', readThumb],
  ['order', readOrder],
  ['messaging_customer_information', readCustomerInformation],
  ['template', readCoupon],
  ['game_play', readGamePlay],
  ['payment', payment('payment')],
  ['checkout_update', payment('checkout_update')],
  ['pre_checkout', payment('pre_checkout')],
]

function readSurvey(value: JsonValue, frame: Frame): DomainEvent | null {
  if (!isObject(value) || !Array.isArray(value['feedback_screens'])) return null
  const answers = objects(value['feedback_screens']).flatMap(surveyAnswers)
  const key = idOfContent(frame, 'feedback', value)
  return { ...frame.base, id: key, kind: 'feedback', answers, response: null, mid: null }
}

/** `questions` is a map from the question's id to its answer. */
function surveyAnswers(screen: JsonObject): FeedbackEvent['answers'] {
  const questions = Object.entries(member(screen, 'questions') ?? {})
  return questions.flatMap(([questionId, question]) => {
    if (!isObject(question)) return []
    const followUp = member(question, 'follow_up')
    return [
      {
        screenId: id(screen['screen_id']),
        questionId,
        type: string(question['type']),
        payload: id(question['payload']),
        followUp: followUp && id(followUp['payload']),
      },
    ]
  })
}

function readThumb(value: JsonValue, frame: Frame): DomainEvent | null {
  const response = isObject(value) && string(value['feedback'])
  if (!response) return null
  const key = idOfContent(frame, 'feedback', value)
  return { ...frame.base, id: key, kind: 'feedback', answers: [], response, mid: id(value['mid']) }
}

function readOrder(value: JsonValue, frame: Frame): DomainEvent | null {
  if (!isObject(value) || !Array.isArray(value['products'])) return null
  const products = objects(value['products']).map(orderedProduct)
  const key = idOfContent(frame, 'order', value)
  return { ...frame.base, id: key, kind: 'order', products, note: string(value['note']) }
}

function orderedProduct(product: JsonObject): OrderedProduct {
  return {
    id: id(product['id']),
    retailerId: id(product['retailer_id']),
    name: string(product['name']),
    unitPrice: number(product['unit_price']),
    currency: string(product['currency']),
    quantity: number(product['quantity']),
  }
}

function readCustomerInformation(value: JsonValue, frame: Frame): DomainEvent | null {
  if (!isObject(value) || !Array.isArray(value['screens'])) return null
  const answers = objects(value['screens']).flatMap((screen) =>
    objects(screen['responses']).map((response) => ({
      screenId: id(screen['screen_id']),
      key: id(response['key']) ?? '',
      value: id(response['value']),
    })),
  )
  const key = idOfContent(frame, 'customer_information', value)
  return { ...frame.base, id: key, kind: 'customer_information', answers }
}

function readCoupon(value: JsonValue, frame: Frame): DomainEvent | null {
  const couponCode = isObject(value) && value['type'] === 'coupon' && id(value['coupon_code'])
  if (!couponCode) return null
  const key = idOfContent(frame, 'coupon', value)
  return { ...frame.base, id: key, kind: 'coupon', couponCode, payload: string(value['payload']) }
}

function readGamePlay(value: JsonValue, frame: Frame): DomainEvent | null {
  if (!isObject(value) || id(value['game_id']) === null) return null
  return {
    ...frame.base,
    id: idOfContent(frame, 'game_play', value),
    kind: 'game_play',
    gameId: id(value['game_id']),
    playerId: id(value['player_id']),
    contextType: string(value['context_type']),
    contextId: id(value['context_id']),
    score: number(value['score']),
    payload: string(value['payload']),
  }
}

function payment(step: 'payment' | 'checkout_update' | 'pre_checkout'): Reader {
  return (value, frame) => {
    if (!isObject(value)) return null
    const amount = member(value, 'amount')
    const credential = member(value, 'payment_credential')
    return {
      ...frame.base,
      id: idOfContent(frame, `payment|${step}`, value),
      kind: 'payment',
      step,
      payload: string(value['payload']),
      amount: amount && { amount: id(amount['amount']), currency: string(amount['currency']) },
      requestedUserInfo: value['requested_user_info'] ?? null,
      shippingAddress: value['shipping_address'] ?? null,
      credential: credential && {
        providerType: string(credential['provider_type']),
        chargeId: id(credential['charge_id']),
      },
    }
  }
}
