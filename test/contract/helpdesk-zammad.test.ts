import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openZammad } from '../support/vendors/zammad.ts'

describeTicketHelpdesk('zammad', openZammad)
