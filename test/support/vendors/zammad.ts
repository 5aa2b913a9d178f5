import { zammadHelpdesk } from '../../../src/helpdesk/zammad/adapter.ts'
import { zammadSettings } from '../../../src/helpdesk/zammad/settings.ts'
import { using } from '../ticket-helpdesk-kit.ts'
import type { SeenCallback, SeenEntry, SeenTicket, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import { zammadAdmin } from './zammad-admin.ts'
import { zammadRoutes } from './zammad-routes.ts'
import { addArticle, beaUser, newZammad, setState, userOf } from './zammad-state.ts'
import type { ZammadArticle, ZammadState, ZammadTicket } from './zammad-state.ts'

export interface ZammadUnderTest extends TicketHelpdeskUnderTest {
  state: ZammadState
}

/** A Zammad with one group, and an adapter that is set up for it. Nothing published describes its calls: the schemas are ours. */
export async function openZammad(more: object = {}): Promise<ZammadUnderTest> {
  const state = newZammad()
  const secret = 'signature-token-of-the-webhook'
  const server = await vendorServer([...zammadAdmin(state), ...zammadRoutes(state)])
  state.url = server.url
  const settings = zammadSettings.parse({
    adapter: 'zammad',
    url: server.url,
    token: state.token,
    group: 'Messenger',
    callbackSecrets: [secret],
    fields: { locale: 'customer_locale' },
    allowPrivateNetwork: true,
    ...more,
  })
  const find = (ticket: string) => state.tickets.find(({ id }) => String(id) === ticket)!
  /** What was posted while something was done. */
  const posted = (act: () => void): SeenCallback[] => {
    const before = state.posted.length
    act()
    return state.posted.slice(before).map((body: unknown) => ({ body }))
  }
  const html = (text: string | null) => (text === null ? '' : `<div>${text.replaceAll('\n', '<br>')}</div>`)
  return {
    state,
    server,
    adapter: zammadHelpdesk(settings),
    secrets: [state.token, secret],
    tickets: () => state.tickets.map((one) => seen(state, one)),
    callbacks: {
      reply: (ticket, { text, files, agent }) => {
        const [firstname, lastname] = agent.split(' ')
        Object.assign(userOf(state, beaUser), { firstname, lastname: lastname ?? '' })
        const attachments = files.map(({ type, name }) => ({
          filename: name,
          'mime-type': type === 'file' ? 'application/pdf' : `${type}/x`,
        }))
        const said = { body: html(text), content_type: 'text/html', attachments }
        return posted(() => addArticle(state, find(ticket), said, beaUser))
      },
      note: (ticket, text) =>
        posted(() => addArticle(state, find(ticket), { body: text, internal: true }, beaUser)),
      status: (ticket, status) =>
        posted(() => setState(state, find(ticket), status === 'solved' ? 'closed' : 'open')),
      ours: () => state.posted.map((body: unknown) => ({ body })),
    },
    closeForGood: (ticket) => setState(state, find(ticket), 'merged'),
    remove: (ticket) => {
      state.tickets = state.tickets.filter(({ id }) => String(id) !== ticket)
    },
    close: () => Promise.resolve(),
  }
}

function seen(state: ZammadState, one: ZammadTicket): SeenTicket {
  const { login, firstname, lastname } = userOf(state, one.customer_id)
  const named = { closed: 'solved', merged: 'closed' } as const
  return {
    id: String(one.id),
    customer: login,
    customerName: `${firstname} ${lastname}`.trim(),
    status: named[one.state as keyof typeof named] ?? 'open',
    tags: one.tags,
    entries: one.articles.map((article) => seenEntry(article)),
  }
}

function seenEntry(article: ZammadArticle): SeenEntry {
  const { id, sender, internal, from, body, attachments } = article
  return {
    id: String(id),
    from: internal ? 'note' : sender === 'Customer' ? 'customer' : 'agent',
    author: from,
    text: body,
    files: attachments.map(({ filename }) => filename),
  }
}

/** Like `using`, for what only the stand-in of Zammad knows. */
export function zammad(use: (under: ZammadUnderTest) => Promise<void>, more: object = {}): Promise<void> {
  let under: ZammadUnderTest
  return using(
    async () => (under = await openZammad(more)),
    () => use(under),
  )
}
