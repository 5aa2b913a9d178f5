import type { Redis } from 'ioredis'
import type { Channel, Conversation } from '../../domain/conversation.ts'
import type { Attachment } from '../../domain/event.ts'
import type { ReplyFailure, ReplyStatus } from '../../domain/reply.ts'
import { pipelineResults } from '../../domain/pipeline-results.ts'

export interface InboxMessage {
  /** The event's or the reply's id: writing the same message again changes nothing but its status. */
  id: string
  from: 'customer' | 'agent' | 'note'
  /** ms since the epoch. */
  at: number
  text: string | null
  attachments?: Attachment[]
  payload?: string
  agentName?: string
  /** Who said it, where several people may: under a post or a review. */
  customerName?: string
  /** Another app has the conversation at Meta, and answers. */
  standby?: true
  /** The customer took it back: neither its text nor its files are there any more. */
  removed?: true
  status?: ReplyStatus
  failure?: ReplyFailure
}

export interface InboxConversation extends Omit<Conversation, 'customer'> {
  lastMessageAt: number
  lastText: string | null
  /** Whether the customer spoke last. */
  unanswered: boolean
  status: 'open' | 'solved'
  /** Left out while nobody knows. */
  customerName?: string
  /** Until its link expires. */
  customerPicture?: string
}

export interface InboxStore {
  /** The name of the inbox in the config. */
  helpdesk: string
  open(conversation: Conversation): Promise<void>
  put(conversationId: string, message: InboxMessage): Promise<void>
  /** Leaves a mark of a message that is there, without what it said; nothing when it is not. Idempotent. */
  remove(conversationId: string, messageId: string): Promise<void>
  /** Of a conversation that is there; false when it is not. Idempotent. */
  setConversationStatus(conversationId: string, status: InboxConversation['status']): Promise<boolean>
  /** Moves a message on that is there; nothing when it is not. */
  setStatus(conversationId: string, messageId: string, status: ReplyStatus): Promise<void>
  /** Of a conversation that is there; nothing when it is not. `expiresAt`, of the picture, is ms since the epoch. */
  setCustomer(
    conversationId: string,
    customer: { name: string | null; pictureUrl: string | null; expiresAt: number },
  ): Promise<void>
  list(limit: number): Promise<InboxConversation[]>
  get(conversationId: string): Promise<(InboxConversation & { messages: InboxMessage[] }) | undefined>
  /** For good. Answers how many messages it had; idempotent. */
  erase(conversationId: string): Promise<number>
}

/** Newest messages looked through for the last thing that somebody said; notes between do not count. */
const lookBack = 20
/** Newest messages shown of one conversation; the others stay in Redis until their time is over. */
const shownMessages = 200

/** What was erased since it was read must not come back. */
const replaceMessage = `
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end`

const setFacts = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1`

/** The embedded helpdesk's memory: per conversation a hash of facts, a hash of messages and their order in time. */
export function inboxStore(
  redis: Redis,
  settings: { prefix: string; helpdesk: string; retentionDays: number },
): InboxStore {
  const root = `${settings.prefix}:inbox:${settings.helpdesk}`
  const retentionMs = settings.retentionDays * 86_400_000
  const index = `${root}:conversations`
  const factsKey = (id: string) => `${root}:facts:${id}`
  const messagesKey = (id: string) => `${root}:messages:${id}`
  const orderKey = (id: string) => `${root}:order:${id}`

  async function open(conversation: Conversation): Promise<void> {
    const { id, pageId, psid, channel } = conversation
    const key = factsKey(id)
    const opened = redis
      .multi()
      .hset(key, { pageId, psid: psid ?? '', channel })
      .pexpire(key, retentionMs)
    pipelineResults(await opened.exec())
  }

  async function put(id: string, message: InboxMessage): Promise<void> {
    const writes = redis
      .multi()
      .hset(messagesKey(id), message.id, JSON.stringify(message))
      .zadd(orderKey(id), message.at, message.id)
      .zremrangebyscore(index, '-inf', Date.now() - retentionMs)
      .zadd(index, 'GT', message.at, id)
    for (const key of [index, factsKey(id), messagesKey(id), orderKey(id)]) writes.pexpire(key, retentionMs)
    pipelineResults(await writes.exec())
  }

  async function list(limit: number): Promise<InboxConversation[]> {
    const ids = await redis.zrevrange(index, 0, limit - 1)
    const found = await Promise.all(ids.map((id) => read(id, lookBack)))
    return found.filter((one) => one !== undefined).map(({ messages: _messages, ...facts }) => facts)
  }

  async function read(id: string, newest: number) {
    const [facts, ids] = await Promise.all([
      redis.hgetall(factsKey(id)),
      redis.zrevrange(orderKey(id), 0, newest - 1),
    ])
    if (facts['pageId'] === undefined) return undefined
    const texts = ids.length > 0 ? await redis.hmget(messagesKey(id), ...ids) : []
    const messages = texts.filter((text) => text !== null).map((text) => JSON.parse(text) as InboxMessage)
    const last = messages[0]
    const spoken = messages.find(({ from }) => from !== 'note')
    return {
      id,
      pageId: facts['pageId'],
      psid: facts['psid'] || null,
      channel: facts['channel'] as Channel,
      lastMessageAt: last?.at ?? 0,
      lastText: spoken?.text ?? null,
      unanswered: spoken?.from === 'customer',
      status: facts['status'] === 'solved' ? ('solved' as const) : ('open' as const),
      ...customerOf(facts),
      messages: messages.toReversed(),
    }
  }

  async function setStatus(id: string, messageId: string, status: ReplyStatus): Promise<void> {
    const text = await redis.hget(messagesKey(id), messageId)
    if (text === null) return
    const message = JSON.parse(text) as InboxMessage
    const moved = JSON.stringify({ ...message, status })
    await redis.eval(replaceMessage, 1, messagesKey(id), messageId, text, moved)
  }

  async function remove(id: string, messageId: string): Promise<void> {
    const text = await redis.hget(messagesKey(id), messageId)
    if (text === null) return
    const { attachments: _attachments, payload: _payload, ...rest } = JSON.parse(text) as InboxMessage
    const emptied = JSON.stringify({ ...rest, text: null, removed: true })
    await redis.eval(replaceMessage, 1, messagesKey(id), messageId, text, emptied)
  }

  async function setConversationStatus(id: string, status: InboxConversation['status']): Promise<boolean> {
    return (await redis.eval(setFacts, 1, factsKey(id), 'status', status)) === 1
  }

  async function setCustomer(
    id: string,
    { name, pictureUrl, expiresAt }: { name: string | null; pictureUrl: string | null; expiresAt: number },
  ): Promise<void> {
    const facts = { customerName: name, customerPicture: pictureUrl, customerPictureUntil: expiresAt }
    const fields = Object.entries(facts).flatMap(([field, value]) => [field, value ?? ''])
    await redis.eval(setFacts, 1, factsKey(id), ...fields)
  }

  async function erase(id: string): Promise<number> {
    const erased = redis
      .multi()
      .hlen(messagesKey(id))
      .del(factsKey(id), messagesKey(id), orderKey(id))
      .zrem(index, id)
    return Number(pipelineResults(await erased.exec())[0])
  }

  return {
    helpdesk: settings.helpdesk,
    open,
    put,
    remove,
    setConversationStatus,
    setStatus,
    setCustomer,
    list,
    get: (id) => read(id, shownMessages),
    erase,
  }
}

function customerOf(facts: Record<string, string>): { customerName?: string; customerPicture?: string } {
  const { customerName, customerPicture, customerPictureUntil } = facts
  const isSeen = Number(customerPictureUntil) > Date.now()
  return {
    ...(customerName ? { customerName } : {}),
    ...(customerPicture && isSeen ? { customerPicture } : {}),
  }
}
