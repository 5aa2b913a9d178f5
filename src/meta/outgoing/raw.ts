import { z } from 'zod'
import { anyJson, given, rule, tooMuchJson } from './fields.ts'
import type { Fault } from './fields.ts'

/** Dead since 2026-04-27: Meta answers error 100, in every version. */
const retiredTags = ['CONFIRMED_EVENT_UPDATE', 'ACCOUNT_UPDATE', 'POST_PURCHASE_UPDATE']

/** What says to whom, as whom and how Graph is called. Graph takes the last three in a body too. */
const ours = ['recipient', 'access_token', 'appsecret_proof', 'method']

/**
 * A Send API body in Meta's own words, for what Meta has and we have no field for. Who gets it and the metadata by which
 * we know its echo are ours. It is bounded, and else passed on as it is.
 */
export const raw = z
  .record(z.string(), anyJson, { error: 'must be an object' })
  .check(rule((value) => rawFaults(value)))
  .describe(
    'A body of the Send API as Meta takes it, with message or sender_action and without recipient and metadata. ' +
      'Its messaging_type and tag do not count: deskbridge decides them. At most 64 KiB. Needs the scope replies:raw.',
  )
  .meta({ example: { message: { sticker_id: '369239263222822' } } })

function rawFaults(value: Record<string, unknown>): (Fault | false)[] {
  const tooMuch = tooMuchJson(value)
  if (tooMuch !== undefined) return [{ path: [], message: tooMuch }]
  const { message, sender_action: action, tag } = value
  const hasMessage = message !== undefined
  return [
    hasMessage === (action !== undefined) && {
      path: [],
      message: 'needs exactly one of message, sender_action; Meta takes no call with both or none',
    },
    hasMessage && !isObject(message) && { path: ['message'], message: 'must be an object' },
    action !== undefined &&
      typeof action !== 'string' && { path: ['sender_action'], message: 'must be text' },
    ...given(value, ours).map((key) => ({ path: [key], message: 'is set by deskbridge; leave it out' })),
    isObject(message) &&
      'metadata' in message && {
        path: ['message', 'metadata'],
        message: 'is set by deskbridge, which knows its messages by it; leave it out',
      },
    typeof tag === 'string' &&
      retiredTags.includes(tag) && {
        path: ['tag'],
        message: `is ${tag}, which Meta takes no more since 2026-04-27; use a utility template`,
      },
  ]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
