import { z } from 'zod'

/** What the controls take, in bodies of `/_sim` as in arguments. */

const pageId = z.string().min(1)
const psid = z.string().min(1)
/** Milliseconds since the epoch, or a date as text. */
const time = z.union([z.number(), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])
const profileValue = z.union([z.string(), z.number(), z.boolean()])

export const controlSchemas = {
  person: z.strictObject({
    pageId,
    psid,
    /** null: never. */
    lastWroteAt: time.nullable().optional(),
    blocked: z.boolean().optional(),
    /** Stopped the notifications of the Page. */
    stopped: z.boolean().optional(),
    /** What the profile API tells; null: an empty object; "unavailable": error 2018218. */
    profile: z.union([z.record(z.string(), profileValue), z.null(), z.literal('unavailable')]).optional(),
  }),
  optIn: z.strictObject({ pageId, userRef: z.string().min(1), ref: z.string().default('checkbox') }),
  read: z.strictObject({ pageId, psid }),
  /** `appId` null: idle. `by` is what the thread came by: passed, unless it says taken. */
  owner: z.strictObject({
    pageId,
    psid,
    appId: z.union([z.string().regex(/^\d+$/), z.int()]).nullable(),
    by: z.enum(['pass', 'take']).default('pass'),
    metadata: z.string().optional(),
  }),
  /** Another app asks for a thread of ours. */
  request: z.strictObject({
    pageId,
    psid,
    appId: z.union([z.string().regex(/^\d+$/), z.int()]),
    metadata: z.string().optional(),
  }),
  /** A human answers in Meta's own inbox, which takes the thread. */
  inbox: z.strictObject({ pageId, psid, text: z.string().min(1) }),
  token: z.strictObject({
    pageId,
    valid: z.boolean().optional(),
    /** Of the error of a token that is not valid. */
    subcode: z.int().optional(),
    /** Takes its place at once; the old one is then answered with 190/460. */
    newToken: z.string().min(1).optional(),
    /** Seconds since the epoch; 0: never. */
    expiresAt: z.int().min(0).optional(),
    scopes: z.array(z.string()).optional(),
  }),
  page: z.strictObject({
    pageId,
    restricted: z.boolean().optional(),
    /** The code of the error; null: the permission is there. */
    missingPermission: z
      .union([z.literal(10), z.literal(200)])
      .nullable()
      .optional(),
    humanAgent: z.boolean().optional(),
    products: z.array(z.string()).optional(),
  }),
  /** 0 percent ends it. */
  usage: z.strictObject({ pageId, percent: z.number().min(0), regainMinutes: z.int().min(0).default(0) }),
  attachment: z.strictObject({
    pageId,
    attachmentId: z.string().min(1).optional(),
    type: z.enum(['image', 'video', 'audio', 'file']).default('image'),
    uploadedAt: time.optional(),
  }),
}
