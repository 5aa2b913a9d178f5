import type { Server } from 'node:net'

/** The port that a server listens on. */
export function addressOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
