import { describe, expect, it, onTestFinished } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import { salesforceHelpdesk } from '../../src/helpdesk/salesforce/adapter.ts'
import { salesforceSettings } from '../../src/helpdesk/salesforce/settings.ts'
import {
  again,
  anna,
  eventsOf,
  newTicket,
  opened,
  said,
  stepFor,
  thrownBy,
  ticketId,
} from '../support/ticket-helpdesk-kit.ts'
import { agentUser, openSalesforce, ourUser } from '../support/vendors/salesforce.ts'
import type { SalesforceOptions } from '../support/vendors/salesforce.ts'
import { refusal } from '../support/vendors/salesforce-answers.ts'
import { defaultOwner } from '../support/vendors/salesforce-routes.ts'
import { vendorServer } from '../support/vendor-server.ts'

async function open(options?: SalesforceOptions) {
  const under = await openSalesforce(options)
  onTestFinished(async () => {
    expect(under.server.faults()).toEqual([])
    await under.close()
    await under.adapter.close()
  })
  return under
}

describe('cases of Salesforce', () => {
  it('hold who, where and what is known', async () => {
    const under = await open({
      settings: { owner: '00G000000000001', queues: { billing: '00G000000000002' } },
    })
    await opened(under)
    expect(under.store.cases[0]).toMatchObject({
      Subject: 'Anna Schmidt at Acme Shoes',
      Origin: 'Facebook',
      Locale__c: 'de_DE',
      OwnerId: '00G000000000001',
      Deskbridge_Id__c: expect.stringMatching(/^1234567890:2400000000000001-[0-9a-f]{16}$/),
    })
    expect([...(under.adapter.fields ?? [])]).toEqual(['locale'])
    expect([...under.store.contacts.keys()]).toEqual([newTicket.conversation.id])
  })

  it('go on from each other, also when the earlier one is gone', async () => {
    const under = await open()
    const first = await opened(under)
    const second = await under.adapter.openTicket({ ...newTicket, followUpOf: first }, stepFor('second'))
    under.remove!(ticketId(second))
    await under.adapter.openTicket({ ...newTicket, followUpOf: second }, stepFor('third'))
    expect(under.store.cases.map(({ ParentId }) => ParentId)).toEqual([null, ticketId(first), null])
    expect(under.store.contacts.size).toBe(1)
  })

  it('are left as they are by a repeat', async () => {
    const under = await open()
    const step = stepFor('ticket')
    const ref = await under.adapter.openTicket(newTicket, step)
    under.store.cases[0]!.Subject = 'Lost parcel'
    expect(await under.adapter.openTicket(newTicket, again(step))).toBe(ref)
    expect(under.store.cases.map(({ Subject }) => Subject)).toEqual(['Lost parcel'])
  })

  it('do not rename a contact that is there, until Meta tells a name anew', async () => {
    const under = await open()
    const ref = await opened(under)
    const contact = () => under.store.contacts.get(newTicket.conversation.id)!
    contact().LastName = 'Schmidt-Meier'
    await under.adapter.openTicket(newTicket, stepFor('again'))
    expect(contact().LastName).toBe('Schmidt-Meier')
    await under.adapter.setCustomer!(ref, { ...anna, firstName: null, lastName: null }, stepFor('who'))
    expect(contact()).toMatchObject({ LastName: 'Anna Schmidt' })
  })

  it('keep the owner that they have, whatever is changed, and get one by the rules of the org when they are new', async () => {
    const under = await open()
    const ref = await opened(under)
    const [record] = under.store.cases
    expect(record!.OwnerId).toBe(defaultOwner)
    record!.OwnerId = agentUser
    await under.adapter.setStatus!(ref, 'solved', stepFor('solved'))
    await under.adapter.setTags!(ref, ['vip'], stepFor('tags'))
    expect(record!.OwnerId).toBe(agentUser)
  })

  it('belong to people who may have the same name', async () => {
    const under = await open()
    await opened(under)
    const conversation = { ...newTicket.conversation, id: '1234567890:99' }
    const ref = await under.adapter.openTicket({ ...newTicket, conversation }, stepFor('twin'))
    await under.adapter.setCustomer!(ref, anna, stepFor('who'))
    expect(under.store.contacts.size).toBe(2)
  })

  it('move to the queue of a tag; other tags stay in their field', async () => {
    const under = await open({ settings: { queues: { billing: '00G000000000002' } } })
    const ref = await opened(under)
    await under.adapter.setTags!(ref, ['billing', 'vip'], stepFor('tags'))
    expect(under.store.cases[0]).toMatchObject({ OwnerId: '00G000000000002', Tags__c: 'vip' })
  })

  it('without a field for tags get those that have no queue as a note', async () => {
    const queues = { billing: '00G000000000002' }
    const under = await open({ settings: { queues, tagsField: undefined } })
    const ref = await opened(under)
    await under.adapter.setTags!(ref, ['billing', 'vip'], stepFor('tags'))
    expect(under.tickets()[0]!.entries).toEqual([
      expect.objectContaining({ from: 'note', text: 'Tags: vip' }),
    ])
  })

  it('that an agent works on keep their status when they are opened', async () => {
    const under = await open()
    const ref = await opened(under)
    under.store.setStatus(under.store.cases[0]!, 'Working', agentUser)
    await under.adapter.setStatus!(ref, 'open', stepFor('open'))
    expect(under.store.cases[0]!.Status).toBe('Working')
    under.closeForGood!(ticketId(ref))
    const error = await thrownBy(under.adapter.setStatus!(ref, 'open', stepFor('open')))
    expect(stepFacts(error).code).toBe('TICKET_CLOSED')
  })

  it('files that are too large or that Salesforce does not take are told as links', async () => {
    const under = await open({ settings: { maxFileMiB: 1 } })
    const ref = await opened(under)
    const url = under.server.fileUrl('a.jpg')
    const message = () => said(null, { attachments: [{ type: 'image', url }] })
    under.server.misbehave('refuses', 'POST /services/data/v62.0/sobjects/ContentVersion')
    await under.adapter.appendMessage(ref, message(), stepFor('refused'))
    const big = await vendorServer([
      { method: 'GET', path: '/big.jpg', answer: () => ({ bytes: Buffer.alloc(1024 * 1024 + 1) }) },
      {
        method: 'GET',
        path: '/declared.jpg',
        answer: () => ({
          bytes: Buffer.alloc(1024 * 1024 + 1),
          headers: { 'content-length': String(1024 * 1024 + 1) },
        }),
      },
      {
        method: 'GET',
        path: '/told.jpg',
        answer: () => ({ bytes: Buffer.alloc(9), headers: { 'content-length': '9' } }),
      },
    ])
    onTestFinished(() => big.close())
    under.server.behave()
    const attachments = ['big.jpg', 'declared.jpg', 'told.jpg'].map((name) => ({
      type: 'image',
      url: `${big.url}/${name}`,
    }))
    await under.adapter.appendMessage(ref, said(null, { attachments }), stepFor('big'))
    expect(under.tickets()[0]!.entries.map(({ text }) => text)).toEqual([
      `[image] ${url}`,
      `[image] ${big.url}/big.jpg\n[image] ${big.url}/declared.jpg\n[image] told.jpg`,
    ])
    expect(under.store.files.map(({ Title, bytes }) => [Title, bytes.length])).toEqual([['told.jpg', 9]])
  })

  it('files are not waited for again and again', async () => {
    const under = await open()
    const ref = await opened(under)
    const urls = ['slow-a.jpg', 'b.jpg'].map((name) => under.server.fileUrl(name))
    const message = said(null, { attachments: urls.map((url) => ({ type: 'image', url })) })
    await under.adapter.appendMessage(ref, message, stepFor('third', { attempt: 3, repeat: true }))
    expect(under.tickets()[0]!.entries.map(({ text }) => text)).toEqual([
      urls.map((url) => `[image] ${url}`).join('\n'),
    ])
    expect(under.store.files).toEqual([])
  })
})

describe('limits of Salesforce', () => {
  it.each([
    [
      403,
      'REQUEST_LIMIT_EXCEEDED',
      { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no', retryAfterMs: 60_000 },
    ],
    [400, 'UNABLE_TO_LOCK_ROW', { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no' }],
    [403, 'INSUFFICIENT_ACCESS', { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' }],
  ] as const)('%i %s is judged by its code', async (status, errorCode, facts) => {
    const under = await open()
    const token = {
      access_token: 't',
      instance_url: '',
      id: `https://login.salesforce.com/id/00D000000000001/${ourUser}`,
    }
    const server = await vendorServer([
      {
        method: 'POST',
        path: '/services/oauth2/token',
        body: { type: 'object' },
        answer: () => ({ json: { ...token, instance_url: server.url } }),
      },
      {
        method: 'GET',
        path: '/services/data/v62.0/sobjects/Contact/Deskbridge_Id__c/:key',
        query: { type: 'object' },
        answer: () => refusal(status, errorCode),
      },
    ])
    const adapter = salesforceHelpdesk({ ...under.settings, url: server.url })
    onTestFinished(async () => {
      await server.close()
      await adapter.close()
    })
    const error = await thrownBy(adapter.openTicket(newTicket, stepFor('limit')))
    expect(stepFacts(error)).toMatchObject({ ...facts, message: expect.stringContaining(errorCode) })
  })
})

describe('callouts of Salesforce', () => {
  it('name cases by 15 characters or 18', async () => {
    const under = await open()
    const ticket = ticketId(await opened(under))
    const [{ body }] = under.callbacks!.reply(ticket, { text: 'Hi', files: [], agent: 'Bea' }) as [
      { body: object },
    ]
    const short = { ...body, case: ticket.slice(0, 15), author: agentUser.slice(0, 15) }
    expect(eventsOf(under, [{ body: short }])).toEqual(eventsOf(under, [{ body }]))
  })

  it('of what we wrote are none, by author, by settings, and before any login by the mark', async () => {
    const under = await open()
    const ref = await opened(under)
    await under.adapter.appendMessage(ref, said('from the customer'), stepFor('m'))
    const ours = under.callbacks!.ours()
    expect(eventsOf(under, ours)).toEqual([])
    for (const settings of [under.settings, { ...under.settings, userId: ourUser.slice(0, 15) }]) {
      const fresh = salesforceHelpdesk(settings)
      onTestFinished(() => fresh.close())
      expect(fresh.callback!.parse({ headers: {}, query: {}, ...ours[0]! })).toEqual([])
    }
  })

  it('of an agent who quotes what we wrote are replies', async () => {
    const under = await open()
    const ref = await opened(under)
    await under.adapter.appendMessage(ref, said('from the customer'), stepFor('m'))
    const quoted = under.store.entries[0]!.text
    const callbacks = under.callbacks!.reply(ticketId(ref), { text: quoted, files: [], agent: 'Bea' })
    expect(eventsOf(under, callbacks)).toHaveLength(1)
  })
})

describe('settings of Salesforce', () => {
  const base = { adapter: 'salesforce', url: 'https://acme.my.salesforce.com' }
  const key = { clientId: 'a', username: 'b', privateKey: '-----BEGIN PRIVATE KEY-----' }

  it.each([
    [{ login: { clientId: 'a' } }, 'login.privateKey'],
    [{ login: { ...key, clientSecret: 'c' } }, 'login.privateKey'],
    [{ login: { ...key, username: undefined } }, 'login.username'],
    [{ login: key, replies: 'callout' }, 'callbackSecrets'],
    [{ login: key, caseKey: "Id' OR Id != '" }, 'caseKey'],
    [{ login: key, url: 'http://127.0.0.1' }, 'url'],
  ])('%j is a fault at %s', (more, path) => {
    const read = salesforceSettings.safeParse({ ...base, ...more })
    expect(read.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })

  it('are few when nothing is special', () => {
    expect(salesforceSettings.parse({ ...base, login: key })).toMatchObject({
      messages: 'comment',
      replies: 'poll',
      status: { open: 'New', solved: 'Closed' },
    })
  })
})
