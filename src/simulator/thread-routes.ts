import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { badParameter, readShape, refusal } from './graph-error.ts'
import type { GraphCalls } from './graph-calls.ts'
import type { Page } from './pages.ts'
import type { People } from './people.ts'
import { readParams } from './read-form.ts'
import type { ThreadControl } from './thread-control.ts'
import { notOwner, type Threads } from './threads.ts'

/** Conversation routing: which app has a thread, and how it goes from one to the other. */

const appId = z.union([z.string().regex(/^\d+$/), z.int()]).transform(String)
const common = {
  recipient: z.strictObject({ id: z.string().min(1) }),
  metadata: z.string().max(1000).optional(),
}
const plainSchema = z.strictObject(common)
const passSchema = z.strictObject({ ...common, target_app_id: appId.optional() })
const extendSchema = z.strictObject({
  recipient: common.recipient,
  duration: z.coerce
    .number()
    .int()
    .positive()
    .max(7 * 86_400, 'duration is 7 days at most'),
})
const ownerSchema = z.looseObject({ recipient: z.string().min(1) })

export async function threadRoutes(
  app: FastifyInstance,
  deps: { calls: GraphCalls; people: People; threads: Threads; control: ThreadControl },
): Promise<void> {
  const { calls, people, threads, control } = deps

  function post(name: string, act: (page: Page, params: Record<string, unknown>) => void): void {
    app.post(
      `/:version/:node/${name}`,
      calls.onPage('thread_control', ({ page, request }) => {
        act(page, readParams(request))
        return { success: true }
      }),
    )
  }

  post('pass_thread_control', (page, params) => {
    const { recipient, metadata, target_app_id } = readShape(passSchema, params)
    const person = people.meet(page, recipient.id)
    if (threads.owner(person) !== null && !threads.isOurs(person)) throw notOwner(page)
    const target = target_app_id ?? threads.defaultApp()
    if (target === null) throw badParameter('target_app_id: required without a default app')
    void control.pass(page, person, target, { metadata })
  })

  post('release_thread_control', (page, params) => {
    const person = people.meet(page, readShape(plainSchema, params).recipient.id)
    if (!threads.isOurs(person)) throw notOwner(page)
    control.release(person)
  })

  post('take_thread_control', (page, params) => {
    const { recipient, metadata } = readShape(plainSchema, params)
    if (!threads.isDefault()) throw refusal(10, undefined, 'This app may not take control of threads')
    void control.take(page, people.meet(page, recipient.id), threads.self, { metadata })
  })

  post('request_thread_control', (page, params) => {
    const { recipient, metadata } = readShape(plainSchema, params)
    void control.request(page, people.meet(page, recipient.id), threads.self, { metadata })
  })

  post('extend_thread_control', (page, params) => {
    const { recipient, duration } = readShape(extendSchema, params)
    const person = people.meet(page, recipient.id)
    if (threads.owner(person) !== threads.self) throw notOwner(page)
    threads.give(person, threads.self, duration * 1000)
  })

  app.get(
    '/:version/:node/thread_owner',
    calls.onPage('thread_control', ({ page, request }) => {
      const person = people.get(page, readShape(ownerSchema, readParams(request)).recipient)
      const owner = person ? threads.owner(person) : null
      if (!person?.owner || owner === null) return { data: [] }
      // Others are not told whose it is.
      const shown = owner === threads.self || threads.isDefault() ? { app_id: owner } : {}
      return { data: [{ thread_owner: { ...shown, expiration: Math.floor(person.owner.until / 1000) } }] }
    }),
  )
}
