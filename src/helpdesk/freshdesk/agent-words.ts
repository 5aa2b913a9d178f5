import type { AgentFile } from '../callback.ts'
import { plainText } from '../plain-text.ts'

/** What Freshdesk's editor puts below an answer. */
const quote = /<(?:div|blockquote)\b[^>]*\bclass=["'][^"']*\bfreshdesk_quote\b/i

const types: Record<string, AgentFile['type']> = {
  jpg: 'image',
  jpeg: 'image',
  png: 'image',
  gif: 'image',
  webp: 'image',
  mp3: 'audio',
  m4a: 'audio',
  aac: 'audio',
  ogg: 'audio',
  wav: 'audio',
  mp4: 'video',
  mov: 'video',
  webm: 'video',
}

/** Without what it quotes. */
export function answered(html: string): string {
  return html.split(quote)[0] ?? ''
}

export function wordsOf(html: string): string | null {
  return plainText(answered(html))
}

/** Links to files soon expire, so a `ref` says where to ask for a new one: `<ticket>/<attachment>`. */
export function agentFile(ticket: string, id: string, name: string | null, contentType: string): AgentFile {
  const kind = contentType.split('/')[0]
  const known = kind === 'image' || kind === 'audio' || kind === 'video' ? kind : undefined
  const ending = /\.(\w+)$/.exec(name ?? '')?.[1]?.toLowerCase() ?? ''
  return { type: known ?? types[ending] ?? 'file', name, ref: `${ticket}/${id}` }
}
