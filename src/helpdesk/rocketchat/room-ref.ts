import type { TicketRef } from '../adapter.ts'
import type { RoomRef } from './api.ts'

/** `<room> <our conversation> <visitor>`: no token, which is made anew each time. */
export function writeRef({ room, customer, visitor }: RoomRef): TicketRef {
  return `${room} ${customer} ${visitor}`
}

export function readRef(ref: TicketRef): RoomRef {
  const [room = '', customer = '', visitor = ''] = ref.split(' ')
  return { room, customer, visitor }
}
