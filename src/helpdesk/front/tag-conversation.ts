import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { Step } from '../adapter.ts'
import { readAnswer } from '../http-client.ts'
import type { FrontConversations } from './find-conversation.ts'
import type { FrontApi } from './front-api.ts'
import type { FrontTicket } from './ticket-ref.ts'

const tag = z.object({ id: z.string(), name: z.string() })
const tagList = z.object({
  _results: z.array(tag),
  _pagination: z.object({ next: z.string().nullish() }).nullish(),
})

/** Front's limit for names. */
const longestName = 64
const mostPages = 20

/** Puts tags of the company on conversations, and makes those that are not there. Idempotent. */
export function conversationTags(api: FrontApi, conversations: FrontConversations) {
  const ids = new Map<string, string>()

  async function idOf(name: string, signal: AbortSignal): Promise<string> {
    if (!ids.has(name)) await readTags(signal)
    const known = ids.get(name)
    if (known !== undefined) return known
    const answer = await api.call({
      method: 'POST',
      path: '/company/tags',
      by: 'token',
      json: { name },
      signal,
    })
    const made = readAnswer(tag, answer)
    ids.set(name, made.id)
    return made.id
  }

  async function readTags(signal: AbortSignal): Promise<void> {
    let path: string | undefined = '/company/tags?limit=100'
    for (let page = 0; path !== undefined && page < mostPages; page++) {
      const answer = await api.call({ method: 'GET', path, by: 'token', signal })
      const { _results: tags, _pagination: pagination } = readAnswer(tagList, answer)
      for (const { id, name } of tags) ids.set(name, id)
      const token = URL.parse(pagination?.next ?? '')?.searchParams.get('page_token')
      path = token ? `/company/tags?limit=100&page_token=${encodeURIComponent(token)}` : undefined
    }
  }

  return async function setTags(ticket: FrontTicket, names: string[], step: Step): Promise<void> {
    const tagIds: string[] = []
    for (const name of names) tagIds.push(await idOf(name.slice(0, longestName), step.signal))
    const wanted = {
      method: 'POST',
      path: '/tags',
      json: { tag_ids: tagIds },
      signal: step.signal,
    } as const
    try {
      await conversations.call(ticket, wanted, step)
    } catch (error) {
      // A tag that was deleted in Front is looked up anew the next time.
      if (error instanceof StepError && error.facts.verdict === 'permanent') ids.clear()
      throw error
    }
  }
}
