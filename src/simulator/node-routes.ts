import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { checkNode } from './access.ts'
import type { Comments } from './comments.ts'
import { conversationId, describeConversation, describeMessage, readConversationId } from './conversation.ts'
import { badParameter, noSuchObject, readShape } from './graph-error.ts'
import type { GraphCall, GraphCalls } from './graph-calls.ts'
import type { MessageStore } from './message-store.ts'
import { fieldSet, paged, pickFields } from './paging.ts'
import type { Pages } from './pages.ts'
import { profileOf, type People, type Person } from './people.ts'
import type { Personas } from './personas.ts'
import { readParams } from './read-form.ts'
import type { Threads } from './threads.ts'

/** `/{id}`: Pages, people, personas, conversations and messages are all read by their id alone. */

const readSchema = z.looseObject({
  fields: z.string().optional(),
  limit: z.coerce.number().int().positive().max(100).optional(),
  after: z.string().optional(),
})

const listSchema = readSchema.extend({
  platform: z.enum(['messenger', 'instagram']).optional(),
  user_id: z.string().optional(),
  folder: z.string().optional(),
})

const PAGE_FIELDS = fieldSet('id name messaging_feature_status')
const PERSON_FIELDS = {
  messenger: fieldSet('id name first_name last_name profile_pic locale timezone gender'),
  instagram:
    fieldSet(`id name username profile_pic follower_count is_user_follow_business is_business_follow_user
    is_verified_user`),
}
const PERSONA_FIELDS = fieldSet('id name profile_picture_url')

export async function nodeRoutes(
  app: FastifyInstance,
  deps: {
    calls: GraphCalls
    pages: Pages
    people: People
    store: MessageStore
    personas: Personas
    comments: Comments
    threads: Threads
    /** Whether people are known who never wrote. */
    windows: boolean
    /** Whether the app may read profiles. */
    profiles: boolean
  },
): Promise<void> {
  const { calls, pages, people, store, personas, threads, windows, profiles } = deps

  app.get(
    '/:version/:node/conversations',
    calls.onPage('conversations', ({ page, request }) => {
      page.rates?.take('conversations')
      const { platform = page.channel, user_id, ...wanted } = readShape(listSchema, readParams(request))
      if (platform !== page.channel) return { data: [] }
      const found = people
        .of(page)
        .filter((one) => one.mids.length > 0 && (user_id ?? one.psid) === one.psid)
        .toSorted((a, b) => b.updatedAt - a.updatedAt)
      const { data, ...rest } = paged(found, wanted, conversationId)
      const fields = wanted.fields ?? 'id,updated_time'
      return { data: data.map((one) => describeConversation(deps, page, one, { fields })), ...rest }
    }),
  )

  app.get('/:version/:node', (request, reply) => {
    const { node } = request.params as { node: string }
    if (node.startsWith('t_')) return readConversation(request, reply)
    if (node.startsWith('m_') || store.get(node)) return readMessage(request, reply)
    return readNode(request, reply)
  })

  const readConversation = calls.ofPage('conversations', (call) =>
    finish(call, 'conversations', () => {
      call.page.rates?.take('conversations')
      const of = readConversationId(call.node)
      const person = of?.pageId === call.page.id ? people.get(call.page, of.psid) : undefined
      if (!person) throw noSuchObject(call.node)
      const { fields = 'id,updated_time', ...paging } = readShape(readSchema, readParams(call.request))
      return describeConversation({ store, threads }, call.page, person, { fields, ...paging })
    }),
  )

  const readMessage = calls.ofPage('conversations', (call) =>
    finish(call, 'conversations', () => {
      call.page.rates?.take('conversations')
      const message = store.get(call.node)
      const person = message?.pageId === call.page.id ? people.get(call.page, message.psid) : undefined
      if (!message || !person) throw noSuchObject(call.node)
      const { fields = 'id,created_time' } = readShape(readSchema, readParams(call.request))
      return describeMessage(call.page, person, message, fields)
    }),
  )

  const readNode = calls.ofPage('page', (call) => {
    const { page, node, request } = call
    const { fields } = readShape(readSchema, readParams(request))
    const persona = personas.get(page, node)
    if (persona) {
      return finish(call, 'personas', () =>
        pickFields(persona, fields ?? 'id,name,profile_picture_url', PERSONA_FIELDS),
      )
    }
    const person = personOf(call)
    if (person) return finish(call, 'person', () => readPerson(call, person, fields ?? 'name,profile_pic'))
    return finish(call, 'page', () => {
      checkNode(node, page)
      const on = threads.isRouted()
      const status = { hop_v2: on, msgr_multi_app: on, ig_multi_app: on }
      const all = { id: page.id, name: page.name, messaging_feature_status: status }
      return pickFields(all, fields ?? 'id,name', PAGE_FIELDS)
    })
  })

  function personOf({ page, node }: GraphCall): Person | undefined {
    if (node === 'me' || pages.get(node)) return undefined
    const known = people.get(page, node)
    return known ?? (!windows && /^\d+$/.test(node) ? people.meet(page, node) : undefined)
  }

  function readPerson({ page }: GraphCall, person: Person, fields: string) {
    if (person.profile === 'unavailable') throw badParameter('The profile is not available', 2018218)
    if (!profiles || person.profile === null) return {}
    const profile = { ...profileOf(person, page.channel), id: person.psid }
    return pickFields(profile, fields, PERSON_FIELDS[page.channel])
  }

  app.delete(
    '/:version/:node',
    calls.ofPage('personas', (call) =>
      finish(call, 'personas', () => {
        personas.remove(call.page, call.node)
        return { success: true }
      }),
    ),
  )

  function finish(
    call: GraphCall,
    surface: 'conversations' | 'personas' | 'person' | 'page',
    act: () => unknown,
  ) {
    return calls.finish(call, { surface, pageId: call.page.id, psid: call.node }, act)
  }
}
