import { z } from 'zod'
import type { Profile, ProfileLocale } from '../config/profile-schema.ts'

/** A Messenger profile as Meta writes it: one value per property. Only what we set is kept of what Meta tells. */
export interface ProfileProperties {
  get_started?: { payload: string }
  greeting?: { locale: string; text: string }[]
  ice_breakers?: { locale: string; call_to_actions: { question: string; payload: string }[] }[]
  persistent_menu?: { locale: string; composer_input_disabled: boolean; call_to_actions: MenuAction[] }[]
  commands?: { locale: string; commands: { name: string; description: string }[] }[]
}

export type MenuAction =
  { type: 'postback'; title: string; payload: string } | { type: 'web_url'; title: string; url: string }

export const propertyNames = [
  'get_started',
  'greeting',
  'ice_breakers',
  'persistent_menu',
  'commands',
] as const
export type PropertyName = (typeof propertyNames)[number]

/** What the config wants Meta to hold. A property that the config does not name is left out. */
export function wantedProperties(profile: Profile): ProfileProperties {
  const locales = Object.entries(profile.locales).toSorted(byLocale)
  function each<T>(make: (locale: string, one: ProfileLocale) => T | undefined): T[] | undefined {
    const made = locales.flatMap(([locale, one]) => make(locale, one) ?? [])
    return made.length === 0 ? undefined : made
  }
  const greeting = each((locale, one) =>
    one.greeting === undefined ? undefined : { locale, text: one.greeting },
  )
  const iceBreakers = each((locale, one) => one.iceBreakers && { locale, call_to_actions: one.iceBreakers })
  const menu = each(
    (locale, one) =>
      one.menu && {
        locale,
        composer_input_disabled: one.composerDisabled ?? false,
        call_to_actions: one.menu.map(menuAction),
      },
  )
  const commands = each((locale, one) => one.commands && { locale, commands: one.commands })
  return {
    ...(profile.getStarted === undefined ? {} : { get_started: { payload: profile.getStarted } }),
    ...(greeting && { greeting }),
    ...(iceBreakers && { ice_breakers: iceBreakers }),
    ...(menu && { persistent_menu: menu }),
    ...(commands && { commands }),
  }
}

function menuAction(item: NonNullable<ProfileLocale['menu']>[number]): MenuAction {
  return 'url' in item ? { type: 'web_url', ...item } : { type: 'postback', ...item }
}

const question = z.object({ question: z.string(), payload: z.string() })
const action = z.union([
  z.object({ type: z.literal('postback'), title: z.string(), payload: z.string() }),
  z.object({ type: z.literal('web_url'), title: z.string(), url: z.string() }),
])
const locale = z.string().default('default')

/** Loose on purpose: what Meta holds and we cannot read (an old nested menu) counts as different, and is written anew. */
const heldSchema = z.object({
  get_started: z.object({ payload: z.string() }).optional().catch(undefined),
  greeting: z
    .array(z.object({ locale, text: z.string() }))
    .optional()
    .catch(undefined),
  ice_breakers: z
    .union([
      z.array(z.object({ locale, call_to_actions: z.array(question) })),
      // The form from before locales: a list of questions.
      z.array(question).transform((call_to_actions) => [{ locale: 'default', call_to_actions }]),
    ])
    .optional()
    .catch(undefined),
  persistent_menu: z
    .array(
      z.object({
        locale,
        composer_input_disabled: z.boolean().default(false),
        call_to_actions: z.array(action).default([]),
      }),
    )
    .optional()
    .catch(undefined),
  commands: z
    .array(z.object({ locale, commands: z.array(z.object({ name: z.string(), description: z.string() })) }))
    .optional()
    .catch(undefined),
})

export const profileAnswer = z.object({ data: z.array(z.looseObject({})) })

export interface Held {
  properties: ProfileProperties
  /** What is set at Meta at all, also where it cannot be read. */
  names: PropertyName[]
}

/** What Meta holds. It answers one object with all properties, or none. */
export function heldProperties(answer: z.infer<typeof profileAnswer>): Held {
  const all: Record<string, unknown> = Object.fromEntries(answer.data.flatMap((one) => Object.entries(one)))
  const { get_started, greeting, ice_breakers, persistent_menu, commands } = heldSchema.parse(all)
  return {
    properties: {
      ...(get_started && { get_started }),
      ...(greeting && { greeting: sorted(greeting) }),
      ...(ice_breakers && { ice_breakers: sorted(ice_breakers) }),
      ...(persistent_menu && { persistent_menu: sorted(persistent_menu) }),
      ...(commands && { commands: sorted(commands) }),
    },
    names: propertyNames.filter((name) => all[name] != null),
  }
}

function sorted<T extends { locale: string }>(list: T[]): T[] {
  return list.toSorted((a, b) => byLocale([a.locale], [b.locale]))
}

/** `default` first, the others by name: the order has no meaning at Meta. */
function byLocale([a]: [string, ...unknown[]], [b]: [string, ...unknown[]]): number {
  if (a === b) return 0
  if (a === 'default' || b === 'default') return a === 'default' ? -1 : 1
  return a < b ? -1 : 1
}
