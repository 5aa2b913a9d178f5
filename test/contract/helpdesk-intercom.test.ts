import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openIntercom } from '../support/vendors/intercom.ts'

describeTicketHelpdesk('intercom', openIntercom)
