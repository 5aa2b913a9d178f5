import type { JsonSchema, VendorRoute } from '../vendor-server.ts'
import { htmlOf } from './zendesk-account.ts'
import type { ZendeskDeps } from './zendesk-tickets.ts'

const text = { type: 'string', minLength: 1 }
const links = { type: 'array', minItems: 1, items: { type: 'string', pattern: '^https?://' } }
const newestFirst = { sort: { const: '-created_at' }, 'page[size]': { const: '100' } }

function object(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties }
}

/** Uploads, comments with their files, and the links of those. */
export function fileRoutes(
  { account, url }: ZendeskDeps,
  route: (wanted: VendorRoute) => VendorRoute,
): VendorRoute[] {
  return [
    route({
      method: 'POST',
      path: '/api/v2/uploads',
      query: object({ filename: { type: 'string', pattern: '\\.\\w+$' } }),
      beyond: ['filename'],
      answer: ({ query, headers }) => {
        const token = `upl${account.next()}`
        const file = { id: account.next(), name: query['filename']!, type: headers['content-type']! }
        account.uploads.set(token, file)
        return { status: 201, json: { upload: { token, attachment: { id: file.id, file_name: file.name } } } }
      },
    }),
    route({
      method: 'GET',
      path: '/api/v2/tickets/:id/comments',
      query: {
        oneOf: [
          object({ ...newestFirst, include: { const: 'users' }, include_inline_images: { const: 'true' } }),
          object(newestFirst),
          object({ ...newestFirst, 'page[after]': text }),
        ],
      },
      beyond: ['sort', 'page[size]', 'page[after]'],
      answer: ({ params, query }) => {
        const ticket = account.live(params['id']!)
        if (!ticket) return { status: 404, json: { error: 'RecordNotFound' } }
        const from = Number(query['page[after]'] ?? 0)
        const comments = ticket.comments.toReversed()
        return {
          json: {
            comments: comments.slice(from, from + 100).map((said) => ({
              id: said.id,
              author_id: said.author.id,
              public: said.public,
              html_body: htmlOf(said),
              attachments: said.files.map(({ id, name }) => ({
                id,
                file_name: name,
                content_url: `${url()}/attachments/token/${id}/?name=${name}`,
              })),
            })),
            users: account.users.map(({ id, role }) => ({ id, role })),
            meta: { has_more: comments.length > from + 100, after_cursor: String(from + 100) },
          },
        }
      },
    }),
    route({
      method: 'PUT',
      path: '/api/v2/comment_redactions/:comment',
      body: {
        ...object({ ticket_id: { type: 'integer' }, html_body: text, external_attachment_urls: links }),
        required: ['ticket_id'],
      },
      answer: ({ params, json }) => {
        const said = account.live(json.ticket_id)?.comments.find(({ id }) => String(id) === params['comment'])
        if (!said) return { status: 404, json: { error: 'RecordNotFound' } }
        const html: string = json.html_body ?? htmlOf(said)
        // It is the comment as it stands, and nothing but marks beside.
        if (html.replaceAll(/<\/?redact>| redact(?=>)/g, '') !== htmlOf(said))
          return { status: 422, json: { error: 'RecordInvalid' } }
        said.html = html
          .replaceAll(/<redact>(.*?)<\/redact>/gs, (_, words: string) => '▇'.repeat(words.length))
          .replaceAll(/<(a|img)\b[^>]* redact>/g, '')
          .replaceAll('</a>', '')
        said.body = said.html.replaceAll(/<[^>]*>/g, '')
        for (const link of (json.external_attachment_urls ?? []) as string[]) {
          const file = said.files.find(({ id }) => link.includes(`/token/${id}/`))
          if (!file) return { status: 422, json: { error: 'RecordInvalid' } }
          file.name = 'redacted.txt'
        }
        return { json: { comment: { id: said.id, author_id: said.author.id, public: said.public } } }
      },
    }),
    route({
      method: 'GET',
      path: '/attachments/token/:id/',
      query: object({ name: text }),
      undescribed: 'the link of an attachment, not of the API',
      answer: ({ params }) => ({
        status: 302,
        headers: { location: `${url()}/store/${params['id']}?signature=abc` },
      }),
    }),
    {
      method: 'GET',
      path: '/store/:id',
      query: object({ signature: { const: 'abc' } }),
      undescribed: 'where Zendesk keeps files',
      // Credentials of another host would be stolen there.
      answer: ({ headers, params }) =>
        headers['authorization'] === undefined
          ? { bytes: Buffer.from(`bytes of ${params['id']}`), headers: { 'content-type': 'image/png' } }
          : { status: 400, text: 'two ways to prove oneself' },
    },
  ]
}
