import { z } from 'zod'

/** A whole number, also as text, since what comes from the environment is text. */
export function whole(min: number, max: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
    z.number().int().min(min).max(max),
  )
}
