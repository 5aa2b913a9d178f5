import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import { rtSettings } from '../../src/helpdesk/rt/settings.ts'
import {
  anna,
  newTicket,
  opened,
  picture,
  said,
  stepFor,
  thrownBy,
  using,
} from '../support/ticket-helpdesk-kit.ts'
import { openRt, token } from '../support/vendors/rt-under-test.ts'
import type { RtUnderTest } from '../support/vendors/rt-under-test.ts'

const signal = new AbortController().signal
const context = { callbackUrl: "https://desk.example/callbacks/rt/it's", signal }

async function withRt(
  use: (under: RtUnderTest) => Promise<void>,
  more: Parameters<typeof openRt>[0] = {},
): Promise<void> {
  const under = await openRt(more)
  await using(
    () => Promise.resolve(under),
    () => use(under),
  )
}

describe('rt: a ticket', () => {
  it('has a requestor to whom nothing is mailed, and the fields that are mapped', () =>
    withRt(async (under) => {
      const customer = { ...anna, name: 'Zoë "Z" O\'Neil\n' }
      const id = await under.adapter.openTicket({ ...newTicket, customer }, stepFor('t'))
      const address = '1234567890.2400000000000001@messenger.invalid'
      expect(under.rt.ticket(id)).toMatchObject({ requestors: [address], squelched: address })
      expect(under.rt.ticket(id).fields.get('Customer language')).toEqual(['de_DE'])
      expect(under.rt.users.get(address)).toBe("Zoë Z O'Neil")
      expect([...under.adapter.fields!]).toEqual(['locale'])
    }))

  it('that goes on from another refers to it', () =>
    withRt(async (under) => {
      const former = await opened(under)
      const next = await under.adapter.openTicket({ ...newTicket, followUpOf: former }, stepFor('next'))
      expect(under.rt.ticket(next).refersTo).toContain(former)
    }))

  it('that is rejected stays so: nothing that would bring it back is asked of RT', () =>
    withRt(async (under) => {
      const { adapter, rt, server } = under
      const ticket = await opened(under)
      rt.setStatus(rt.ticket(ticket), 'rejected', 'grace')
      const steps = [
        () => adapter.appendMessage(ticket, said('Hello?'), stepFor('m')),
        () => adapter.setStatus!(ticket, 'open', stepFor('s')),
      ]
      for (const step of steps)
        expect(stepFacts(await thrownBy(Promise.resolve(step())))).toMatchObject({ code: 'TICKET_CLOSED' })
      // Whoever looks at it is still to find the new one.
      await adapter.addNote(ticket, { at: 0, text: 'It goes on in ticket 2.' }, stepFor('n'))
      expect(rt.ticket(ticket).status).toBe('rejected')
      expect(server.exchanges.some(({ request }) => request.path.endsWith('/correspond'))).toBe(false)
    }))

  it('whose status RT leaves as it was is a refusal, though RT says 200', () =>
    withRt(
      async (under) => {
        const ticket = await opened(under)
        const error = await thrownBy(
          Promise.resolve(under.adapter.setStatus!(ticket, 'solved', stepFor('s'))),
        )
        expect(stepFacts(error)).toMatchObject({
          code: 'HELPDESK_REFUSED',
          verdict: 'permanent',
          arrived: 'no',
        })
      },
      { settings: { statuses: { solved: ['done'] } } },
    ))

  it('takes tags beside those that are there, and refuses where the field is missing', async () => {
    await withRt(async (under) => {
      const ticket = await opened(under)
      under.rt.ticket(ticket).fields.set('Messenger tags', ['by hand'])
      await under.adapter.setTags!(ticket, ['vip'], stepFor('tags'))
      expect(under.rt.ticket(ticket).fields.get('Messenger tags')).toEqual(['by hand', 'vip'])
    })
    await withRt(
      async (under) => {
        const error = await thrownBy(
          Promise.resolve(under.adapter.setTags!(await opened(under), ['vip'], stepFor('tags'))),
        )
        expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_REFUSED' })
      },
      { settings: { tagsField: 'No such field' } },
    )
    await withRt(({ adapter }) => Promise.resolve(expect(adapter.setTags).toBeUndefined()), {
      settings: { tagsField: undefined },
    })
  })

  it('keeps the name that RT knows where we may not change users', () =>
    withRt(
      async (under) => {
        const ticket = await opened(under)
        await under.adapter.setCustomer!(ticket, { ...anna, name: 'Anna Meyer' }, stepFor('who'))
        expect(under.tickets()[0]!.customerName).toBe('Anna Schmidt')
      },
      { adminUsers: false },
    ))
})

describe('rt: files of customers', () => {
  it('are attached as they are, under names that RT does not garble', () =>
    withRt(async (under) => {
      const ticket = await opened(under)
      const attachments = [picture(under.server.fileUrl(encodeURIComponent('Grüße 1.jpg')))]
      await under.adapter.appendMessage(ticket, said('this', { attachments }), stepFor('m'))
      const [, file] = under.rt.transactions.at(-2)!.attachments
      expect(file).toMatchObject({ type: 'image/jpeg', name: 'Gr_e 1.jpg' })
      expect(file!.content.toString()).toContain('bytes of ')
    }))

  it('that are together too large are told as links', () =>
    withRt(
      async (under) => {
        const ticket = await opened(under)
        const attachments = ['a.jpg', 'b.jpg'].map((name) => picture(under.server.fileUrl(name)))
        await under.adapter.appendMessage(ticket, said('both', { attachments }), stepFor('m'))
        const [entry] = under.tickets()[0]!.entries
        expect(entry!.files).toHaveLength(1)
        expect(entry!.text).toMatch(/both\nimage: http.*\/[ab]\.jpg$/)
      },
      { settings: { maxFileBytes: 'bytes of a.jpg'.length + 1 } },
    ))
})

describe('rt: a file of a customer that never ends', () => {
  it('is left when it is too large, and told as its link', () =>
    withRt(
      async (under) => {
        let written = 0
        const server = createServer((_request, response) => {
          const more = () => {
            while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536
          }
          response.on('drain', more)
          more()
        }).listen(0, '127.0.0.1')
        onTestFinished(() => void server.close())
        await once(server, 'listening')
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/endless.bin`
        const ticket = await opened(under)
        const began = performance.now()
        await under.adapter.appendMessage(ticket, said('big', { attachments: [picture(url)] }), stepFor('m'))
        // Sooner than the time that files have.
        expect(performance.now() - began).toBeLessThan(1500)
        expect(written).toBeLessThan(20_000_000)
        expect(under.tickets()[0]!.entries[0]!.text).toContain(url)
      },
      { settings: { maxFileBytes: 100_000 } },
    ))
})

describe('rt: set-up', () => {
  it('finds all in order, and prints the scrip', () =>
    withRt(async (under) => {
      await opened(under)
      const found = await under.adapter.setup!.setUp(context)
      expect(found.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'todo'])
      expect(found.at(-1)!.mend).toContain("'https://desk.example/callbacks/rt/it\\'s'")
      expect(JSON.stringify(found)).not.toContain(token)
      expect(await under.adapter.setup!.check(context)).toEqual(found.slice(0, -1))
    }))

  it.each([
    [{ token: '1-1-wrong' }, 'sign in'],
    [{ user: 'grace' }, 'sign in'],
    [{ queue: 'Nope' }, 'queue Nope'],
    [{ fields: { name: 'Nope' } }, 'custom field Nope'],
  ])('says what is missing: %j', (settings, what) =>
    withRt(
      async (under) => {
        const found = await under.adapter.setup!.check(context)
        const failed = found.filter(({ state }) => state === 'failed')
        expect(failed).toEqual([
          { state: 'failed', what: expect.stringContaining(what), mend: expect.stringMatching(/./) },
        ])
      },
      { settings },
    ),
  )
})

describe('rt: settings', () => {
  const least = { adapter: 'rt', url: 'https://rt.example', user: 'deskbridge', queue: 'Messenger' }

  it.each([
    [{}, 'either token or password'],
    [{ token: 'a', password: 'b' }, 'either token or password'],
    [{ token: 'a', user: "o'neil" }, 'must hold no quotes'],
    [{ token: 'a', url: 'http://127.0.0.1' }, 'is a private address'],
    [{ token: 'a', callbackSecrets: ['short'] }, '32 to 200'],
  ])('refuses %j', (more, why) => {
    const read = rtSettings.safeParse({ ...least, ...more })
    expect(read.error?.issues.map(({ message }) => message).join()).toContain(why)
  })

  it('takes a password instead of a token', () =>
    withRt(
      async (under) => {
        const error = await thrownBy(under.adapter.openTicket(newTicket, stepFor('t')))
        // The stand-in knows tokens only; what counts is that nothing else is sent.
        expect(stepFacts(error)).toMatchObject({ code: 'HELPDESK_REFUSED' })
        expect(under.server.exchanges[0]!.request.headers['authorization']).toBe(
          `Basic ${btoa('deskbridge:pass')}`,
        )
      },
      { settings: { token: undefined, password: 'pass' } },
    ))
})
