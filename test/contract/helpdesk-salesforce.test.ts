import { describe, expect, it } from 'vitest'
import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { opened, picture, said, stepFor, thrownBy, using } from '../support/ticket-helpdesk-kit.ts'
import { openSalesforce } from '../support/vendors/salesforce.ts'

describeTicketHelpdesk('salesforce', () => openSalesforce())
describeTicketHelpdesk('salesforce-feed', () => openSalesforce({ messages: 'feed' }))

describe('salesforce: what is taken back', () => {
  it('takes its files out of the case, and no others', async () => {
    const under = await openSalesforce()
    await using(
      () => Promise.resolve(under),
      async ({ adapter, server }) => {
        const ref = await opened(under)
        const write = (name: string) => {
          const step = stepFor('written')
          const attachments = [picture(server.fileUrl(name))]
          return adapter
            .appendMessage(ref, said('look', { attachments }), step)
            .then((message) => ({ eventId: 'evt', message: message!, key: step.idempotencyKey }))
        }
        const taken = await write('shoe.jpg')
        await write('other.jpg')
        expect(under.store.files.map(({ Title }) => Title)).toEqual(['shoe.jpg', 'other.jpg'])
        await adapter.removeMessage!(ref, taken, stepFor('remove'))
        expect(under.store.files.map(({ Title }) => Title)).toEqual(['other.jpg'])
      },
    )
  })

  it('stays where our user may not delete, for good', async () => {
    const under = await openSalesforce()
    await using(
      () => Promise.resolve(under),
      async ({ adapter }) => {
        const ref = await opened(under)
        const step = stepFor('written')
        const message = await adapter.appendMessage(ref, said('mine'), step)
        under.store.entries.at(-1)!.author = '005000000000002AAA'
        const written = { eventId: 'evt', message: message!, key: step.idempotencyKey }
        const error = await thrownBy(adapter.removeMessage!(ref, written, stepFor('remove')))
        expect(error).toMatchObject({
          facts: { code: 'HELPDESK_REFUSED', verdict: 'permanent', arrived: 'no' },
        })
        expect(under.store.entries).toHaveLength(1)
      },
    )
  })
})
