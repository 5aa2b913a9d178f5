import { hash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { Agent } from '../domain/outgoing.ts'
import { personasKey } from './record-keys.ts'

/** Which persona of Meta's speaks for which agent of a Page. Personas live until they are deleted, so these are kept. */
export interface Personas {
  get(pageId: string, agent: Agent): Promise<string | undefined>
  keep(pageId: string, agent: Agent, personaId: string): Promise<void>
  forget(pageId: string, agent: Agent): Promise<void>
}

export function personas(redis: Redis, { prefix }: { prefix: string }): Personas {
  const fieldOf = (agent: Agent) =>
    hash('sha256', JSON.stringify([agent.name, agent.pictureUrl]), 'base64url')
  return {
    get: async (pageId, agent) =>
      (await redis.hget(personasKey(prefix, pageId), fieldOf(agent))) ?? undefined,
    keep: async (pageId, agent, personaId) =>
      void (await redis.hset(personasKey(prefix, pageId), fieldOf(agent), personaId)),
    forget: async (pageId, agent) => void (await redis.hdel(personasKey(prefix, pageId), fieldOf(agent))),
  }
}
