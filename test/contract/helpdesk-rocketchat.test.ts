import { describeTicketHelpdesk } from '../support/helpdesk-adapter-contract.ts'
import { openRocketchat } from '../support/vendors/rocketchat.ts'

describeTicketHelpdesk('rocketchat', openRocketchat)
