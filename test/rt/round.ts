import { setTimeout as pause } from 'node:timers/promises'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Agent, Said } from './agent.ts'
import { acme, hasty, hastySeconds, publicUrl } from './desk.ts'
import type { Desk } from './desk.ts'
import type { Gate } from './gate.ts'
import type { RtInstance } from './instance.ts'
import type { Steps } from './steps.ts'

export interface Round {
  rt: RtInstance
  agent: Agent
  gate: Gate
  desk: Desk
  meta: Simulator
  steps: Steps
  /** A file of a customer's, as Meta's servers would give it. */
  photo: { url: string; bytes: Buffer }
  callback: { settings: object }
}

const anna = { pageId: acme.id, psid: '2400000000000001' }
const heading = /^(.*) wrote:\n\n/
const fileLink = new RegExp(`${publicUrl}/files/[^"]+`, 'g')

function requestorOf({ pageId, psid }: typeof anna): string {
  return `${pageId}.${psid}@messenger.invalid`
}

/** What our user brought of the customer, without the line that names them. */
function words(history: Said[]): string[] {
  return history
    .filter(
      ({ type, creator, text }) => type === 'Correspond' && creator === 'deskbridge' && heading.test(text),
    )
    .map(({ text }) => text.replace(heading, ''))
}

function count(texts: (string | undefined)[], wanted: string): number {
  return texts.filter((text) => text === wanted).length
}

/** The whole way there and back, with Request Tracker as it is and deskbridge as it is run. */
export async function goRound(round: Round): Promise<void> {
  const ticket = await comeIn(round)
  if (ticket === undefined) return
  await goOut(round, ticket)
  await live(round, ticket)
  await crash(round)
  await callBack(round)
  await lookAround(round)
}

async function comeIn({ agent, meta, steps, photo }: Round): Promise<number | undefined> {
  await meta.write({ ...anna, text: 'Where is my parcel? Grüße 謝謝 👍' })
  const tickets = await steps.until(
    "a customer's first message opens one ticket",
    () => agent.ticketsOf(requestorOf(anna)),
    (found) => found.length === 1,
  )
  const ticket = tickets?.[0]
  if (ticket === undefined) return undefined
  await steps.until(
    'and stands in it, as it was written, once',
    async () => words(await agent.history(ticket)),
    (said) => said.length === 1 && said[0] === 'Where is my parcel? Grüße 謝謝 👍',
  )
  const attachments = [{ type: 'image', payload: { url: photo.url } }]
  await meta.write({ ...anna, attachments })
  await steps.until(
    'a picture of hers is an attachment, byte for byte',
    async () => (await agent.history(ticket)).flatMap(({ files }) => files),
    (files) => files.length === 1 && files[0]!.bytes.equals(photo.bytes),
  )
  return ticket
}

async function goOut({ agent, desk, meta, steps }: Round, ticket: number): Promise<void> {
  const shown = () => Promise.resolve(meta.shown(anna).filter(({ from }) => from === 'page'))
  await agent.comment(ticket, 'She is a friend of the boss')
  const quote =
    '<div class="gmail_quote">On Monday, deskbridge wrote:<br /><blockquote type="cite">Where?</blockquote></div>'
  await agent.correspond(ticket, `${quote}<p>It left <b>today</b>.</p>`)
  await steps.until("an agent's answer arrives in Messenger", shown, (seen) => seen.length > 0)
  const label = { name: 'label.png', type: 'image/png', bytes: Buffer.alloc(120_000, 9) }
  await agent.correspond(ticket, '<p>Here is the label</p>', [label])
  const links = () => shown().then((seen) => JSON.stringify(seen).match(fileLink) ?? [])
  const [link = ''] =
    (await steps.until('a file of hers arrives as a link', links, (all) => all.length > 0)) ?? []
  const fetched = await fetch(link.replace(publicUrl, desk.url))
  steps.same(
    'which opens the file, byte for byte',
    label.bytes.equals(Buffer.from(await fetched.arrayBuffer())),
    true,
  )
  const texts = (await shown()).map(({ text }) => text)
  steps.same('each once, in order, without the quote', texts.filter(Boolean), [
    'It left today.',
    'Here is the label',
  ])
  steps.same(
    'the private comment did not leave',
    JSON.stringify(meta.sent).includes('friend of the boss'),
    false,
  )
}

async function live(round: Round, ticket: number): Promise<void> {
  const { agent, meta, steps } = round
  const statusOf = (id: number) => async () => (await agent.ticket(id)).Status
  const written = (id: number) => async () => words(await agent.history(id))
  await agent.setStatus(ticket, 'resolved')
  // Two looks of the poll later deskbridge knows.
  await pause(2500)
  await meta.write({ ...anna, text: 'Still nothing' })
  await steps.until('within the time she reopens her ticket', written(ticket), (said) =>
    said.includes('Still nothing'),
  )
  await steps.until('which is open again', statusOf(ticket), (status) => status === 'open')
  steps.same('and is still the only one', (await agent.ticketsOf(requestorOf(anna))).length, 1)

  await agent.setStatus(ticket, 'rejected')
  await meta.write({ ...anna, text: 'Hello again' })
  await followedUp(round, 'a rejected ticket', anna, ticket, 'Hello again')
  steps.same('the rejected ticket stays rejected', await statusOf(ticket)(), 'rejected')

  const bob = { pageId: hasty.id, psid: '2400000000000002' }
  await meta.write({ ...bob, text: 'My left shoe' })
  const first = await steps.until(
    'another Page opens tickets of its own',
    () => agent.ticketsOf(requestorOf(bob)),
    (found) => found.length === 1,
  )
  if (!first) return
  await steps.until('with its words', written(first[0]!), (said) => said.length === 1)
  await agent.setStatus(first[0]!, 'resolved')
  await pause(2500 + hastySeconds * 1000)
  await meta.write({ ...bob, text: 'My right shoe' })
  await followedUp(round, 'a ticket that was resolved long ago', bob, first[0]!, 'My right shoe')
}

async function followedUp(
  { agent, steps }: Round,
  what: string,
  who: typeof anna,
  former: number,
  text: string,
): Promise<void> {
  const tickets = await steps.until(
    `${what} is followed by a new one`,
    async () => (await agent.ticketsOf(requestorOf(who))).filter((id) => id !== former),
    (found) => found.length === 1,
  )
  const next = tickets?.[0]
  if (next === undefined) return
  const links = (await agent.ticket(next))._hyperlinks.filter(({ ref }) => ref === 'refers-to')
  steps.same(
    'which refers to it',
    links.some(({ id }) => id === String(former)),
    true,
  )
  await steps.until(
    'and has the words, once',
    async () => words(await agent.history(next)),
    (said) => count(said, text) === 1,
  )
}

/** RT has done what it was asked, and the worker dies before it hears of it. */
async function crash(round: Round): Promise<void> {
  const { agent, gate, desk, meta, steps } = round
  const carl = { pageId: acme.id, psid: '2400000000000003' }
  const kill = () => desk.worker.kill()
  const tickets = () => agent.ticketsOf(requestorOf(carl))

  const opening = gate.loseAnswer('POST', /\/ticket$/, kill)
  await meta.write({ ...carl, text: 'one' })
  await opening
  await desk.restartWorker()
  const found = await steps.until(
    'kill -9 while a ticket is opened: it goes on',
    tickets,
    (all) => all.length > 0,
  )
  const ticket = found?.[0]
  if (ticket === undefined) return
  const said = async () => words(await agent.history(ticket))
  await steps.until('with the words', said, (all) => all.includes('one'))

  const appending = gate.loseAnswer('POST', /\/correspond$/, kill)
  await meta.write({ ...carl, text: 'two' })
  await meta.write({ ...carl, text: 'three' })
  await appending
  await desk.restartWorker()
  await steps.until('kill -9 while a message is told: the next one arrives', said, (all) =>
    all.includes('three'),
  )
  steps.same('there is one ticket', (await tickets()).length, 1)
  steps.same('and each message in it once, in order', await said(), ['one', 'two', 'three'])

  const asking = gate.loseAnswer('GET', /\/attachment\/\d+$/, kill)
  await agent.correspond(ticket, '<p>Four</p>')
  await asking
  await desk.restartWorker()
  const shown = () => Promise.resolve(meta.shown(carl).filter(({ from }) => from === 'page'))
  await steps.until(
    "kill -9 while an agent's answer is fetched: it arrives",
    shown,
    (seen) => seen.length > 0,
  )
  await agent.correspond(ticket, '<p>Five</p>')
  await steps.until('the next answer arrives', shown, (seen) => seen.some(({ text }) => text === 'Five'))
  steps.same(
    'each once',
    (await shown()).map(({ text }) => text),
    ['Four', 'Five'],
  )
}

/** The scrip that `setup` prints calls us; the poll is out of the way. */
async function callBack({ agent, desk, meta, steps, callback }: Round): Promise<void> {
  const dora = { pageId: acme.id, psid: '2400000000000004' }
  await desk.stop()
  await desk.start(callback.settings)
  await meta.write({ ...dora, text: 'Hi' })
  const found = await steps.until(
    'with the scrip: a ticket',
    () => agent.ticketsOf(requestorOf(dora)),
    (all) => all.length === 1,
  )
  const ticket = found?.[0]
  if (ticket === undefined) return
  await steps.until(
    'and its words',
    async () => words(await agent.history(ticket)),
    (all) => all.length === 1,
  )
  await agent.correspond(ticket, '<p>Hi Dora, grüß dich</p>')
  await steps.until(
    'the scrip calls us about an answer, which arrives',
    () =>
      Promise.resolve(
        meta
          .shown(dora)
          .filter(({ from }) => from === 'page')
          .map(({ text }) => text),
      ),
    (texts) => count(texts, 'Hi Dora, grüß dich') === 1,
  )
}

async function lookAround({ rt, desk, steps }: Round): Promise<void> {
  steps.same('nothing was given up', await desk.deadLetters(), [])
  steps.same('no mail left for a customer', (await rt.mail()).includes('messenger.invalid'), false)
}
