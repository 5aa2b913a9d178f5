import { createHash } from 'node:crypto'

/** Freshdesk keeps no field of ours at a note, so the mark stands in the text, where agents hardly see it. */
const anyMark = /\[deskbridge:[0-9a-f]{20}\]/

/** The same on every try of a step. */
export function markOf(key: string): string {
  return `[deskbridge:${createHash('sha256').update(key).digest('hex').slice(0, 20)}]`
}

export function hasMark(text: string): boolean {
  return anyMark.test(text)
}

/** Plain text as the HTML that Freshdesk wants, and the mark below it: one pixel high, and white. */
export function marked(text: string, mark: string): string {
  const words = text === '' ? '' : `<div>${escaped(text)}</div>`
  return `${words}<div style="font-size:1px;line-height:1px;color:#ffffff">${mark}</div>`
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign).replace(/\r?\n/g, '<br>')
}
