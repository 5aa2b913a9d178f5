import { compile } from 'html-to-text'

const toText = compile({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
})

/** What an agent wrote in a helpdesk's editor, as the text that Messenger can show. Null when nothing is left. */
export function plainText(html: string): string | null {
  return toText(html).trim() || null
}
