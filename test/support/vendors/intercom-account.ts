import type { JsonSchema, VendorAnswer, VendorRoute } from '../vendor-server.ts'
import { intercomSecrets, ourAdmin } from './intercom-state.ts'
import type { IntercomContact, IntercomState } from './intercom-state.ts'

export const text = { type: 'string', minLength: 1 }

export function object(properties: JsonSchema, required: string[] = Object.keys(properties)): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

export function refused(status: number, code: string, message = 'no'): VendorAnswer {
  return { status, json: { type: 'error.list', request_id: null, errors: [{ code, message }] } }
}

/** Whoever asks must be us, and say which version they mean. */
export function allowed(answer: VendorRoute['answer']): VendorRoute['answer'] {
  return (request) => {
    const { authorization, 'intercom-version': version } = request.headers
    if (authorization !== `Bearer ${intercomSecrets.token}`) return refused(401, 'unauthorized')
    if (version !== '2.16') return refused(400, 'intercom_version_invalid')
    return answer(request)
  }
}

export function contactOf({ contacts }: IntercomState, id: string): IntercomContact | undefined {
  return contacts.find((one) => one.id === id && one.state === 'there')
}

/** People, tags, attributes and teammates. */
export function accountRoutes(state: IntercomState): VendorRoute[] {
  return [
    {
      method: 'GET',
      path: '/contacts/find_by_external_id/:external',
      answer: allowed(({ params }) => {
        const contact = state.contacts.find(
          (one) => one.externalId === params['external'] && one.state !== 'archived',
        )
        if (contact?.state === 'merged')
          return {
            ...refused(410, 'contact_merged'),
            headers: { link: `</contacts/${contact.mergedInto}>; rel="canonical"` },
          }
        return contact ? { json: { type: 'contact', ...contact } } : refused(404, 'not_found')
      }),
    },
    {
      method: 'POST',
      path: '/contacts',
      body: object({ role: { const: 'user' }, external_id: text, name: text }, ['role', 'external_id']),
      answer: allowed(({ json }) => {
        const there = state.contacts.find((one) => one.externalId === json.external_id)
        if (there) {
          const which = there.state === 'archived' ? 'An archived contact' : 'A contact'
          return refused(
            409,
            'conflict',
            `${which} matching those details already exists with id=${there.id}`,
          )
        }
        const id = `6762f0dd1bb69f9f${String(state.next()).padStart(8, '0')}`
        const made = { id, externalId: json.external_id, name: json.name ?? null, state: 'there' as const }
        state.contacts.push(made)
        return { json: { type: 'contact', ...made } }
      }),
    },
    {
      method: 'POST',
      path: '/contacts/:id/unarchive',
      answer: allowed(({ params }) => {
        const contact = state.contacts.find(({ id }) => id === params['id'])
        if (!contact) return refused(404, 'not_found')
        contact.state = 'there'
        return { json: { type: 'contact', id: contact.id, archived: false } }
      }),
    },
    {
      method: 'PUT',
      path: '/contacts/:id',
      body: object({ name: text }),
      answer: allowed(({ params, json }) => {
        const contact = contactOf(state, params['id']!)
        if (!contact) return refused(404, 'not_found')
        contact.name = json.name
        return { json: { type: 'contact', ...contact } }
      }),
    },
    {
      method: 'GET',
      path: '/conversations/attributes',
      answer: allowed(() => ({ json: { type: 'list', data: state.attributes } })),
    },
    {
      method: 'POST',
      path: '/conversations/attributes',
      body: object({ name: text, data_type: { const: 'string' }, multiline: { const: false } }),
      answer: allowed(({ json }) => {
        state.attributes.push({ name: json.name, archived: false })
        return { json: { id: 8, name: json.name } }
      }),
    },
    {
      method: 'POST',
      path: '/tags',
      body: object({ name: text }),
      answer: allowed(({ json }) => {
        const name = json.name as string
        const there = state.tags.find((tag) => tag.name.toLowerCase() === name.toLowerCase())
        const tag = there ?? { id: String(state.next()), name }
        if (!there) state.tags.push(tag)
        return { json: { type: 'tag', ...tag } }
      }),
    },
    { method: 'GET', path: '/tags', answer: allowed(() => ({ json: { type: 'list', data: state.tags } })) },
    { method: 'GET', path: '/me', answer: allowed(() => ({ json: { type: 'admin', id: ourAdmin } })) },
    {
      method: 'GET',
      path: '/admins/:id',
      answer: allowed(({ params }) =>
        params['id'] === ourAdmin
          ? { json: { type: 'admin', id: ourAdmin } }
          : refused(404, 'admin_not_found'),
      ),
    },
  ]
}
