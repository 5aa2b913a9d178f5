import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import { salesforceHelpdesk } from '../../../src/helpdesk/salesforce/adapter.ts'
import { salesforceSettings } from '../../../src/helpdesk/salesforce/settings.ts'
import type { SeenCallback, TicketHelpdeskUnderTest } from '../ticket-helpdesk-kit.ts'
import { vendorServer } from '../vendor-server.ts'
import type { VendorAnswer, VendorRequest, VendorRoute } from '../vendor-server.ts'
import { wrongToken } from './salesforce-answers.ts'
import { salesforceRoutes, tokenBody } from './salesforce-routes.ts'
import { salesforceStore } from './salesforce-store.ts'
import type { CaseRecord, EntryRecord } from './salesforce-store.ts'

/** A stand-in for one org of Salesforce: its REST API as docs/adapters/salesforce.md uses it, with a user of ours. */

export const ourUser = '005000000000001AAA'
export const agentUser = '005000000000002AAA'
export const callbackSecret = 'salesforce-calls-us-with-this-secret'
const clientSecret = 'secret-of-the-app-in-salesforce'
const consumerKey = 'consumer-key-of-the-app'
const username = 'deskbridge@acme.example'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })

export interface SalesforceOptions {
  messages?: 'comment' | 'feed'
  replies?: 'poll' | 'callout'
  /** Further settings. */
  settings?: Record<string, unknown>
  /** ms since the epoch, of the org. */
  clock?: () => number
  login?: 'key' | 'secret'
  /** Fields that the org lacks, such as `Case.Deskbridge_Id__c`. */
  lacks?: string[]
}

export async function openSalesforce(options: SalesforceOptions = {}) {
  const store = salesforceStore({ [ourUser]: 'deskbridge', [agentUser]: 'Bea Agent' }, options.clock)
  const { messages = 'comment', replies = 'callout' } = options
  let logins = 0
  let valid: string | undefined
  let instance: string | undefined
  let refusesLogin = false
  let usage = 'api-usage=18/15000'

  async function logIn({ json }: VendorRequest): Promise<VendorAnswer> {
    if (refusesLogin)
      return { status: 400, json: { error: 'invalid_grant', error_description: 'user hasn’t approved' } }
    if (json.grant_type === 'client_credentials') {
      if (json.client_id !== consumerKey || json.client_secret !== clientSecret)
        return {
          status: 400,
          json: { error: 'invalid_client', error_description: 'invalid client credentials' },
        }
    } else {
      const key = createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }))
      const claims = { audience: 'https://login.salesforce.com', issuer: consumerKey, subject: username }
      const verified = await jwtVerify(json.assertion, key, { ...claims, algorithms: ['RS256'] }).catch(
        () => undefined,
      )
      const left = (verified?.payload.exp ?? 0) - Date.now() / 1000
      if (left <= 0 || left > 300)
        return { status: 400, json: { error: 'invalid_grant', error_description: 'invalid assertion' } }
    }
    logins++
    valid = `token-of-the-org-${logins}`
    return {
      json: {
        access_token: valid,
        scope: 'api',
        instance_url: instance ?? server.url,
        id: `https://login.salesforce.com/id/00D000000000001EAA/${ourUser}`,
        token_type: 'Bearer',
      },
    }
  }

  /** Every call but the login needs the token of the last one. */
  function guarded(route: VendorRoute): VendorRoute {
    return {
      ...route,
      async answer(request) {
        if (request.headers['authorization'] !== `Bearer ${valid}`) return wrongToken
        const answer = await route.answer(request)
        return { ...answer, headers: { 'sforce-limit-info': usage, ...answer.headers } }
      },
    }
  }

  const server = await vendorServer([
    { method: 'POST', path: '/services/oauth2/token', body: tokenBody, answer: logIn },
    ...salesforceRoutes(store, { ourUser, lacks: new Set(options.lacks ?? []) }).map((route) =>
      guarded(route),
    ),
  ])
  const login =
    options.login === 'secret'
      ? { clientId: consumerKey, clientSecret }
      : { clientId: consumerKey, username, privateKey }
  const settings = salesforceSettings.parse({
    adapter: 'salesforce',
    url: server.url,
    login,
    messages,
    replies,
    allowPrivateNetwork: true,
    ...(replies === 'callout' ? { callbackSecrets: [callbackSecret] } : {}),
    status: { closed: 'Archived' },
    tagsField: 'Tags__c',
    fields: { locale: 'Locale__c' },
    caseValues: { Origin: 'Facebook' },
    ...options.settings,
  })
  const adapter = salesforceHelpdesk(settings)

  function caseRecord(id: string): CaseRecord {
    return store.cases.find((one) => one.Id === id)!
  }

  /** Somebody writes on the screen; what a Flow posts of it. */
  function write(ticket: string, more: Partial<EntryRecord>): EntryRecord {
    const object = messages === 'comment' ? 'CaseComment' : 'FeedItem'
    const entry: EntryRecord = {
      Id: store.newId(object === 'CaseComment' ? '00a' : '0D5'),
      object,
      case: ticket,
      text: '',
      public: true,
      rich: messages === 'feed',
      type: (more.files?.length ?? 0) > 0 ? 'ContentPost' : 'TextPost',
      author: agentUser,
      at: store.now(),
      files: [],
      ...more,
    }
    store.entries.push(entry)
    return entry
  }

  function flowOf(entry: EntryRecord): SeenCallback {
    const files = entry.files.map((id) => {
      const { Title } = store.files.find((file) => file.Id === id)!
      return { id, name: Title, extension: Title.split('.').at(-1) }
    })
    return {
      body: {
        type: 'reply',
        case: entry.case,
        id: entry.Id,
        author: entry.author,
        authorName: store.users[entry.author],
        text: entry.text === '' ? null : entry.text,
        rich: entry.rich,
        public: entry.public,
        at: entry.at,
        ...(files.length > 0 ? { files } : {}),
      },
    }
  }

  const under: TicketHelpdeskUnderTest = {
    adapter,
    server,
    secrets: [callbackSecret, clientSecret, 'token-of-the-org', privateKey.toString().split('\n')[1]!],
    volatile: { assertion: /eyJ[\w-]+\.[\w-]+\.[\w-]+/g },
    tickets: () =>
      store.cases
        .filter(({ deleted }) => !deleted)
        .map((record) => {
          const [key, contact] = [...store.contacts].find(([, { Id }]) => Id === record.ContactId) ?? []
          return {
            id: record.Id,
            customer: key ?? record.Deskbridge_Id__c ?? '',
            customerName: contact && [contact.FirstName, contact.LastName].filter(Boolean).join(' '),
            status: record.Status === 'Archived' ? 'closed' : record.IsClosed ? 'solved' : 'open',
            tags: record.Tags__c?.split(';') ?? [],
            entries: store.entries
              .filter((entry) => entry.case === record.Id)
              .map((entry) => ({
                id: entry.Id,
                from: !entry.public ? 'note' : entry.author === ourUser ? 'customer' : 'agent',
                text: entry.text.replace(/\n\(ref [\w-]{12}\)$/, '').replace(/^Customer:\n/, ''),
                files: [],
              })),
          }
        }),
    ...(replies === 'callout'
      ? {
          callbacks: {
            reply(ticket, { text, files }) {
              const ids = files.map(({ name }) => {
                const Id = store.newId('068')
                store.files.push({
                  Id,
                  case: null,
                  Title: name,
                  Description: null,
                  bytes: Buffer.from(`bytes of ${name}`),
                })
                return Id
              })
              const body = text === null ? '' : messages === 'feed' ? `<p>${text}</p>` : text
              return [flowOf(write(ticket, { text: body, files: ids }))]
            },
            note: (ticket, text) => [flowOf(write(ticket, { text, public: false }))],
            status(ticket, status) {
              const record = caseRecord(ticket)
              store.setStatus(record, status === 'solved' ? 'Closed' : 'New', agentUser)
              const { Status, IsClosed } = record
              return [
                {
                  body: {
                    type: 'status',
                    case: ticket,
                    status: Status,
                    isClosed: IsClosed,
                    author: agentUser,
                    at: store.now(),
                  },
                },
              ]
            },
            ours: () =>
              store.entries.filter(({ author }) => author === ourUser).map((entry) => flowOf(entry)),
          },
        }
      : {}),
    closeForGood: (ticket) => store.setStatus(caseRecord(ticket), 'Archived', agentUser),
    remove(ticket) {
      caseRecord(ticket).deleted = true
    },
    close: () => server.close().catch(() => {}),
  }
  return {
    ...under,
    settings,
    store,
    write,
    flowOf,
    logins: () => logins,
    /** The token ends, as sessions do. */
    expire() {
      valid = 'nobody has this one'
    },
    /** What answers say of the day's calls. */
    tellUsage(header: string) {
      usage = header
    },
    refuseLogins() {
      refusesLogin = true
    },
    /** Where the API is, by the next login's answer. */
    nameInstance(url: string) {
      instance = url
    },
  }
}
