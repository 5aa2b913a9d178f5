import type { JsonSchema, VendorRoute } from '../vendor-server.ts'
import type { ZendeskDeps } from './zendesk-tickets.ts'

const text = { type: 'string', minLength: 1 }

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
      query: object({
        sort: { const: '-created_at' },
        'page[size]': { const: '100' },
        include: { const: 'users' },
        include_inline_images: { const: 'true' },
      }),
      beyond: ['sort', 'page[size]'],
      answer: ({ params }) => ({
        json: {
          comments: (account.live(params['id']!)?.comments ?? []).toReversed().map((said) => ({
            id: said.id,
            author_id: said.author.id,
            public: said.public,
            attachments: said.files.map(({ id, name }) => ({
              id,
              file_name: name,
              content_url: `${url()}/attachments/token/${id}/?name=${name}`,
            })),
          })),
          users: account.users.map(({ id, role }) => ({ id, role })),
        },
      }),
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
