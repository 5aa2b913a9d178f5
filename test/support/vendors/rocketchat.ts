import { rocketchatHelpdesk } from '../../../src/helpdesk/rocketchat/adapter.ts'
import { rocketchatSettings } from '../../../src/helpdesk/rocketchat/settings.ts'
import { using } from '../ticket-helpdesk-kit.ts'
import type { SeenCallback, SeenEntry, SeenTicket, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import { rocketchatRoutes } from './rocketchat-routes.ts'
import { addMessage, agentBea, bridgeUser, newId, newRocketchat, post } from './rocketchat-state.ts'
import type { RocketchatMessage, RocketchatRoom, RocketchatState } from './rocketchat-state.ts'

const specs = [{ file: 'rocketchat/omnichannel.yaml' }]
const visitorSecret = 'a-secret-of-thirty-two-characters-or-more'
export const callbackSecret = 'a-callback-secret-of-thirty-two-characters'

export interface RocketchatUnderTest extends TicketHelpdeskUnderTest {
  state: RocketchatState
  /** Somebody closes the room. What is posted of it. */
  closeRoom(room: string): SeenCallback[]
}

/** A workspace with Omnichannel, and an adapter that is set up for it. */
export async function openRocketchat(more: object = {}): Promise<RocketchatUnderTest> {
  const state = newRocketchat()
  const server = await vendorServer(rocketchatRoutes(state), specs)
  state.url = server.url
  const settings = rocketchatSettings.parse({
    adapter: 'rocketchat',
    url: server.url,
    userId: state.userId,
    authToken: state.authToken,
    visitorSecret,
    callbackSecrets: [callbackSecret],
    fields: { locale: 'locale' },
    allowPrivateNetwork: true,
    ...more,
  })
  /** What was posted while something was done. */
  const posted = (act: () => void): SeenCallback[] => {
    const before = state.posted.length
    act()
    return state.posted.slice(before).map((body: unknown) => ({ body }))
  }
  const say = (rid: string, msg: string, file?: RocketchatMessage['file'], by: object = {}) =>
    addMessage(state, {
      _id: newId(state),
      rid,
      msg,
      u: { ...agentBea, ...by },
      ...(file ? { file, attachments: [{ title: file.name, type: 'file' }] } : {}),
    })
  const closeRoom = (ticket: string) =>
    posted(() => {
      const room = state.rooms.find(({ _id }) => _id === ticket)!
      room.open = false
      const comment = { _id: newId(state), rid: ticket, msg: 'done', u: agentBea }
      addMessage(state, comment, { closingMessage: true })
      const messages = state.messages.filter(({ rid }) => rid === ticket)
      post(state, room, 'LivechatSession', { messages, closedAt: new Date().toISOString(), closer: 'user' })
    })
  return {
    state,
    server,
    adapter: rocketchatHelpdesk(settings),
    secrets: [state.authToken, visitorSecret, callbackSecret],
    tickets: () => state.rooms.map((room) => seen(state, room)),
    callbacks: {
      // Every file is a message of its own.
      reply: (ticket, { text, files, agent }) =>
        posted(() => {
          if (text !== null) say(ticket, text, undefined, { name: agent })
          for (const { type, name } of files) {
            const kind = type === 'file' ? 'application/pdf' : `${type}/x`
            say(ticket, '', { _id: newId(state), name, type: kind }, { name: agent })
          }
        }),
      ours: () => state.posted.map((body: unknown) => ({ body })),
    },
    closeRoom,
    volatile: { token: /\b[0-9a-f]{64}\b/g },
    closeForGood: (ticket) => {
      closeRoom(ticket)
    },
    remove: (ticket) => {
      state.rooms = state.rooms.filter(({ _id }) => _id !== ticket)
      state.messages = state.messages.filter(({ rid }) => rid !== ticket)
    },
    close: () => Promise.resolve(),
  }
}

function seen(state: RocketchatState, { _id: id, token, open, tags }: RocketchatRoom): SeenTicket {
  return {
    id,
    customer: token,
    customerName: state.visitors.find((one) => one.token === token)?.name,
    status: open ? 'open' : 'closed',
    tags,
    entries: state.messages.filter(({ rid }) => rid === id).map((message) => seenEntry(message)),
  }
}

function seenEntry({ _id, token, u, msg, file }: RocketchatMessage): SeenEntry {
  const isNote = u._id === bridgeUser._id && msg.startsWith('[note] ')
  return {
    id: _id,
    from: token !== undefined ? 'customer' : isNote ? 'note' : 'agent',
    author: u.name,
    text: msg,
    files: file ? [file.name] : [],
  }
}

/** Like `using`, for what only the stand-in of Rocket.Chat knows. */
export function rocketchat(
  use: (under: RocketchatUnderTest) => Promise<void>,
  more: object = {},
): Promise<void> {
  let under: RocketchatUnderTest
  return using(
    async () => (under = await openRocketchat(more)),
    () => use(under),
  )
}
