import { delivery, messageEvent, messagingEntry } from '../../src/simulator/delivery.ts'

export const appSecret = 'an app secret of the benchmark only'
export const pageId = '1029384756'

/** What a person types, at lengths that occur: short ones mostly, and some with letters that Meta escapes. */
const texts = [
  'Hi! Is anyone there?',
  'My order 48213 has not arrived yet. The tracking page says it left your warehouse last Tuesday.',
  'ok thanks 👍',
  'Könnten Sie mir bitte die Rechnung noch einmal schicken? Die alte ist leider verloren gegangen.',
  'I would like to change the delivery address. The parcel should go to my neighbour, the house with the green door, because I am away until the end of next week.',
]

/** Delivery number `n`: one message of one person, as bytes. The mid tells whose and which it is. */
export function deliveryBytes(run: string, conversation: number, seq: number): Buffer {
  const timestamp = 1_764_000_000_000 + seq
  const event = messageEvent({
    pageId,
    psid: `${7_000_000_000_000_000 + conversation}`,
    mid: `m_${run}-${conversation}-${seq}-aGVsbG8gd29ybGQgb2YgbWVzc2VuZ2VyIG1lc3NhZ2VzIGFuZCB0aGVpciBpZHM`,
    timestamp,
    text: texts[(conversation + seq) % texts.length]!,
  })
  return delivery([messagingEntry(pageId, [event], timestamp + 40)])
}

/** Events of `total / perConversation` conversations that all write at the same time: each in turn says its next message. */
export function* interleaved(total: number, perConversation: number): Generator<[number, number]> {
  const conversations = Math.max(1, Math.floor(total / perConversation))
  for (let n = 0; n < total; n++) yield [n % conversations, Math.floor(n / conversations)]
}
