import type { OptinEvent, ThreadControlEvent } from '../../domain/messaging-events.ts'
import type { DomainEvent, JsonValue } from '../../domain/event.ts'
import { editEventId, eventId, idOfContent } from './event-frame.ts'
import type { Frame } from './event-frame.ts'
import { commerceReaders } from './commerce-readers.ts'
import { id, isObject, isoTime, milliseconds, number, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { readLeadForm, readReferralEvent } from './lead-readers.ts'
import { readReferral } from './read-referral.ts'

/** Reads what stands under one key of an event; null when it has a shape that we cannot use. */
export type MessagingReader = (value: JsonValue, frame: Frame, raw: JsonObject) => DomainEvent | null

/** By the key that tells the kind. When an event has several, the first of this list counts. */
export const messagingReaders: ReadonlyMap<string, MessagingReader> = new Map<string, MessagingReader>([
  ['postback', readPostback],
  ['message_edit', readEdit],
  ['reaction', readReaction],
  ['read', readRead],
  ['delivery', readDelivery],
  ['referral', readReferralEvent],
  ['optin', readOptin],
  ['account_linking', readAccountLinking],
  ['policy_enforcement', readPolicyEnforcement],
  ['policy-enforcement', readPolicyEnforcement],
  ['pass_thread_control', threadControl('pass')],
  ['take_thread_control', threadControl('take')],
  ['request_thread_control', threadControl('request')],
  ['app_roles', readAppRoles],
  ['form', readLeadForm],
  ...commerceReaders,
])

function readPostback(value: JsonValue, frame: Frame): DomainEvent | null {
  if (!isObject(value)) return null
  const { base, when } = frame
  const mid = string(value['mid'])
  const referral = readReferral(value['referral'])
  // The whole, since a standby postback has no payload.
  const key = mid ?? `${base.psid}|${when}|${JSON.stringify(value)}`
  return {
    ...base,
    id: eventId(`postback|${base.pageId}|${key}`),
    kind: 'postback',
    mid,
    title: string(value['title']),
    payload: string(value['payload']),
    ...(referral && { referral }),
  }
}

function readEdit(value: JsonValue, frame: Frame): DomainEvent | null {
  const mid = isObject(value) && id(value['mid'])
  if (!mid) return null
  const { base, when } = frame
  const numEdit = number(value['num_edit'])
  const key = numEdit ?? `${when}|${JSON.stringify(value)}`
  return {
    ...base,
    id: editEventId(base.pageId, mid, key),
    kind: 'message_edit',
    mid,
    text: string(value['text']),
    numEdit,
    byPage: frame.byPage,
  }
}

function readReaction(value: JsonValue, { base, when, byPage }: Frame): DomainEvent | null {
  const mid = isObject(value) && id(value['mid'])
  if (!mid) return null
  const action = value['action']
  if (action !== 'react' && action !== 'unreact') return null
  const sender = byPage ? base.pageId : base.psid
  return {
    ...base,
    id: eventId(`reaction|${base.pageId}|${mid}|${sender}|${action}|${when}`),
    kind: 'reaction',
    mid,
    action,
    reaction: string(value['reaction']),
    emoji: string(value['emoji']),
    byPage,
  }
}

function readRead(value: JsonValue, { base }: Frame): DomainEvent | null {
  if (!isObject(value)) return null
  const [watermark, mid] = [milliseconds(value['watermark']), id(value['mid'])]
  if (watermark === null && mid === null) return null
  const key = eventId(`read|${base.pageId}|${base.psid}|${watermark}|${mid}`)
  return { ...base, id: key, kind: 'read', watermark, mid }
}

function readDelivery(value: JsonValue, { base }: Frame): DomainEvent | null {
  if (!isObject(value)) return null
  const watermark = milliseconds(value['watermark'])
  const given = value['mids']
  const mids = Array.isArray(given) ? given.map(id).filter((mid) => mid !== null) : []
  if (watermark === null && mids.length === 0) return null
  // Which mids, too: two messages can arrive in the same millisecond.
  const key = eventId(`delivery|${base.pageId}|${base.psid}|${watermark}|${mids.join()}`)
  return { ...base, id: key, kind: 'delivery', mids, watermark }
}

function readOptin(value: JsonValue, frame: Frame): DomainEvent | null {
  if (!isObject(value) || Object.keys(value).length === 0) return null
  const text = (key: string) => id(value[key])
  const optin: Omit<OptinEvent, keyof Frame['base'] | 'id'> = {
    kind: 'optin',
    type: text('type'),
    ref: text('ref'),
    userRef: text('user_ref'),
    payload: text('payload'),
    title: text('title'),
    token: text('notification_messages_token') ?? text('one_time_notif_token'),
    tokenExpiresAt: isoTime(value['token_expiry_timestamp']),
    tokenStatus: text('user_token_status'),
    status: text('notification_messages_status'),
    frequency: text('notification_messages_frequency'),
    topic: text('notification_messages_topic'),
    timezone: text('notification_messages_timezone'),
    source: text('source'),
  }
  return { ...frame.base, id: idOfContent(frame, 'optin', value), ...optin }
}

function readAccountLinking(value: JsonValue, frame: Frame): DomainEvent | null {
  const status = isObject(value) && string(value['status'])
  if (!status) return null
  const authorizationCode = string(value['authorization_code'])
  const key = idOfContent(frame, 'account_linking', value)
  return { ...frame.base, id: key, kind: 'account_linking', status, authorizationCode }
}

function readPolicyEnforcement(value: JsonValue, frame: Frame): DomainEvent | null {
  const action = isObject(value) && string(value['action'])
  if (!action) return null
  const reason = string(value['reason'])
  const key = idOfContent(frame, 'policy_enforcement', value)
  return { ...frame.base, id: key, kind: 'policy_enforcement', action, reason }
}

function threadControl(action: 'pass' | 'take' | 'request'): MessagingReader {
  return (value, frame) => {
    if (!isObject(value)) return null
    return {
      ...frame.base,
      id: idOfContent(frame, `thread_control|${action}`, value),
      kind: 'thread_control',
      action,
      previousOwner: id(value['previous_owner_app_id']),
      newOwner: id(value['new_owner_app_id']),
      requestedOwner: id(value['requested_owner_app_id']),
      metadata: string(value['metadata']),
    }
  }
}

function readAppRoles(value: JsonValue, frame: Frame): ThreadControlEvent | null {
  if (!isObject(value)) return null
  const roles = Object.entries(value).map(([app, given]): [string, string[]] => [
    app,
    Array.isArray(given) ? given.filter((role) => typeof role === 'string') : [],
  ])
  return {
    ...frame.base,
    id: idOfContent(frame, 'thread_control|app_roles', value),
    kind: 'thread_control',
    action: 'app_roles',
    previousOwner: null,
    newOwner: null,
    requestedOwner: null,
    metadata: null,
    roles: Object.fromEntries(roles),
  }
}
