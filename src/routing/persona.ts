import { z } from 'zod'
import type { Log } from '../domain/log.ts'
import type { Agent } from '../domain/outgoing.ts'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphClient } from '../meta/graph-client.ts'
import type { Personas } from '../records/personas.ts'
import type { Sending } from './sending.ts'

export interface PersonaDeps {
  personas: Personas
  graph: Pick<GraphClient, 'call'>
  log: Log
}

const madeBody = z.object({ id: z.string().min(1) })

/**
 * The persona that shows an agent's first name and picture: made once for each agent, and used again. A person without a
 * picture has none, since Meta wants one; and what goes wrong here never holds up the message.
 */
export async function personaOf(deps: PersonaDeps, sending: Sending): Promise<string | undefined> {
  const { page, hold } = sending
  const agent = shownAgent(sending)
  if (!agent || sending.tried.withoutPersona) return undefined
  const kept = await deps.personas.get(page.id, agent)
  if (kept !== undefined) return kept
  const body = { name: agent.name, profile_picture_url: agent.pictureUrl }
  const path = pathOf(page.id, 'personas')
  const answer = await deps.graph.call(
    { method: 'POST', path, accessToken: page.accessToken, body },
    hold.signal,
  )
  const made = answer.outcome === 'ok' ? madeBody.safeParse(answer.body).data : undefined
  if (!made) {
    const code = answer.outcome === 'error' ? `${answer.code}/${answer.subcode ?? '-'}` : answer.outcome
    deps.log.warn({ code, page: page.id }, 'no persona was made; the message goes in the name of the Page')
    return undefined
  }
  await deps.personas.keep(page.id, agent, made.id)
  return made.id
}

/** The next message of this agent makes a new one. */
export async function forgetPersona(deps: PersonaDeps, sending: Sending): Promise<void> {
  const agent = shownAgent(sending)
  if (agent) await deps.personas.forget(sending.page.id, agent)
}

/** What customers see of an agent: the first name, as colleagues in a shop wear it. */
function shownAgent({ page, reply }: Sending): Agent | undefined {
  const { agent } = reply
  if (page.channel !== 'messenger' || !agent?.pictureUrl) return undefined
  const name = agent.name.trim().split(/\s+/)[0]?.slice(0, 50) ?? ''
  return name === '' ? undefined : { name, pictureUrl: agent.pictureUrl }
}
