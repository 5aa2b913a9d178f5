import { expect, onTestFinished } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { poll } from './poll.ts'
import { apiKey, appSecret, configWith, pageId, psid, startService } from './service.ts'
import type { Service } from './service.ts'

export const ada = { id: psid, name: 'Ada' }
export const postId = `${pageId}_77`

export type Fate = {
  status: string
  possibleRepeat: boolean
  parts: { mid: string | null; status: string }[]
  failure?: { code: string }
}
type Message = { from: string; text: string; id: string; status?: string; customerName?: string }

interface Round {
  meta: Simulator
  service: Service
  /** Somebody comments, and the inbox has it; answers the comment's conversation. */
  commented(text: string, more?: object): Promise<{ conversation: string; commentId: string }>
  say(conversation: string, body: object): Promise<Response>
  /** Says it and resolves with its fate once that fits. */
  fateOf(answer: Response, fits: (fate: Fate) => boolean): Promise<Fate>
  inbox(conversation: string, fits: (messages: Message[]) => boolean): Promise<Message[]>
}

/** The service, and the simulator in Meta's place, with one Page or Instagram account. */
export async function startCommentRound(
  redisUrl: string,
  prefix: string,
  page: Record<string, unknown> = {},
): Promise<Round> {
  const channel = page['channel'] === 'instagram' ? ('instagram' as const) : ('messenger' as const)
  const accessToken = 'token-of-the-page'
  const meta = await startSimulator({ port: 0, appSecret, pages: [{ id: pageId, accessToken, channel }] })
  onTestFinished(() => meta.close())
  const service = await startService(
    configWith(redisUrl, {
      redis: { url: redisUrl, prefix },
      meta: { appSecrets: [appSecret], verifyToken: 'verify-token', graphUrl: meta.url },
      pages: [{ id: pageId, name: 'Acme', accessToken, helpdesk: 'main', ...page }],
      apiKeys: [{ id: 'desk', key: apiKey, scopes: ['replies:write', 'conversations:read'] }],
    }),
  )
  meta.pointAt(`${service.url}/webhooks/meta`)

  const inbox: Round['inbox'] = (conversation, fits) =>
    poll(
      async () => {
        const answer = await service.rest('GET', `/v1/inbox/conversations/${conversation}`)
        return answer.status === 200 ? ((await answer.json()) as { messages: Message[] }).messages : []
      },
      (messages) => messages.length > 0 && fits(messages),
    )

  return {
    meta,
    service,
    inbox,
    async commented(message, more = {}) {
      // Meta tells whole seconds: what is said later is to stand later, too.
      const createdAt = Date.now() - 60_000
      const { commentId } = await meta.comment({ pageId, message, from: ada, postId, createdAt, ...more })
      const root = 'parentId' in more ? String(more.parentId) : commentId
      const conversation = `${pageId}:comment:${root}`
      await inbox(conversation, (messages) => messages.some(({ text }) => text === message))
      return { conversation, commentId }
    },
    say: (conversation, body) => service.rest('POST', `/v1/conversations/${conversation}/replies`, body),
    async fateOf(answer, fits) {
      expect([answer.status, await answer.clone().text()]).toEqual([202, expect.stringContaining('queued')])
      const { id } = (await answer.json()) as { id: string }
      return poll(async () => (await (await service.rest('GET', `/v1/replies/${id}`)).json()) as Fate, fits)
    },
  }
}

export const isSent = ({ status }: Fate) => status === 'sent' || status === 'delivered'
export const isFailed = ({ status }: Fate) => status === 'failed'
export const texts = (messages: Message[]) => messages.map(({ from, text }) => `${from}: ${text}`)

/** Comments of the Page, as Meta has them. */
export const ofPage = (meta: Simulator) => meta.comments(pageId).filter(({ from }) => from.id === pageId)
