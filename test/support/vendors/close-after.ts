import { afterEach, expect } from 'vitest'
import type { TicketHelpdesk } from '../../../src/helpdesk/adapter.ts'
import type { VendorServer } from '../vendor-server.ts'

/** Vendors that a test opens by itself: each is closed after it, and must have been given nothing it would not take. */
export function closeAfterEach(): <T extends { server: VendorServer; adapter: TicketHelpdesk }>(
  under: T,
) => T {
  const open: { server: VendorServer; adapter: TicketHelpdesk }[] = []
  afterEach(async () => {
    for (const { server, adapter } of open.splice(0)) {
      await Promise.all([server.close(), adapter.close()])
      expect(server.faults(), 'what the vendor would not have taken').toEqual([])
    }
  })
  return (under) => {
    open.push(under)
    return under
  }
}
