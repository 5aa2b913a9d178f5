import { z } from 'zod'
import { eventKinds, eventViews } from '../domain/event.ts'

/** `pages[].show` in the config: what a helpdesk with tickets sees of some kinds, otherwise than docs/events.md says. */
export const showSettings = z
  .partialRecord(z.enum(eventKinds), z.enum(eventViews))
  .describe(
    `What the helpdesk sees of an event, by its kind: ${eventViews.join(', ')}. Kinds that are not named here are shown as docs/events.md says.`,
  )
