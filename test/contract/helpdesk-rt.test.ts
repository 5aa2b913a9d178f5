import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openRt } from '../support/vendors/rt-under-test.ts'

describeTicketHelpdesk('rt', () => openRt())
