import { freePort } from '../../scripts/free-port.ts'

/**
 * Ports below those that the system gives to outgoing connections: a process that is down for seconds would else find
 * its port taken, at worst by a client of its own that connected to itself.
 */
export async function quietPorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  for (let tries = 0; ports.size < count && tries < 1000; tries++) {
    const wanted = 20_000 + Math.floor(Math.random() * 12_000)
    if ((await freePort(wanted)) === wanted) ports.add(wanted)
  }
  return [...ports]
}
