import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openCallouts } from '../support/vendors/freshdesk.ts'

describeTicketHelpdesk('freshdesk-callouts', openCallouts)
