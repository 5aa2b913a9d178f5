import { z } from 'zod'
import type { AgentFile } from '../callback.ts'
import { plainText } from '../plain-text.ts'

const words = z.string().nullish()
const actionSchema = z.object({ type: words, text: words, uri: words })
const contentSchema = z.object({
  type: z.string(),
  text: words,
  htmlText: words,
  mediaUrl: words,
  mediaType: words,
  altText: words,
  actions: z.array(actionSchema).nullish(),
  items: z
    .array(z.object({ title: words, description: words, actions: z.array(actionSchema).nullish() }))
    .nullish(),
  coordinates: z.object({ lat: z.number(), long: z.number() }).nullish(),
})

type Action = z.infer<typeof actionSchema>

/** What an agent wrote, as text and files: Messenger shows nothing else. */
export function readContent(content: unknown, base: string): { text: string | null; files: AgentFile[] } {
  const read = contentSchema.safeParse(content)
  if (!read.success) return { text: null, files: [] }
  const { type, text, htmlText, mediaUrl, mediaType, altText, actions, items, coordinates } = read.data
  const lines = [
    text || (htmlText ? plainText(htmlText) : null),
    ...links(actions),
    ...(items ?? []).flatMap((item) => [item.title, item.description, ...links(item.actions)]),
    coordinates ? `https://www.google.com/maps?q=${coordinates.lat},${coordinates.long}` : null,
  ].filter((line) => typeof line === 'string' && line.trim() !== '')
  const url = (type === 'image' || type === 'file') && mediaUrl ? URL.parse(mediaUrl) : null
  const files = url ? [file(url, { mediaType: mediaType ?? '', altText: altText ?? null, type }, base)] : []
  return { text: lines.length > 0 ? lines.join('\n').trim() : null, files }
}

/** Files below the API's own host are private, and take our credentials; others anybody can fetch. */
function file(
  url: URL,
  { mediaType, altText, type }: { mediaType: string; altText: string | null; type: string },
  base: string,
): AgentFile {
  const isPrivate = url.origin === new URL(base).origin
  const kind = mediaType.split('/')[0]
  const isMedia = kind === 'image' || kind === 'audio' || kind === 'video'
  return {
    type: isMedia ? kind : type === 'image' ? 'image' : 'file',
    name: altText || decodeName(url),
    ...(isPrivate ? { ref: url.pathname + url.search } : { url: url.href }),
  }
}

function decodeName({ pathname }: URL): string | null {
  const last = pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(last) || null
  } catch {
    return last || null
  }
}

function links(actions: Action[] | null | undefined): (string | null)[] {
  return (actions ?? []).map(({ text, uri }) => [text, uri && `(${uri})`].filter(Boolean).join(' ') || null)
}
