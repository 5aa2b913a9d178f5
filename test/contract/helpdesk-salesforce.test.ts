import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openSalesforce } from '../support/vendors/salesforce.ts'

describeTicketHelpdesk('salesforce', () => openSalesforce())
describeTicketHelpdesk('salesforce-feed', () => openSalesforce({ messages: 'feed' }))
