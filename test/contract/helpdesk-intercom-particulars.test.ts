import { describe, expect, it } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import { intercomSettings } from '../../src/helpdesk/intercom/settings.ts'
import { closeAfterEach } from '../support/vendors/close-after.ts'
import {
  again,
  conversation,
  newTicket,
  picture,
  said,
  stepFor,
  thrownBy,
} from '../support/ticket-helpdesk-kit.ts'
import { intercomVendor, shown } from '../support/vendors/intercom.ts'
import { intercomSecrets, ourAdmin } from '../support/vendors/intercom-state.ts'

const opened = closeAfterEach()

async function vendor(...args: Parameters<typeof intercomVendor>) {
  return opened(await intercomVendor(...args))
}

describe('Intercom contacts', () => {
  const there = (more: object) => ({
    id: '6762f0dd1bb69f9f00000001',
    externalId: conversation.id,
    name: 'Anna',
    state: 'there' as const,
    ...more,
  })

  it('one that is there is used, and none is made beside it', async () => {
    const { adapter, state } = await vendor()
    state.contacts.push(there({}))
    await adapter.openTicket(newTicket, stepFor('ticket'))
    expect(state.contacts).toHaveLength(1)
    expect(state.conversations[0]?.contactId).toBe('6762f0dd1bb69f9f00000001')
  })

  it('one that was archived is brought back', async () => {
    const { adapter, state } = await vendor()
    state.contacts.push(there({ state: 'archived' }))
    await adapter.openTicket(newTicket, stepFor('ticket'))
    expect(state.contacts).toMatchObject([{ state: 'there' }])
    expect(state.conversations[0]?.contactId).toBe('6762f0dd1bb69f9f00000001')
  })

  it('one that was merged is followed to where it went', async () => {
    const { adapter, state } = await vendor()
    const into = '6762f0dd1bb69f9f00000002'
    state.contacts.push(
      there({ state: 'merged', mergedInto: into }),
      there({ id: into, externalId: 'other' }),
    )
    await adapter.openTicket(newTicket, stepFor('ticket'))
    expect(state.conversations[0]?.contactId).toBe(into)
  })
})

describe('Intercom conversations', () => {
  it('a new one has its title, attributes and team', async () => {
    const { adapter, state } = await vendor({ assignTo: { type: 'team', id: '5017691' } })
    await adapter.openTicket(newTicket, stepFor('ticket'))
    expect(adapter.fields).toEqual(new Set(['locale']))
    expect(state.conversations).toMatchObject([
      { title: 'Anna Schmidt at Acme Shoes', attributes: { Language: 'de_DE' }, assignee: 'team 5017691' },
    ])
  })

  it('an attribute that Intercom does not know keeps no conversation back', async () => {
    const { adapter, state } = await vendor({ fields: { locale: 'No such attribute' } })
    await adapter.openTicket(newTicket, stepFor('ticket'))
    expect(state.conversations).toMatchObject([{ title: 'Anna Schmidt at Acme Shoes', attributes: {} }])
  })

  it('when it fails after it was opened, the next try is told to look first', async () => {
    const { adapter, server, state } = await vendor()
    server.misbehave('busy', 'PUT /conversations/:id')
    const step = stepFor('ticket')
    const error = await thrownBy(adapter.openTicket(newTicket, step))
    expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_BUSY', arrived: 'unknown', retryAfterMs: 7000 })
    server.behave()
    const ref = await adapter.openTicket(newTicket, again(step))
    expect(state.conversations.map(({ id }) => id)).toEqual([ref.split(' ')[0]])
  })

  it('a closed one is opened again by the customer writing', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    await adapter.setStatus!(ref, 'solved', stepFor('solved'))
    expect(state.conversations[0]?.state).toBe('closed')
    await adapter.appendMessage(ref, said('one more thing'), stepFor('more'))
    expect(state.conversations[0]?.state).toBe('open')
  })

  it('a contact that is gone is TICKET_GONE', async () => {
    const { adapter, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    state.contacts[0]!.state = 'archived'
    const error = await thrownBy(adapter.appendMessage(ref, said('hello?'), stepFor('hello')))
    expect(stepFacts(error)).toMatchObject({ code: 'TICKET_GONE', verdict: 'permanent', arrived: 'no' })
  })

  it('twenty pictures are two parts, each once, also when the second is refused for the moment', async () => {
    const { adapter, server, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    const attachments = Array.from({ length: 20 }, (_, n) => picture(`https://cdn.example/${n}.jpg`))
    const message = said('look', { attachments })
    const step = stepFor('twenty')
    let calls = 0
    server.misbehave('busy', ({ path }) => path.endsWith('/reply') && calls++ === 1)
    const error = await thrownBy(adapter.appendMessage(ref, message, step))
    expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_BUSY', arrived: 'unknown' })
    server.behave()
    await adapter.appendMessage(ref, message, again(step))
    expect(state.conversations[0]?.parts.map(({ attachments: files }) => files.length)).toEqual([10, 10])
  })

  it('a picture that Intercom cannot fetch, and what is no picture, are told as links', async () => {
    const { adapter, server, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    const gone = picture(server.fileUrl('gone-shoe.jpg'))
    const step = stepFor('gone')
    const message = said('look', { attachments: [gone] })
    await adapter.appendMessage(ref, message, step)
    await adapter.appendMessage(ref, message, again(step))
    const video = { type: 'video', url: 'https://cdn.example/v.mp4' }
    await adapter.appendMessage(ref, said('and this', { attachments: [video] }), stepFor('video'))
    expect(state.conversations[0]?.parts.map(({ body }) => shown(body ?? ''))).toEqual([
      `look\n[image] ${gone.url}`,
      'and this\n[video] https://cdn.example/v.mp4',
    ])
  })

  it('answers from elsewhere are by our teammate, name who wrote, and notify nobody', async () => {
    const { adapter, server, state } = await vendor()
    const ref = await adapter.openTicket(newTicket, stepFor('ticket'))
    await adapter.appendMessage(ref, said('<b>hi</b>', { from: 'agent', agentName: 'Bea' }), stepFor('bea'))
    expect(server.exchanges.at(-1)?.request.json).toMatchObject({
      type: 'admin',
      admin_id: ourAdmin,
      message_type: 'comment',
      skip_notifications: true,
      body: 'Bea: &lt;b&gt;hi&lt;/b&gt;',
    })
    expect(state.conversations[0]?.parts).toMatchObject([{ author: { type: 'admin', id: ourAdmin } }])
  })
})

describe('setting Intercom up', () => {
  const context = {
    callbackUrl: 'https://bridge.example/callbacks/desk',
    signal: new AbortController().signal,
  }

  it('says that all is well, and what only a person can do', async () => {
    const { adapter } = await vendor()
    const findings = await adapter.setup!.check(context)
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'todo'])
    expect(findings.at(-1)?.mend).toContain('https://bridge.example/callbacks/desk')
  })

  it('makes attributes that are missing, once', async () => {
    const { adapter, state } = await vendor({ fields: { locale: 'Language', origin: 'Came by' } })
    const states = async (what: 'check' | 'setUp') =>
      (await adapter.setup![what](context)).flatMap((one) =>
        one.what.includes('Came by') ? [one.state] : [],
      )
    expect(await states('check')).toEqual(['todo'])
    expect(await states('setUp')).toEqual(['changed'])
    expect(await states('setUp')).toEqual(['ok'])
    expect(state.attributes.filter(({ name }) => name === 'Came by')).toHaveLength(1)
  })

  it('says what is wrong, with what to do, and no secret', async () => {
    const { adapter } = await vendor({ token: 'wrong-token', adminId: '1' })
    const findings = await adapter.setup!.check(context)
    // All that follows from a wrong token is not told as well.
    expect(findings.map(({ state }) => state)).toEqual(['failed'])
    expect(findings[0]?.mend).toContain('look at token')
    expect(await adapter.setup!.setUp(context)).toEqual(findings)
    expect(JSON.stringify(findings)).not.toMatch(new RegExp(`wrong-token|${intercomSecrets.client}`))
  })
})

it('regions have their hosts, and a private address is refused unless it is meant', () => {
  const given = { adapter: 'intercom', token: 't', adminId: '1', callbackSecrets: ['s'] }
  expect(intercomSettings.parse(given).region).toBe('us')
  expect(intercomSettings.safeParse({ ...given, region: 'mars' }).success).toBe(false)
  expect(intercomSettings.safeParse({ ...given, url: 'http://127.0.0.1' }).success).toBe(false)
  expect(
    intercomSettings.safeParse({ ...given, url: 'http://127.0.0.1', allowPrivateNetwork: true }).success,
  ).toBe(true)
})
