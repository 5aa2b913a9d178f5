import { z } from 'zod'
import { eventKinds, eventViews } from '../domain/event.ts'

export const eventKind = z.enum(eventKinds)

/** `pages[].show` in the config: what a helpdesk with tickets sees of some kinds, otherwise than docs/events.md says. */
export const showSettings = z
  .partialRecord(eventKind, z.enum(eventViews))
  .describe(
    `What the helpdesk sees of an event, by its kind: ${eventViews.join(', ')}. Kinds that are not named here are shown as docs/events.md says.`,
  )
