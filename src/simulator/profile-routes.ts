import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PROFILE_FIELDS, profileSchema } from './check-profile.ts'
import { badParameter, readShape } from './graph-error.ts'
import type { GraphCall, GraphCalls } from './graph-calls.ts'
import { splitFields } from './paging.ts'
import type { Page } from './pages.ts'
import { readParams } from './read-form.ts'

/** The Messenger Profile API: get started, greeting, ice breakers, menu, commands. */

const READABLE = new Set<string>([...PROFILE_FIELDS, 'subject_to_new_eu_privacy_rules'])

const readSchema = z.looseObject({ fields: z.string().min(1), platform: z.string().optional() })
const removeSchema = z.looseObject({
  fields: z.union([z.array(z.string()), z.string().transform(splitFields)]),
  platform: z.string().optional(),
})

type Settings = Record<string, unknown>

export async function profileRoutes(app: FastifyInstance, deps: { calls: GraphCalls }): Promise<void> {
  const { calls } = deps
  const byPage = new Map<string, Settings>()
  const path = '/:version/:node/messenger_profile'

  function settingsOf(page: Page, platform: string | undefined): Settings {
    const key = `${page.id} ${platform ?? page.channel}`
    let settings = byPage.get(key)
    if (!settings) byPage.set(key, (settings = {}))
    return settings
  }

  /** Reads what was asked, at the cost of one of ten calls in ten minutes. */
  function read<T extends z.ZodType>(schema: T, { request, page }: GraphCall): z.output<T> {
    page.rates?.take('profile')
    return readShape(schema, readParams(request))
  }

  app.get(
    path,
    calls.onPage('messenger_profile', (call) => {
      const { fields, platform } = read(readSchema, call)
      const settings = settingsOf(call.page, platform)
      const asked = splitFields(fields)
      checkNames(asked)
      const found = Object.fromEntries(
        asked.filter((name) => name in settings).map((name) => [name, settings[name]]),
      )
      const extra = asked.includes('subject_to_new_eu_privacy_rules') && {
        subject_to_new_eu_privacy_rules: false,
      }
      const all = { ...found, ...extra }
      return { data: Object.keys(all).length === 0 ? [] : [all] }
    }),
  )

  app.post(
    path,
    calls.onPage('messenger_profile', (call) => {
      const { platform, ...given } = read(profileSchema, call)
      const settings = settingsOf(call.page, platform)
      const after = { ...settings, ...given }
      checkMenu(after, platform ?? call.page.channel)
      Object.assign(settings, given)
      return { result: 'success' }
    }),
  )

  app.delete(
    path,
    calls.onPage('messenger_profile', (call) => {
      const { fields, platform } = read(removeSchema, call)
      checkNames(fields)
      const settings = settingsOf(call.page, platform)
      const left = Object.fromEntries(Object.entries(settings).filter(([name]) => !fields.includes(name)))
      checkMenu(left, platform ?? call.page.channel)
      byPage.set(`${call.page.id} ${platform ?? call.page.channel}`, left)
      return { result: 'success' }
    }),
  )
}

function checkNames(names: readonly string[]): void {
  const unknown = names.find((name) => !READABLE.has(name))
  if (unknown !== undefined) throw badParameter(`fields: there is no ${unknown}`)
}

/** Instagram has no Get Started button. */
function checkMenu(settings: Settings, platform: string): void {
  const lacks = 'persistent_menu' in settings && !('get_started' in settings)
  if (lacks && platform !== 'instagram') throw badParameter('persistent_menu: needs get_started')
}
