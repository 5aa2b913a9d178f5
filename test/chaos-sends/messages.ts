import type { Random } from '../chaos/random.ts'

/** What agents and bots say here, and how to know it again at Meta without asking the code under test. */

export const messageKinds = ['short text', 'short text', 'long text', 'attachment', 'template'] as const
export type MessageKind = (typeof messageKinds)[number]

export interface Said {
  /** Of `POST /v1/conversations/{id}/replies`. */
  body: Record<string, unknown>
  parts: number
  /** What its parts at Meta say together; {@link readBack} of them must be the same. */
  content: string
}

const words = ['Hallo', 'Grüße', 'こんにちは', '🙂👍🏽', 'parcel', 'Ελλάδα', '"quoted"', 'tomorrow', 'Straße']
const speakers = [
  { agent: { name: 'Grace Hopper' } },
  { agent: { name: 'Ada Lovelace', pictureUrl: 'https://shop.example/staff/ada.jpg' } },
  {},
]

export function say(
  random: Random,
  wanted: { kind: MessageKind; parts: number; channel: 'messenger' | 'instagram'; number: number },
): Said {
  const { kind, parts, number } = wanted
  const { body, content } = make(random, wanted)
  return {
    body: { ...body, ...random.pick(speakers) },
    parts: kind === 'long text' ? parts : 1,
    content: content ?? `reply ${number}`,
  }
}

function make(
  random: Random,
  { kind, parts, channel, number }: Parameters<typeof say>[1],
): { body: Record<string, unknown>; content: string } {
  switch (kind) {
    case 'short text': {
      const text = `${number}: ${random.pick(words)} ${random.pick(words)}`
      return { body: { text }, content: squeezed(text) }
    }
    case 'long text': {
      // Two paragraphs are too much for one message, so each becomes a part.
      const paragraphs = Array.from({ length: parts }, (_, at) =>
        paragraph(random, channel, `${number}.${at}`),
      )
      return { body: { text: paragraphs.join('\n\n') }, content: squeezed(paragraphs.join('')) }
    }
    case 'attachment': {
      const type = random.pick(['image', 'file', 'audio'] as const)
      const url = `https://cdn.example/${number}/${type}`
      return { body: { attachment: { type, url } }, content: `${type} ${url}` }
    }
    case 'template': {
      const title = `Offer ${number}`
      const template = random.chance(0.5)
        ? { type: 'generic', elements: [{ title, subtitle: random.pick(words) }] }
        : { type: 'button', text: title, buttons: [{ type: 'postback', title: 'Yes', payload: 'YES' }] }
      return { body: { template }, content: `${template.type} ${title}` }
    }
  }
}

function paragraph(random: Random, channel: 'messenger' | 'instagram', name: string): string {
  const sizeOf = (text: string) => (channel === 'instagram' ? Buffer.byteLength(text) : text.length)
  const least = channel === 'instagram' ? 600 : 1200
  let text = name
  while (sizeOf(text) < least) text += ` ${random.pick(words)}`
  return text
}

interface SentMessage {
  text?: string | undefined
  attachment?: unknown
}

interface Attachment {
  type?: string
  payload?: { url?: string; template_type?: string; text?: string; elements?: { title?: string }[] }
}

/** The content of a reply, from what its parts said at Meta, in order. */
export function readBack(parts: readonly SentMessage[]): string {
  const { type, payload } = (parts[0]?.attachment ?? {}) as Attachment
  if (type === 'template') {
    return `${payload?.template_type} ${payload?.text ?? payload?.elements?.[0]?.title}`
  }
  if (type !== undefined) return `${type} ${payload?.url}`
  return squeezed(parts.map(({ text }) => text ?? '').join(''))
}

/** White space between parts is left out on the way. */
function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, '')
}
