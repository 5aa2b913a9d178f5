import type { Attachment } from '../domain/event-base.ts'

/** `Ada wrote: Hello`, or `Ada wrote.` when there is nothing to add. */
export function sentence(what: string, ...said: (string | null | undefined)[]): string {
  const words = said.filter((one) => one !== null && one !== undefined && one !== '')
  return words.length > 0 ? `${what}: ${words.join(' ')}` : `${what}.`
}

export function quote(text: string): string {
  return `“${text}”`
}

/** For where only text can stand: each as its type, and its link or whatever else tells what it is. */
export function describeAttachments(attachments: readonly Attachment[]): string {
  return attachments
    .map((one) => [`[${one.type}]`, one.url ?? describeContent(one)].join(' ').trimEnd())
    .join(' ')
}

/** What a helpdesk that shows links alone would not show; undefined when all of them have one. */
export function describeLinkless(attachments: readonly Attachment[]): string | undefined {
  const linkless = attachments.filter(({ url }) => url === null)
  return linkless.length > 0 ? describeAttachments(linkless) : undefined
}

function describeContent({ title, location, appointment, products }: Attachment): string {
  if (location) return `${location.lat}, ${location.long}`
  if (appointment) {
    const { status, startsAt, endsAt } = appointment
    return [status, [startsAt, endsAt].filter(Boolean).join(' – ')].filter(Boolean).join(' ')
  }
  return (
    products?.map((product) => product.title ?? product.retailerId ?? product.id).join(', ') ?? title ?? ''
  )
}

/** A heading with its lines below it; without lines, the heading alone. */
export function listing(heading: string, lines: readonly string[]): string {
  return lines.length > 0 ? `${heading}:\n${lines.join('\n')}` : `${heading}.`
}
