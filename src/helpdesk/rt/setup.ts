import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { RtClient } from './client.ts'
import { scripFor } from './scrip.ts'
import type { RtSettings } from './settings.ts'

const version = z.object({ Version: z.string() })
const queueAnswer = z.object({
  Name: z.string().optional(),
  _hyperlinks: z.array(z.object({ ref: z.string(), type: z.string().optional() })).catch([]),
  TicketCustomFields: z.array(z.object({ name: z.string() })).catch([]),
})
// RT shows the groups of a user only to that user, and to administrators.
const self = z.object({ Memberships: z.array(z.unknown()).optional() })
const newest = z.object({
  items: z.array(z.object({ id: z.union([z.string(), z.number()]), _hyperlinks: z.unknown().optional() })),
})
const links = z.array(z.object({ ref: z.string() }))

const rights =
  'SeeQueue, ShowTicket, ShowTicketComments, CreateTicket, ReplyToTicket, CommentOnTicket, ModifyTicket, SeeCustomField and ModifyCustomField'

/** REST2 can make neither rights nor scrips: all but the looking is a person's. */
export function rtSetup(settings: RtSettings, client: RtClient): HelpdeskSetup {
  async function look(
    what: string,
    mend: string,
    find: () => Promise<SetupFinding[]>,
  ): Promise<SetupFinding[]> {
    try {
      return await find()
    } catch (error) {
      return [{ state: 'failed', what: `${what}: ${stepFacts(error).message}`, mend }]
    }
  }

  const credentials = (signal: AbortSignal) =>
    look(
      `sign in to ${settings.url} as ${settings.user}`,
      'Check url, user, and token or password. RT gives tokens under "Logged in as …" > Settings > Auth Tokens.',
      async () => {
        const { Version } = readAnswer(version, await client.get('/rt', {}, signal))
        const path = `/user/${encodeURIComponent(settings.user)}`
        const { Memberships } = readAnswer(self, await client.get(path, {}, signal))
        const what = `sign in to Request Tracker ${Version} as ${settings.user}`
        if (Memberships !== undefined) return [{ state: 'ok', what }]
        const mend = `The token must be one of the user ${settings.user} itself: by that name its own words are known.`
        return [{ state: 'failed', what, mend }]
      },
    )

  const queue = (signal: AbortSignal) =>
    look(
      `queue ${settings.queue}`,
      `Make the queue, and give ${settings.user} in it the rights ${rights}.`,
      async () => {
        const path = `/queue/${encodeURIComponent(settings.queue)}`
        const seen = readAnswer(queueAnswer, await client.get(path, {}, signal))
        const may = seen._hyperlinks.some(({ ref, type }) => ref === 'create' && type === 'ticket')
        const mend = `Give ${settings.user} in this queue the rights ${rights}.`
        const what = `queue ${settings.queue}`
        const named = new Set(seen.TicketCustomFields.map(({ name }) => name))
        const wanted = [
          ...Object.values(settings.fields),
          ...(settings.tagsField ? [settings.tagsField] : []),
        ]
        return [
          may
            ? { state: 'ok', what }
            : { state: 'failed', what: `${what}: no right to create tickets`, mend },
          ...wanted.map((field): SetupFinding => {
            if (named.has(field)) return { state: 'ok', what: `custom field ${field}` }
            const make = `Make a custom field of tickets named "${field}", apply it to the queue, and let ${settings.user} see and modify it.`
            return { state: 'failed', what: `custom field ${field}`, mend: make }
          }),
        ]
      },
    )

  /** The rights in tickets show in the links of one that is there. */
  const ticketRights = (signal: AbortSignal) =>
    look('rights in tickets', `Give ${settings.user} the rights ${rights}.`, async () => {
      const query = {
        query: `Creator = '${settings.user}'`,
        fields: '_hyperlinks',
        orderby: 'id',
        order: 'DESC',
        per_page: '1',
      }
      const [ticket] = readAnswer(newest, await client.get('/tickets', query, signal)).items
      if (!ticket) return []
      const read = links.safeParse(ticket._hyperlinks)
      const refs = new Set(read.success ? read.data.map(({ ref }) => ref) : [])
      const missing = ['correspond', 'comment'].filter((ref) => !refs.has(ref))
      if (missing.length === 0) return [{ state: 'ok', what: 'rights in tickets' }]
      const what = `rights in tickets: no right to ${missing.join(' and to ')}`
      return [{ state: 'failed', what, mend: `Give ${settings.user} the rights ${rights}.` }]
    })

  async function check({ signal }: Pick<SetupContext, 'signal'>): Promise<SetupFinding[]> {
    const found = [...(await credentials(signal))]
    if (found.some(({ state }) => state === 'failed')) return found
    return [...found, ...(await queue(signal)), ...(await ticketRights(signal))]
  }

  return {
    check,
    async setUp(context) {
      return [...(await check(context)), ...scripStep(settings, context.callbackUrl)]
    },
  }
}

function scripStep(settings: RtSettings, callbackUrl: string | undefined): SetupFinding[] {
  if (settings.callbackSecrets === undefined) return []
  const what = 'scrip that calls deskbridge'
  if (callbackUrl === undefined)
    return [{ state: 'todo', what, mend: 'Set server.publicUrl; then the text of the scrip stands here.' }]
  const { condition, commit } = scripFor(settings, callbackUrl)
  const mend = `In RT: Admin > Queues > ${settings.queue} > Scrips > Create. Condition: User Defined. Action: User Defined. Template: Blank. Stage: Normal.
Custom condition:
${condition}
Custom action commit code (custom action preparation code: return 1;):
${commit}`
  return [{ state: 'todo', what, mend }]
}
