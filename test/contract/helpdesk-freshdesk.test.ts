import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openFreshdesk } from '../support/vendors/freshdesk.ts'

describeTicketHelpdesk('freshdesk', openFreshdesk)
