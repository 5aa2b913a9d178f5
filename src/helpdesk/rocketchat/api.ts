import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { FormData, HelpdeskAnswer, HelpdeskCall, HelpdeskHttp } from '../http-client.ts'
import type { RocketchatSettings } from './settings.ts'

const success = z.object({ success: z.literal(true) })
const id = z.string().min(1)
const visitorAnswer = success.extend({ visitor: z.object({ _id: id }) })
const roomAnswer = success.extend({ room: z.object({ _id: id, tags: z.array(z.string()).nullish() }) })
const messageAnswer = success.extend({ message: z.object({ _id: id }) })
const uploadAnswer = z.object({ _id: id })
const historyAnswer = success.extend({
  messages: z.array(z.object({ _id: id, file: z.object({ name: z.string().nullish() }).nullish() })),
})
const settingsAnswer = success.extend({
  settings: z.array(z.object({ _id: z.string(), value: z.unknown() })),
})
const configAnswer = success.extend({ config: z.object({ enabled: z.boolean() }) })
const failure = z.object({ error: z.string().nullish(), errorType: z.string().nullish() })

/** A room, and whose it is. */
export interface RoomRef {
  room: string
  /** Our id of the conversation. */
  customer: string
  /** Rocket.Chat's id of the visitor. */
  visitor: string
}

export interface RoomChange {
  tags?: string[]
  livechatData?: Record<string, string>
}

export type RocketchatApi = ReturnType<typeof rocketchatApi>

/**
 * The calls that we make: what a visitor does under their token, all else as our user. A room that is closed or gone
 * fails with TICKET_CLOSED or TICKET_GONE.
 */
export function rocketchatApi(settings: RocketchatSettings, http: HelpdeskHttp) {
  const base = `${settings.url.replace(/\/+$/, '')}/api/v1`
  const credentials = { 'x-auth-token': settings.authToken, 'x-user-id': settings.userId }

  /** Nobody can guess it, and whoever has it is the visitor. */
  function tokenOf(customer: string): string {
    return createHmac('sha256', settings.visitorSecret).update(customer).digest('hex')
  }

  /** Rocket.Chat says 400 to everything, and why in words of its own. */
  async function ask(
    call: Omit<HelpdeskCall, 'url'> & { path: string },
    among: Record<string, StepError> = {},
  ): Promise<HelpdeskAnswer> {
    const { path, ...wanted } = call
    const answer = await http.call({ ...wanted, url: `${base}${path}`, also: [400, 401] })
    if (answer.status < 300) return answer
    const said = failure.safeParse(answer.body)
    const words = said.success ? `${said.data.errorType ?? ''} ${said.data.error ?? ''}` : ''
    for (const [word, error] of Object.entries({ ...among, ...rooms() }))
      if (words.includes(word)) throw error
    throw refused(answer.status)
  }

  function as(method: HelpdeskCall['method'], path: string, json: unknown, signal: AbortSignal) {
    return ask({ method, path, headers: credentials, ...(json === undefined ? {} : { json }), signal })
  }

  return {
    async visitor(customer: string, name: string | undefined, signal: AbortSignal): Promise<string> {
      const { department } = settings
      const visitor = {
        token: tokenOf(customer),
        ...(name === undefined ? {} : { name }),
        ...(department === undefined ? {} : { department }),
      }
      const answer = await ask({ method: 'POST', path: '/livechat/visitor', json: { visitor }, signal })
      return readAnswer(visitorAnswer, answer).visitor._id
    },

    /** The open room of a visitor, of which there is one at most; a new one where there is none. */
    async openRoom(customer: string, signal: AbortSignal) {
      const path = `/livechat/room?token=${tokenOf(customer)}`
      const answer = await ask({ method: 'GET', path, signal }, { 'no-agent-online': nobodyThere() })
      const { _id, tags } = readAnswer(roomAnswer, answer).room
      return { id: _id, tags: tags ?? [] }
    },

    async tags({ room }: RoomRef, signal: AbortSignal): Promise<string[]> {
      const path = `/rooms.info?roomId=${encodeURIComponent(room)}`
      return readAnswer(roomAnswer, await as('GET', path, undefined, signal)).room.tags ?? []
    },

    /** Tags that are not told are taken away by Rocket.Chat. */
    async saveRoom({ room, visitor }: RoomRef, change: RoomChange & { tags: string[] }, signal: AbortSignal) {
      const json = { guestData: { _id: visitor }, roomData: { _id: room, ...change } }
      readAnswer(success, await as('POST', '/livechat/room.saveInfo', json, signal))
    },

    async sayAsVisitor({ room, customer }: RoomRef, _id: string, msg: string, signal: AbortSignal) {
      const json = { token: tokenOf(customer), rid: room, msg, _id }
      const answer = await ask({ method: 'POST', path: '/livechat/message', json, signal })
      return readAnswer(messageAnswer, answer).message._id
    },

    async sayAsUser({ room }: RoomRef, _id: string, msg: string, signal: AbortSignal) {
      const json = { message: { _id, rid: room, msg } }
      return readAnswer(messageAnswer, await as('POST', '/chat.sendMessage', json, signal)).message._id
    },

    /** Fails with HELPDESK_REFUSED where Rocket.Chat will not have this file. */
    async upload({ room, customer }: RoomRef, form: FormData, signal: AbortSignal): Promise<string> {
      const url = `${base}/livechat/upload/${encodeURIComponent(room)}`
      const headers = { 'x-visitor-token': tokenOf(customer) }
      const answer = await http.call({ method: 'POST', url, headers, form, also: [401], signal })
      // It says so of closed rooms, too.
      if (answer.status === 401) throw permanent('TICKET_CLOSED', 'the room takes nothing any more')
      return readAnswer(uploadAnswer, answer)._id
    },

    async hasMessage({ room, customer }: RoomRef, _id: string, signal: AbortSignal): Promise<boolean> {
      const query = `token=${tokenOf(customer)}&rid=${encodeURIComponent(room)}`
      const path = `/livechat/message/${_id}?${query}`
      const missing = permanent('MISSING', 'there is no such message')
      try {
        readAnswer(messageAnswer, await ask({ method: 'GET', path, signal }, { 'invalid-message': missing }))
        return true
      } catch (error) {
        if (error === missing) return false
        throw error
      }
    },

    /** Ids of the latest messages that have files, by the name of the file. */
    async uploads({ room, customer }: RoomRef, signal: AbortSignal): Promise<Map<string, string>> {
      const path = `/livechat/messages.history/${encodeURIComponent(room)}?token=${tokenOf(customer)}&limit=100`
      const { messages } = readAnswer(historyAnswer, await ask({ method: 'GET', path, signal }))
      return new Map(messages.flatMap(({ _id, file }) => (file?.name ? [[file.name, _id] as const] : [])))
    },

    async integrations(signal: AbortSignal): Promise<Map<string, unknown>> {
      const answer = await as('GET', '/livechat/integrations.settings', undefined, signal)
      return new Map(readAnswer(settingsAnswer, answer).settings.map(({ _id, value }) => [_id, value]))
    },

    async integrate(json: Record<string, string | boolean | number>, signal: AbortSignal) {
      readAnswer(success, await as('POST', '/omnichannel/integrations', json, signal))
    },

    async isEnabled(signal: AbortSignal): Promise<boolean> {
      const answer = await ask({ method: 'GET', path: '/livechat/config', signal })
      return readAnswer(configAnswer, answer).config.enabled
    },
  }
}

function rooms(): Record<string, StepError> {
  return {
    'room-closed': permanent('TICKET_CLOSED', 'the room takes nothing any more'),
    'invalid-room': permanent('TICKET_GONE', 'the room is gone from Rocket.Chat'),
    'invalid-token': permanent('TICKET_GONE', 'the visitor is gone from Rocket.Chat'),
  }
}

function refused(status: number): StepError {
  return permanent('HELPDESK_REFUSED', `Rocket.Chat refused it (${status})`)
}

/** Rooms are opened only while somebody is there to take them, unless Rocket.Chat is set otherwise. */
function nobodyThere(): StepError {
  return new StepError('no agent is online in Rocket.Chat, which then takes no new rooms', {
    code: 'HELPDESK_BUSY',
    verdict: 'retry',
    arrived: 'no',
    retryAfterMs: 60_000,
  })
}

function permanent(code: string, message: string): StepError {
  return new StepError(message, { code, verdict: 'permanent', arrived: 'no' })
}
