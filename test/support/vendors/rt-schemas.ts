import type { JsonSchema } from '../vendor-server.ts'

/** What RT takes, as strictly as what it does with the rest. */

export const text: JsonSchema = { type: 'string', minLength: 1 }
export const customFields: JsonSchema = {
  type: 'object',
  additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
}

/** Only these, all of them texts. */
export function only(properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

export const paging = {
  orderby: { const: 'id' },
  order: { enum: ['ASC', 'DESC'] },
  per_page: { enum: ['1', '100'] },
}

export const newTicketBody = only(
  {
    Queue: text,
    Subject: { type: 'string', maxLength: 200 },
    Requestor: { type: 'array', items: text, minItems: 1 },
    // RT drops a list without a word.
    SquelchMailTo: { type: 'string', pattern: '^[^@ ]+@[^@ ]+$' },
    RefersTo: { type: 'array', items: { type: 'string', pattern: '^(\\d+|deskbridge:[0-9a-f]+)$' } },
    CustomFields: customFields,
  },
  ['Queue', 'Subject', 'Requestor', 'SquelchMailTo', 'RefersTo'],
)

export const messageBody = only(
  {
    Subject: { type: 'string', minLength: 1, maxLength: 255 },
    Content: text,
    ContentType: { const: 'text/plain' },
    Attachments: {
      type: 'array',
      minItems: 1,
      items: only(
        {
          // RT garbles other names.
          FileName: { type: 'string', pattern: '^[\\x20-\\x7e]+$' },
          FileType: text,
          FileContent: { type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$' },
        },
        ['FileName', 'FileType', 'FileContent'],
      ),
    },
  },
  ['Subject', 'Content', 'ContentType'],
)
