import { z } from 'zod'
import { payload, webUrl } from './check-button.ts'

/** The settings of a Page's Messenger profile, and their limits. */

const locale = z.string().min(1)
const DEFAULT_LOCALE = 'default'

type Localised = readonly { locale: string }[]

function hasDefault(list: Localised): boolean {
  return list.some((one) => one.locale === DEFAULT_LOCALE)
}

function oncePerLocale(list: Localised): boolean {
  return new Set(list.map((one) => one.locale)).size === list.length
}

const NO_DEFAULT = 'the locale "default" is required'
const TWICE = 'a locale stands there twice'

const question = z.strictObject({ question: z.string().min(1), payload })
const questions = z.array(question).min(1).max(4, 'at most 4 ice breakers')

/** Both forms: a list of questions, and lists of them by locale. */
const iceBreakers = z.union([
  questions,
  z
    .array(z.strictObject({ call_to_actions: questions, locale }))
    .min(1)
    .refine(hasDefault, NO_DEFAULT)
    .refine(oncePerLocale, TWICE),
])

const menuTitle = z.string().min(1).max(30, 'title must be 30 characters at most')
const menuItem = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('postback'), title: menuTitle, payload }),
  z.strictObject({
    type: z.literal('web_url'),
    title: menuTitle,
    url: webUrl,
    webview_height_ratio: z.enum(['compact', 'tall', 'full']).optional(),
    webview_share_button: z.string().optional(),
    messenger_extensions: z.boolean().optional(),
    fallback_url: webUrl.optional(),
  }),
])

const persistentMenu = z
  .array(
    z.strictObject({
      locale,
      composer_input_disabled: z.boolean().optional(),
      call_to_actions: z.array(menuItem).min(1).max(20, 'at most 20 items').optional(),
    }),
  )
  .min(1)
  .refine(hasDefault, NO_DEFAULT)
  .refine(oncePerLocale, TWICE)

const commands = z
  .array(
    z.strictObject({
      locale,
      commands: z
        .array(z.strictObject({ name: z.string().min(1).max(32), description: z.string().min(1).max(64) }))
        .min(1)
        .max(100, 'at most 100 commands'),
    }),
  )
  .min(1)
  .refine(oncePerLocale, TWICE)

const greeting = z
  .array(z.strictObject({ locale, text: z.string().min(1) }))
  .min(1)
  .refine(oncePerLocale, TWICE)

export const profileSchema = z
  .strictObject({
    platform: z.enum(['messenger', 'instagram']).optional(),
    get_started: z.strictObject({ payload }).optional(),
    greeting: greeting.optional(),
    ice_breakers: iceBreakers.optional(),
    persistent_menu: persistentMenu.optional(),
    commands: commands.optional(),
    whitelisted_domains: z.array(webUrl).min(1).optional(),
    account_linking_url: webUrl.optional(),
  })
  .refine(
    (settings) => Object.keys(settings).some((name) => name !== 'platform'),
    'at least one property of the profile is required',
  )

export const PROFILE_FIELDS = [
  ...(['get_started', 'greeting', 'ice_breakers', 'persistent_menu', 'commands'] as const),
  ...(['whitelisted_domains', 'account_linking_url'] as const),
] as const

export type ProfileField = (typeof PROFILE_FIELDS)[number]
