import { z } from 'zod'

/** What goes wrong at Graph for the next sends that would otherwise have been taken. */
export const faultSchema = z
  .strictObject({
    times: z.int().positive().default(1),
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
    /** Ends the connection without an answer, before or after the message was taken. */
    cut: z.enum(['before', 'after']).optional(),
    /** The error is a lie: the message was taken all the same, as Meta says of 1/1357046. */
    taken: z.boolean().optional(),
  })
  .refine(
    ({ status, error, hangMs, cut }) => [status, error, hangMs, cut].some((part) => part !== undefined),
    'a fault has at least one of status, error, hangMs, cut',
  )

export type FaultInput = z.input<typeof faultSchema>
export type Fault = z.output<typeof faultSchema>

export type Faults = { plan(fault: FaultInput): void; next(): Fault | undefined; clear(): void }

export function createFaults(): Faults {
  const planned: { fault: Fault; left: number }[] = []
  return {
    plan(input) {
      const fault = faultSchema.parse(input)
      planned.push({ fault, left: fault.times })
    },
    next() {
      const head = planned[0]
      if (!head) return undefined
      head.left -= 1
      if (head.left === 0) planned.shift()
      return head.fault
    },
    clear() {
      planned.length = 0
    },
  }
}

/** Does the person get the message although this fault strikes? */
export function isTaken({ cut, taken, status, error }: Fault): boolean {
  if (cut !== undefined) return cut === 'after'
  return taken ?? (status === undefined && error === undefined)
}
