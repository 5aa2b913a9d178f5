import { z } from 'zod'

/** What a private reply may hold on either channel: Messenger's limit is higher. */
const privateBytes = 1000
const text = z.string().trim().min(1).max(8000)

const rule = z
  .strictObject({
    words: z
      .array(z.string().trim().min(1).max(100))
      .min(1)
      .max(200)
      .describe(
        'Words or phrases; a comment that holds one of them meets the rule. `*` is in every comment that has words.',
      ),
    do: z
      .enum(['public', 'private', 'hide', 'tag'])
      .describe('Answer in public, answer in private, hide the comment, or only tell a group of it.'),
    group: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe('Who should see to it, such as managers: a tag of the ticket, or a note. Needed by `tag`.'),
    text: text.optional().describe('What is said. Needed by `public` and `private`.'),
    publicText: text.optional().describe('Of `private`: said in public once the private reply was sent.'),
  })
  .superRefine((one, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    const speaks = one.do === 'public' || one.do === 'private'
    if (speaks && one.text === undefined) fault('text', `is what ${one.do} says, and is missing`)
    if (!speaks && one.text !== undefined) fault('text', `is never said by ${one.do}`)
    if (one.do === 'tag' && one.group === undefined) fault('group', 'is whom tag tells, and is missing')
    if (one.do !== 'private' && one.publicText !== undefined) fault('publicText', 'goes with private only')
    if (one.do === 'private' && Buffer.byteLength(one.text ?? '') > privateBytes) {
      fault('text', `is longer than ${privateBytes} bytes; a private reply is one message`)
    }
  })

/** `pages[].comments` in the config. */
export const commentSettings = z
  .strictObject({
    rules: z
      .array(rule)
      .max(100)
      .default([])
      .describe('What is done about a comment by itself: the first rule that it meets, and no other.'),
  })
  .describe('Comments under the posts of the Page; see docs/comments.md.')

/** `pages[].reviews` in the config. */
export const reviewSettings = z
  .strictObject({
    ticketFor: z
      .enum(['all', 'negative', 'none'])
      .default('all')
      .describe(
        'Which reviews open a ticket. Negative are those that do not recommend the Page, or give it up to 3 stars.',
      ),
  })
  .describe('Reviews of the Page.')
