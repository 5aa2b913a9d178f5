import type { Answer } from '../../domain/event-base.ts'
import type { DomainEvent, JsonValue } from '../../domain/event.ts'
import { idOfContent } from './event-frame.ts'
import type { Frame } from './event-frame.ts'
import { id, isObject, member, objects } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { readReferral } from './read-referral.ts'

/**
 * A referral alone. When a lead ad ended it is a lead: Meta tells it by the type, and puts the answers beside it.
 * https://developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/lead-generation-ads-in-messenger
 */
export function readReferralEvent(value: JsonValue, frame: Frame, raw: JsonObject): DomainEvent | null {
  const referral = readReferral(value)
  if (!referral) return null
  const lead = member(raw, 'lead')
  if (!lead && !referral.type?.startsWith('LEAD_')) {
    return { ...frame.base, id: idOfContent(frame, 'referral', value), kind: 'referral', referral }
  }
  return {
    ...frame.base,
    id: idOfContent(frame, 'lead', [value, lead]),
    kind: 'lead',
    leadgenId: null,
    formId: null,
    adId: referral.adId,
    adgroupId: null,
    answers: objects(lead?.['data']).map(answer),
    isComplete: referral.type !== 'LEAD_INCOMPLETE',
    referral,
  }
}

function answer(line: JsonObject): Answer {
  return { question: id(line['question']) ?? '', answer: id(line['answer']) ?? '' }
}

/** An instant form that was filled in inside the conversation. Meta sends its id only. */
export function readLeadForm(value: JsonValue, frame: Frame): DomainEvent | null {
  const formId = isObject(value) && id(value['id'])
  if (!formId) return null
  return {
    ...frame.base,
    id: idOfContent(frame, 'lead', value),
    kind: 'lead',
    leadgenId: null,
    formId,
    adId: null,
    adgroupId: null,
    answers: [],
    isComplete: true,
  }
}
