import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { badParameter, type GraphError } from './graph-error.ts'

/** Is this call one that Graph would take? Stricter than Graph where Meta's documents say what a call must have. */

export type SimulatedPage = { id: string; accessToken: string }

export type SendCall = {
  /** A Page's id or `me`. */
  node: string
  authorization: string | undefined
  appSecretProof: string | undefined
  body: unknown
}

export type Send = z.output<typeof sendSchema>

const MESSAGING_TYPES = ['RESPONSE', 'UPDATE', 'MESSAGE_TAG', 'UTILITY'] as const
const SENDER_ACTIONS = ['typing_on', 'typing_off', 'mark_seen', 'react', 'unreact'] as const
// The other tags died on 2026-04-27 and answer code 100 since.
const TAGS = ['HUMAN_AGENT', 'CUSTOMER_FEEDBACK'] as const

const messageSchema = z
  .strictObject({
    // Meta says "less than 2000 characters" and not what a character is; UTF-16 units is the stricter reading.
    text: z.string().min(1).max(1999, 'Length of param message[text] must be less than 2000').optional(),
    attachment: z.looseObject({ type: z.string() }).optional(),
    attachments: z
      .array(z.looseObject({ type: z.string() }))
      .min(1)
      .optional(),
    sticker_id: z.union([z.string(), z.number()]).optional(),
    template: z.looseObject({}).optional(),
    quick_replies: z
      .array(z.looseObject({ content_type: z.string() }))
      .max(13)
      .optional(),
    metadata: z.string().max(999, 'Length of param message[metadata] must be less than 1000').optional(),
  })
  .refine(
    ({ text, attachment, attachments, sticker_id, template }) =>
      [text, attachment, attachments, sticker_id, template].filter((part) => part !== undefined).length === 1,
    'a message has exactly one of text, attachment, attachments, sticker_id, template',
  )

const sendSchema = z
  .strictObject({
    recipient: z.strictObject({ id: z.string().min(1) }),
    message: messageSchema.optional(),
    messaging_type: z.enum(MESSAGING_TYPES).optional(),
    tag: z.enum(TAGS).optional(),
    sender_action: z.enum(SENDER_ACTIONS).optional(),
    payload: z.looseObject({}).optional(),
    notification_type: z.enum(['REGULAR', 'SILENT_PUSH', 'NO_PUSH']).optional(),
    persona_id: z.string().optional(),
    reply_to: z.strictObject({ mid: z.string() }).optional(),
    thread_control: z.looseObject({}).optional(),
    appsecret_proof: z.string().optional(),
  })
  .refine((send) => (send.message === undefined) !== (send.sender_action === undefined), {
    message: 'a call has either message or sender_action',
    params: { error_subcode: 2018014 },
  })
  .refine((send) => send.message === undefined || send.messaging_type !== undefined, {
    message: `Param messaging_type must be one of {${MESSAGING_TYPES.join(', ')}}`,
    path: ['messaging_type'],
  })
  .refine((send) => (send.messaging_type === 'MESSAGE_TAG') === (send.tag !== undefined), {
    message: 'MESSAGE_TAG and tag go together',
    path: ['tag'],
  })

export function checkSend(
  call: SendCall,
  deps: { appSecret: string; pages: readonly SimulatedPage[] },
): { page: SimulatedPage; send: Send } | { error: GraphError } {
  const token = /^Bearer (\S+)$/.exec(call.authorization ?? '')?.[1]
  const page = deps.pages.find(({ accessToken }) => token !== undefined && same(accessToken, token))
  if (!token || !page) return { error: { message: 'Invalid OAuth access token.', code: 190 } }

  const proof = createHmac('sha256', deps.appSecret).update(token).digest('hex')
  if (call.appSecretProof === undefined) {
    return { error: proofError('API calls from the server require an appsecret_proof argument') }
  }
  if (!same(proof, call.appSecretProof)) {
    return { error: proofError('Invalid appsecret_proof provided in the API argument') }
  }
  if (call.node !== 'me' && call.node !== page.id) {
    return {
      error: badParameter(`Object with ID '${call.node}' does not exist or this token can't see it`, 33),
    }
  }

  const parsed = sendSchema.safeParse(call.body)
  if (parsed.success) return { page, send: parsed.data }
  return { error: shapeError(parsed.error) }
}

function shapeError(error: z.ZodError): GraphError {
  const issue = error.issues[0]
  const subcode: unknown = issue?.code === 'custom' ? issue.params?.error_subcode : undefined
  const where = issue?.path.join('.') ?? ''
  return badParameter(
    `${where === '' ? '' : `${where}: `}${issue?.message ?? 'Invalid parameter'}`,
    typeof subcode === 'number' ? subcode : undefined,
  )
}

function proofError(message: string): GraphError {
  return { message, type: 'GraphMethodException', code: 100 }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
