import { z } from 'zod'

/** The parts of Graph that a fault can strike. */
export const SURFACES = [
  ...(['messages', 'sender_action', 'message_attachments', 'personas', 'messenger_profile'] as const),
  ...(['subscribed_apps', 'subscriptions', 'debug_token', 'page', 'person', 'conversations'] as const),
  ...(['thread_control', 'comments', 'message_templates'] as const),
] as const

export type Surface = (typeof SURFACES)[number]

/** What goes wrong at Graph for the next calls; sends only use one up when they would otherwise have been taken. */
export const faultSchema = z
  .strictObject({
    times: z.int().positive().default(1),
    /** Which calls it strikes: sends, unless it says otherwise; `*` is all of them. */
    path: z.enum([...SURFACES, '*']).default('messages'),
    /** Only calls of this Page. */
    pageId: z.string().optional(),
    /** Only calls about this person. */
    psid: z.string().optional(),
    /** With `error` its status; alone, an answer as a broken gateway gives it: no JSON. */
    status: z.int().min(400).max(599).optional(),
    error: z
      .strictObject({
        code: z.int(),
        error_subcode: z.int().optional(),
        message: z.string().default('simulated error'),
        type: z.string().optional(),
        is_transient: z.boolean().optional(),
      })
      .optional(),
    /** Waits before it answers (or fails). Without `status` and `error` the message is taken first. */
    hangMs: z.int().positive().optional(),
    /** Everything happens as without a fault (or with the rest of it), this much later. */
    delayMs: z.int().positive().optional(),
    /** Ends the connection without an answer, before or after the message was taken. */
    cut: z.enum(['before', 'after']).optional(),
    /** The error is a lie: the message was taken all the same, as Meta says of 1/1357046. */
    taken: z.boolean().optional(),
  })
  .refine(
    ({ status, error, hangMs, delayMs, cut }) =>
      [status, error, hangMs, delayMs, cut].some((part) => part !== undefined),
    'a fault has at least one of status, error, hangMs, delayMs, cut',
  )

export type FaultInput = z.input<typeof faultSchema>
export type Fault = z.output<typeof faultSchema>

export type Struck = { surface: Surface; pageId?: string | undefined; psid?: string | undefined }

export type Faults = { plan(fault: FaultInput): void; next(call: Struck): Fault | undefined; clear(): void }

export function createFaults(): Faults {
  const planned: { fault: Fault; left: number }[] = []
  return {
    plan(input) {
      const fault = faultSchema.parse(input)
      planned.push({ fault, left: fault.times })
    },
    next(call) {
      if (planned.length === 0) return undefined
      const index = planned.findIndex(({ fault }) => strikes(fault, call))
      const found = planned[index]
      if (!found) return undefined
      found.left -= 1
      if (found.left === 0) planned.splice(index, 1)
      return found.fault
    },
    clear() {
      planned.length = 0
    },
  }
}

function strikes({ path, pageId, psid }: Fault, call: Struck): boolean {
  return (
    (path === '*' || path === call.surface) &&
    (pageId === undefined || pageId === call.pageId) &&
    (psid === undefined || psid === call.psid)
  )
}

/** Does what was asked for happen although this fault strikes? */
export function isTaken({ cut, taken, status, error }: Fault): boolean {
  if (cut !== undefined) return cut === 'after'
  return taken ?? (status === undefined && error === undefined)
}
