import { z } from 'zod'
import { toCamelCase } from './camel-case.ts'
import { byType, constant, httpsUrl, list, object, text } from './fields.ts'

const metaTypes: Record<string, string> = { user_phone_number: 'phone', user_email: 'email' }

const imageUrl = httpsUrl().optional().describe('A picture beside the title, fetched by Meta.')
const payload = text(1000).describe('Comes back with the answer. At most 1000 characters.')

const quickReply = byType(
  object({
    type: constant('text'),
    title: text(20).describe('What stands on it, and what the person then says. At most 20 characters.'),
    payload: payload
      .optional()
      .describe('Comes back with the answer; the title if left out. At most 1000 characters.'),
    imageUrl,
  }),
  object({
    type: constant('phone'),
    title: text(20).optional(),
    payload: payload.optional(),
    imageUrl,
  }).describe("The person's telephone number, if Meta knows it."),
  object({
    type: constant('email'),
    title: text(20).optional(),
    payload: payload.optional(),
    imageUrl,
  }).describe("The person's e-mail address, if Meta knows it."),
)

export const quickReplies = z
  .preprocess(fromMetaWords, list(quickReply, 0, 13))
  .describe(
    'Answers to tap, at most 13. They go with text, an attachment or a template, under its last message.',
  )
  .meta({ example: [{ type: 'text', title: 'Yes', payload: 'YES' }, { type: 'email' }] })

/** `content_type` and its values, as Meta has them, in our words. */
function fromMetaWords(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.map((one: unknown) => {
    const reply = toCamelCase(one)
    if (typeof reply !== 'object' || reply === null || !('type' in reply)) return reply
    return { ...reply, type: metaTypes[String(reply.type)] ?? reply.type }
  })
}
