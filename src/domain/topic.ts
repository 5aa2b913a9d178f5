import { hash } from 'node:crypto'

/** What a notification is about, such as `order-updates`: people agree to topics, one by one. */
export const topicPattern = /^[a-z0-9][a-z0-9._-]{0,63}$/

/**
 * A topic out of what Meta calls it: `Order updates` becomes `order-updates`. What Latin letters cannot say, or is too
 * long, gets a mark of its own, so that agreeing to one thing never counts for another. Null when nothing is said.
 */
export function topicFrom(text: string): string | null {
  if (text.trim() === '') return null
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const slug = plain.replace(/[^a-z0-9._-]+/g, '-').replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  const isWhole = slug !== '' && slug.length <= 64 && !/[^\p{ASCII}\p{P}\p{Z}]/u.test(plain)
  if (isWhole) return slug
  const mark = hash('sha256', text.normalize('NFC'), 'hex').slice(0, 8)
  return `${slug.slice(0, 50)}-${mark}`.replace(/^[^a-z0-9]+/, '')
}
