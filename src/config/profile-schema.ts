import { z } from 'zod'

const payload = z
  .string()
  .min(1, 'must not be empty')
  .max(1000, 'is longer than the 1000 characters that Meta takes')

function text(max: number) {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(max, `is longer than the ${max} characters that Meta takes`)
}

function list<T extends z.ZodType>(item: T, max: number, what: string) {
  return z
    .array(item)
    .min(1, 'must not be empty')
    .max(max, `has more than the ${max} ${what} that Meta takes`)
}

const menuItem = z.union(
  [
    z.strictObject({ title: text(30), payload }),
    z.strictObject({
      title: text(30),
      url: z.url({ protocol: /^https?$/, error: 'must be a URL with https:// or http://' }),
    }),
  ],
  {
    error:
      'must be { title, payload } or { title, url }: title up to 30 characters, payload up to 1000, url with https://',
  },
)

const localeSchema = z.strictObject({
  greeting: text(160)
    .optional()
    .describe('Shown before the first message; {{user_first_name}} is filled in by Meta.'),
  iceBreakers: list(z.strictObject({ question: z.string().min(1), payload }), 4, 'ice breakers')
    .optional()
    .describe('Questions to begin with, each `{ question, payload }`; at most 4.'),
  menu: list(menuItem, 20, 'menu items')
    .optional()
    .describe('The persistent menu: `{ title, payload }` or `{ title, url }`, at most 20.'),
  composerDisabled: z
    .boolean()
    .optional()
    .describe('true: people can only use the menu and buttons, and not write.'),
  commands: list(z.strictObject({ name: text(32), description: text(64) }), 100, 'commands')
    .optional()
    .describe('What people can choose after typing "/": `{ name, description }`, at most 100.'),
})

/** How a Page presents itself in Messenger; `deskbridge profile` brings Meta to the same state. */
export const profileSchema = z
  .strictObject({
    getStarted: payload
      .optional()
      .describe(
        'Payload of the Get Started button. A menu on Messenger needs it; ice breakers go before it.',
      ),
    locales: z
      .record(z.string().regex(/^(default|[a-z]{2,3}_[A-Z0-9]{2,4})$/), localeSchema, {
        error: ({ code }) => (code === 'invalid_key' ? 'must be named default, or like de_DE' : undefined),
      })
      .default({})
      .describe('What is shown, by language: `default`, and if you like `de_DE` and so on.'),
  })
  .superRefine((profile, context) => {
    const locales = Object.values(profile.locales)
    for (const key of ['greeting', 'iceBreakers', 'menu'] as const) {
      if (profile.locales['default']?.[key] !== undefined) continue
      if (!locales.some((locale) => locale[key] !== undefined)) continue
      const message = 'is missing, though another locale has it: Meta falls back to default'
      context.addIssue({ code: 'custom', path: ['locales', 'default', key], message })
    }
    for (const [name, { composerDisabled, menu }] of Object.entries(profile.locales)) {
      if (composerDisabled === undefined || menu !== undefined) continue
      const message = 'goes with a menu, which this locale does not have'
      context.addIssue({ code: 'custom', path: ['locales', name, 'composerDisabled'], message })
    }
  })

export type Profile = z.infer<typeof profileSchema>
export type ProfileLocale = z.infer<typeof localeSchema>

interface Presented {
  channel: string
  profile?: Profile | undefined
}

/** A rule between a Page and its profile. */
export function menusNeedGetStarted(pages: Presented[], context: z.RefinementCtx): void {
  for (const [at, { channel, profile }] of pages.entries()) {
    if (channel !== 'messenger' || !profile || profile.getStarted !== undefined) continue
    if (!Object.values(profile.locales).some((locale) => locale.menu !== undefined)) continue
    const message = 'is missing: a menu on Messenger needs a Get Started button'
    context.addIssue({ code: 'custom', path: [at, 'profile', 'getStarted'], message })
  }
}
