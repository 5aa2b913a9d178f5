import { createServer } from 'node:net'

/** A port nobody listens on: the preferred one when it is free, any other one else. It is free now; nothing reserves it. */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred
  return (await listenOnce(0, '127.0.0.1')) ?? Promise.reject(new Error('this machine has no free port left'))
}

// Both addresses: on macOS the wildcard can be bound while somebody holds 127.0.0.1 alone.
async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined && (await listenOnce(port, '127.0.0.1')) !== undefined
}

function listenOnce(port: number, host?: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
