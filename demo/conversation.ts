import { z } from 'zod'
import type { Play, Said } from './play.ts'
import type { Milestone } from './stages.ts'

const QUESTION = 'Hi! Where is my parcel?'
const THANKS = 'Grüße und danke! 👋🏽 謝謝'
const ANSWER = 'Hello Anna, it left Köln this morning and is with you tomorrow. ☕ Mia'

const JOURNALED: Milestone[] = ['receive', 'verify', 'journal']
const INBOUND: Milestone[] = [...JOURNALED, 'split', 'append', 'drain', 'route', 'forward']
const OUTBOUND: Milestone[] = ['accept', 'append', 'drain', 'send']

const listSchema = z.object({ conversations: z.array(z.looseObject({ id: z.string(), psid: z.string() })) })
const acceptedSchema = z.looseObject({ id: z.string(), status: z.string() })
const replySchema = z.looseObject({ status: z.string() })

/** A short conversation through the real path. Returns its id. */
export async function playConversation(play: Play): Promise<string> {
  play.screen.title('A customer writes')
  const { conversationId, mid } = await customerWrites(play)
  play.screen.title('Meta repeats itself, and then the customer writes something that is not ASCII')
  await metaRepeats(play, conversationId, mid)
  play.screen.title('An agent answers')
  await agentAnswers(play, conversationId)
  return conversationId
}

async function customerWrites(play: Play): Promise<{ conversationId: string; mid: string }> {
  const { pageId, psid, simulator } = play.world
  play.screen.act(`Anna writes to Acme: "${QUESTION}"`)
  const { mid, webhook } = await play.through(INBOUND, () =>
    simulator.write({ pageId, psid, text: QUESTION }),
  )
  play.checkWebhook(webhook)

  const listed = await play.until(async () => {
    const list = listSchema.safeParse((await play.api('GET', '/v1/inbox/conversations')).body).data
    return list?.conversations.find((conversation) => conversation.psid === psid)
  })
  const conversationId = listed?.id ?? `${pageId}:${psid}`
  play.check(listed !== undefined, `the helpdesk's inbox lists the conversation ${conversationId}`)
  const inbox = await play.inboxWhen(conversationId, (said) => by('customer', said).includes(QUESTION))
  play.check(inbox !== undefined, 'the inbox shows what Anna wrote')
  return { conversationId, mid }
}

async function metaRepeats(play: Play, conversationId: string, mid: string): Promise<void> {
  const { pageId, psid, simulator } = play.world
  play.screen.act('Meta repeats its first delivery, byte by byte')
  play.checkWebhook(await play.through(JOURNALED, async () => simulator.redeliver(mid)))

  play.screen.act(`Anna writes: "${THANKS}"`)
  const { webhook } = await play.through(INBOUND, () => simulator.write({ pageId, psid, text: THANKS }))
  play.checkWebhook(webhook)
  // The duplicate came before this message, so once this one is there the duplicate has had its chance.
  const inbox = await play.inboxWhen(conversationId, (said) => by('customer', said).includes(THANKS))
  play.check(inbox !== undefined, 'the inbox shows it, character for character')
  play.check(
    same(by('customer', inbox ?? []), [QUESTION, THANKS]),
    'in order, and the repeated delivery had no second effect',
  )
}

async function agentAnswers(play: Play, conversationId: string): Promise<void> {
  const { psid, simulator } = play.world
  const path = `/v1/conversations/${encodeURIComponent(conversationId)}/replies`
  const reply = { text: ANSWER, agent: { name: 'Mia' } }
  const answer = () => play.api('POST', path, reply, { 'idempotency-key': `demo-${psid}` })

  play.screen.act(`Mia answers: "${ANSWER}"`)
  // The echo may come before the answer to the send is read, so it is waited for together with the rest.
  const accepted = await play.through([...OUTBOUND, 'echo'], answer)
  const { id = '', status } = acceptedSchema.safeParse(accepted.body).data ?? {}
  play.check(
    accepted.status === 202 && status === 'queued',
    `answered ${accepted.status}: ${id} is ${status}`,
  )
  const fate = await play.until(async () => {
    const { body } = await play.api('GET', `/v1/replies/${encodeURIComponent(id)}`)
    const now = replySchema.safeParse(body).data?.status
    return now === 'sent' || now === 'delivered' || now === 'failed' ? now : undefined
  })
  play.check(fate === 'sent' || fate === 'delivered', `the reply is ${fate ?? 'still on its way'}`)
  const repeated = acceptedSchema.safeParse((await answer()).body).data
  play.check(repeated?.id === id, 'the same call with the same Idempotency-Key is the same reply')

  const inbox = await play.inboxWhen(conversationId, (said) => by('agent', said).length > 0)
  play.check(same(by('agent', inbox ?? []), [ANSWER]), "the inbox shows Mia's answer, once")
  const shown = simulator.shown({ psid }).map(({ from, text }) => `${from}: ${text}`)
  const expected = [`person: ${QUESTION}`, `person: ${THANKS}`, `page: ${ANSWER}`]
  play.check(same(shown, expected), "Anna's Messenger shows the answer, once")
  for (const line of shown) play.screen.plain(`${' '.repeat(22)}${line}`)
}

function by(from: string, said: readonly Said[]): string[] {
  return said.filter((one) => one.from === from).map(({ text }) => text)
}

function same(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((text, index) => text === right[index])
}
