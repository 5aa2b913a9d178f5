import {
  delivery as deliveryBytes,
  messageEvent,
  messagingEntry,
  postbackEvent,
} from '../../src/simulator/delivery.ts'
import { fingerprint } from './desk-record.ts'
import type { Random } from './random.ts'

/** One thing that Meta tells us, and what the helpdesk must get of it. */
export interface SentEvent {
  mid: string
  conversation: string
  /** Place in the order of its conversation, from 0. */
  rank: number
  text: string
  /** When Meta got its 200, ms since the epoch; null before. */
  ackedAt: number | null
}

export interface Delivery {
  bytes: Buffer
  conversations: string[]
  events: SentEvent[]
}

export const pageIds = ['1001', '1002', '10170000000000123'] as const

const words = ['Hallo', 'Grüße', 'こんにちは', '🙂👍🏽', 'مرحبا', 'a/b\\c', '"quoted"', 'line\nbreak', 'Ελλάδα']

/** Makes deliveries from a seed. Mids never repeat; within a conversation the timestamps grow. */
export function deliveryMaker(random: Random, settings: { seed: number; events: number }) {
  const ranks = new Map<string, number>()
  let made = 0
  let clock = Date.now() - 3_600_000

  function event(conversation: string): { wire: unknown; sent: SentEvent } {
    const [pageId = '', psid = ''] = conversation.split(':')
    const rank = ranks.get(conversation) ?? 0
    ranks.set(conversation, rank + 1)
    clock += random.int(1, 3)
    const mid = `m_${settings.seed}_${++made}_${random.int(0, 1e9).toString(36)}`
    const parties = { pageId, psid, mid, timestamp: clock }
    const text = `${random.pick(words)} ${made} ${random.pick(words)}`
    const sent = { mid, conversation, rank, text: fingerprint(text), ackedAt: null }
    const kind = random.next()
    if (kind < 0.1) return { wire: postbackEvent({ ...parties, title: text, payload: `P${made}` }), sent }
    if (kind < 0.15) {
      // What this version does not know must come out as well, in its place.
      const { sender, recipient, timestamp } = messageEvent(parties)
      const wire = { sender, recipient, timestamp, reaction: { mid, action: 'react', emoji: '❤' } }
      return { wire, sent: { ...sent, text: '' } }
    }
    if (kind < 0.2) {
      const attachments = [{ type: 'image', payload: { url: `https://cdn.example/${made}.png` } }]
      return { wire: messageEvent({ ...parties, attachments }), sent: { ...sent, text: '' } }
    }
    return { wire: messageEvent({ ...parties, text }), sent }
  }

  /** 1..n events for each conversation, by Page into entries; some Pages get two, and some entries are shuffled. */
  return (conversations: string[]): Delivery => {
    const events: SentEvent[] = []
    const entries: unknown[] = []
    const byPage = Map.groupBy(conversations, (one) => one.slice(0, one.indexOf(':')))
    for (const [pageId, group] of byPage) {
      const count = random.int(1, settings.events)
      const made = group.flatMap((one) => Array.from({ length: count }, () => event(one)))
      events.push(...made.map((one) => one.sent))
      // Inside one delivery the timestamps tell the order, not the place.
      if (random.chance(0.2)) random.shuffle(made)
      const wires = made.map((one) => one.wire)
      const cut = random.chance(0.2) ? random.int(1, wires.length) : wires.length
      for (const part of [wires.slice(0, cut), wires.slice(cut)]) {
        if (part.length > 0) entries.push(messagingEntry(pageId, part, clock))
      }
    }
    return { bytes: deliveryBytes(entries), conversations, events }
  }
}
