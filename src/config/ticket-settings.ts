import { z } from 'zod'

/** `pages[].tickets` in the config. */
export const ticketSettings = z
  .strictObject({
    reopenHours: z
      .number()
      .min(0)
      .max(8760)
      .default(72)
      .describe(
        'How long after it was solved a ticket is reopened by what the customer says, hours; 0 for never.',
      ),
    afterwards: z
      .enum(['followUp', 'reopen'])
      .default('followUp')
      .describe(
        'What is done after that time: followUp opens a new ticket that goes on from the old one, reopen reopens it all the same. A closed one is always followed by a new one.',
      ),
  })
  .refine(({ reopenHours, afterwards }) => reopenHours > 0 || afterwards === 'followUp', {
    path: ['afterwards'],
    message: 'cannot be reopen where reopenHours says never',
  })
  .describe('What becomes of a ticket whose customer writes again; see docs/tickets.md.')
