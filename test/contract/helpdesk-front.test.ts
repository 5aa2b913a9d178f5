import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openFront } from '../support/vendors/front.ts'

describeTicketHelpdesk('front', openFront)
