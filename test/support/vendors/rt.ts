import { vendorServer } from '../vendor-server.ts'
import type { VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { customFields, messageBody, newTicketBody, only, paging, text } from './rt-schemas.ts'
import { rtState } from './rt-state.ts'
import type { RtStandInSettings, RtTransactionRow } from './rt-state.ts'

/** A stand-in for RT 5: it says and does what a real one was seen to say and do. */
export async function startRt(settings: RtStandInSettings) {
  const state = rtState(settings)
  const { users, tickets, transactions, createTicket, changeTicket, addMessage, renameUser } = state

  function page<T>(rows: T[], query: Record<string, string>, show: (row: T) => object): VendorAnswer {
    const ordered = query['order'] === 'DESC' ? rows.toReversed() : rows
    const items = ordered.slice(0, Number(query['per_page'] ?? 20)).map(show)
    return { json: { count: items.length, page: 1, total: null, pages: null, items } }
  }

  function searchTickets({ query }: VendorRequest): VendorAnswer {
    const wanted = query['query'] ?? ''
    const byId = /^id = (\d+)$/.exec(wanted)?.[1]
    const byLink = /^RefersTo = '([^']+)'$/.exec(wanted)?.[1]
    const byCreator = /^Creator = '([^']+)'$/.exec(wanted)?.[1]
    if (!byId && !byLink && !byCreator) return { status: 500, text: `not understood: ${wanted}` }
    const rows = tickets.filter(
      (one) =>
        !one.gone &&
        (String(one.id) === byId || one.refersTo.includes(byLink ?? '') || one.creator === byCreator),
    )
    return page(rows, query, (one) => ({
      id: String(one.id),
      type: 'ticket',
      Status: one.status,
      Subject: one.subject,
      Requestor: one.requestors.map((address) => ({
        id: address,
        type: 'user',
        RealName: users.get(address),
      })),
      CustomFields: settings.fields.map((name) => ({ name, values: one.fields.get(name) ?? [] })),
      _hyperlinks: [{ ref: 'self' }, { ref: 'correspond' }, { ref: 'comment' }],
    }))
  }

  function searchTransactions({ query }: VendorRequest): VendorAnswer {
    const wanted = query['query'] ?? ''
    const byMark = /^ObjectType = 'RT::Ticket' AND ObjectId = (\d+) AND Data LIKE '([0-9a-f]+)'$/.exec(wanted)
    const others =
      /^id > (\d+) AND TicketCreator = '(.+)' AND Creator != '(.+)' AND \( Type = 'Correspond' OR Type = 'Status' \)$/.exec(
        wanted,
      )
    if (!byMark && !others) return { status: 500, text: `not understood: ${wanted}` }
    const rows = transactions.filter((row) => {
      if (byMark) return row.ticket === Number(byMark[1]) && row.data.includes(byMark[2]!)
      const ticket = tickets[row.ticket - 1]
      const fits = row.id > Number(others![1]) && ticket?.creator === others![2] && row.creator !== others![3]
      return fits && (row.type === 'Correspond' || row.type === 'Status')
    })
    return page(rows, query, (row) => ({
      id: String(row.id),
      type: 'transaction',
      Type: row.type,
      Created: new Date(row.at).toISOString().replace(/\.\d+/, ''),
      ObjectId: String(row.ticket),
      NewValue: row.status,
      Creator: { id: row.creator, type: 'user', RealName: users.get(row.creator) },
    }))
  }

  const attachments = () => transactions.flatMap((row) => row.attachments)

  function readAttachment({ params }: VendorRequest): VendorAnswer {
    const one = attachments().find(({ id }) => String(id) === params['id'])
    if (!one) return { status: 404, json: { message: 'Not Found' } }
    // In lines, as Perl encodes.
    const Content = one.content.toString('base64').replace(/.{1,76}/g, '$&\n')
    const Headers = 'a "Content" : "trap"'
    return { json: { id: one.id, ContentType: one.type, Filename: one.name, Headers, Content, Subject: '' } }
  }

  function describeAttachment({ id, type, name, content }: RtTransactionRow['attachments'][number]) {
    return {
      id: String(id),
      type: 'attachment',
      ContentType: type,
      Filename: name,
      ContentLength: String(content.length),
    }
  }

  const routes: VendorRoute[] = [
    { method: 'GET', path: '/rt', answer: () => ({ json: { Version: '5.0.3' } }) },
    {
      method: 'GET',
      path: '/user/:name',
      answer: ({ params }) =>
        users.has(params['name']!)
          ? {
              json: {
                Name: params['name'],
                ...(params['name'] === settings.user ? { Memberships: [] } : {}),
              },
            }
          : { status: 404, json: { message: 'Not Found' } },
    },
    { method: 'PUT', path: '/user/:name', body: only({ RealName: text }, ['RealName']), answer: renameUser },
    {
      method: 'GET',
      path: '/queue/:name',
      answer: ({ params }) =>
        params['name'] === settings.queue
          ? {
              json: {
                Name: settings.queue,
                _hyperlinks: [{ ref: 'create', type: 'ticket' }],
                TicketCustomFields: settings.fields.map((name) => ({ name })),
              },
            }
          : { status: 404, json: { message: 'Not Found' } },
    },
    { method: 'POST', path: '/ticket', body: newTicketBody, answer: createTicket },
    {
      method: 'PUT',
      path: '/ticket/:id',
      body: only({ Status: text, CustomFields: customFields }),
      answer: changeTicket,
    },
    ...(['correspond', 'comment'] as const).map((type): VendorRoute => ({
      method: 'POST',
      path: `/ticket/:id/${type}`,
      body: messageBody,
      answer: (request) => addMessage(type, request),
    })),
    {
      method: 'GET',
      path: '/tickets',
      query: only({ query: text, fields: text, 'fields[Requestor]': text, ...paging }, ['query']),
      answer: searchTickets,
    },
    {
      method: 'GET',
      path: '/transactions',
      query: only({ query: text, fields: text, 'fields[Creator]': text, ...paging }, ['query']),
      answer: searchTransactions,
    },
    {
      method: 'GET',
      path: '/transaction/:id/attachments',
      // `Parent` among the fields is a 500 of RT's.
      query: only({ fields: { const: 'ContentType,Filename' }, ...paging }),
      answer: ({ params, query }) =>
        page(
          transactions.find(({ id }) => String(id) === params['id'])?.attachments ?? [],
          query,
          describeAttachment,
        ),
    },
    {
      method: 'GET',
      path: '/attachments',
      query: only({ query: { type: 'string', pattern: '^\\[\\{' }, fields: text }, ['query']),
      answer: ({ query }) => {
        const [{ value }] = JSON.parse(query['query']!)
        return page(
          attachments().filter(({ id }) => id === value),
          query,
          describeAttachment,
        )
      },
    },
    { method: 'GET', path: '/attachment/:id', answer: readAttachment },
  ]
  const server = await vendorServer(
    routes.map((route) => ({
      ...route,
      path: `/REST/2.0${route.path}`,
      answer: (request) =>
        request.headers['authorization'] === `token ${settings.token}`
          ? route.answer(request)
          : { status: 401, text: 'Authorization required' },
    })),
  )

  return { server, ...state, close: () => server.close() }
}

export type RtStandIn = Awaited<ReturnType<typeof startRt>>
