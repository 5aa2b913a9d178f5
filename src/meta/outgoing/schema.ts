import { z } from 'zod'
import type { Agent, Outgoing } from '../../domain/outgoing.ts'
import { choice, constant, given, httpsUrl, object, plainText, rule, text, yesOrNo } from './fields.ts'
import { quickReplies } from './quick-replies.ts'
import { raw } from './raw.ts'
import { maxTextParts, textLimits } from './split-text.ts'
import { template } from './templates.ts'

const whats = ['text', 'attachment', 'template', 'reaction', 'typing', 'seen', 'raw'] as const
const longestPersonaName = 50
const longestEmoji = 50
/** What Meta takes is not documented. */
export const longestComment = 8000

const mid = plainText().meta({ example: 'm_AG5Hz2Uq7tuwNEhXfYYKj8mJEM' })

const attachment = object({
  type: choice('image', 'audio', 'video', 'file'),
  url: httpsUrl().optional().describe('Fetched by Meta: an image of at most 8 MB, others of at most 25 MB.'),
  uploadId: plainText().optional().describe('Of `POST /v1/uploads`.'),
}).check(
  rule((value) => [
    given(value, ['url', 'uploadId']).length !== 1 && {
      path: [],
      message: 'needs exactly one of url, uploadId',
    },
  ]),
)

const reaction = object({
  mid: mid.describe('The message that is reacted to.'),
  emoji: z
    .string({ error: 'must be text, or null' })
    .refine((value) => value === 'love' || isOneEmoji(value), { error: 'must be one emoji' })
    .nullable()
    .describe('One emoji; null takes the reaction away.'),
})

const agent = object({
  name: text(100, { whose: 'deskbridge' }),
  pictureUrl: httpsUrl()
    .optional()
    .describe('Fetched by Meta. With it, Messenger shows the name and the picture. Instagram shows neither.'),
}).check(
  rule(({ name, pictureUrl }) => [
    pictureUrl !== undefined &&
      typeof name === 'string' &&
      name.length > longestPersonaName && {
        path: ['name'],
        message: `is ${name.length} characters long; Meta takes at most ${longestPersonaName} beside a picture`,
      },
  ]),
)

const longestText = maxTextParts * textLimits.messenger.most

/** What a reply may be: the body of `POST /v1/conversations/{conversationId}/replies`. */
export const outgoingSchema = object({
  text: text(longestText, { least: 0, whose: 'deskbridge' })
    .regex(/\S/, { error: 'is empty; Meta takes no message without text' })
    .optional()
    .describe(
      'Longer than one message holds (Messenger: 1999 characters, Instagram: 1000 bytes) it is sent as several, ' +
        `at most ${maxTextParts}.`,
    ),
  attachment: attachment.optional().describe('A picture, a sound, a video or a file.'),
  template: template.optional(),
  reaction: reaction.optional().describe('A reaction to a message.'),
  typing: yesOrNo().optional().describe('Shows that an answer is being typed, or shows it no longer.'),
  seen: constant(true).optional().describe("Marks the person's messages as seen."),
  raw: raw.optional(),
  quickReplies: quickReplies.optional(),
  replyTo: mid.optional().describe('The mid of the message that this answers.'),
  agent: agent.optional().describe('Which person says it. If nobody is named, a bot does.'),
  from: constant('bot').optional().describe('Says in so many words that a bot speaks.'),
  as: choice('public', 'private')
    .optional()
    .describe(
      'In a thread of comments: public answers below the comment, private writes to whoever wrote it. ' +
        'Without it: public.',
    ),
  commentId: plainText()
    .optional()
    .describe("Which comment of the thread is answered. Without it: the newest customer's.")
    .meta({ example: '411_1' }),
  publicText: text(longestComment, { whose: 'deskbridge' })
    .regex(/\S/, { error: 'is empty; Meta takes no comment without text' })
    .optional()
    .describe('Said in public below the comment, once the private reply was sent.')
    .meta({ example: 'We have written to you.' }),
})
  .check(rule(faultsBetween))
  .describe(`Exactly one of ${whats.join(', ')}, and what goes with it.`)
  .meta({
    oneOf: whats.map((what) => ({ required: [what] })),
    example: { text: 'Hello Ada, your parcel leaves today.', agent: { name: 'Grace' } },
  })

/** What `outgoingSchema` makes of a request's body. */
export type OutgoingBody = z.output<typeof outgoingSchema>

/** What a body says of the comment that it answers. All of it may be missing, also in a thread of comments. */
export interface CommentFields {
  as?: 'public' | 'private'
  commentId?: string
  publicText?: string
}

/** A request's body in the words of the domain. */
export function readOutgoing(body: OutgoingBody): {
  message: Outgoing
  agent: Agent | null
  comment?: CommentFields
} {
  const { agent: speaker, from: _bot, as, commentId, publicText, ...message } = body
  const comment: CommentFields = {
    ...(as === undefined ? {} : { as }),
    ...(commentId === undefined ? {} : { commentId }),
    ...(publicText === undefined ? {} : { publicText }),
  }
  // Only JSON was parsed, so a field that is not there is no field that is undefined.
  return {
    message: message as Outgoing,
    agent: (speaker as Agent | undefined) ?? null,
    ...(Object.keys(comment).length > 0 ? { comment } : {}),
  }
}

function faultsBetween(value: Record<string, unknown>) {
  const present = given(value, whats)
  const isAction = given(value, ['reaction', 'typing', 'seen']).length > 0
  const carries = given(value, ['text', 'attachment', 'template']).length > 0 && !isUtility(value['template'])
  const { raw: body } = value
  return [
    present.length !== 1 && {
      // Most often it is the text that is missing.
      path: present.length === 0 ? ['text'] : [],
      message:
        (present.length === 0 ? 'has nothing to send' : `has ${present.join(' and ')}`) +
        `; give exactly one of ${whats.join(', ')}`,
    },
    value['quickReplies'] !== undefined &&
      !carries && {
        path: ['quickReplies'],
        message: 'need text, an attachment or a template (utility templates have their own) beside them',
      },
    value['replyTo'] !== undefined &&
      (isAction || has(body, 'sender_action')) && {
        path: ['replyTo'],
        message: 'goes with a message only, not with reaction, typing or seen',
      },
    value['replyTo'] !== undefined &&
      has(body, 'reply_to') && { path: ['replyTo'], message: 'is given twice: raw has a reply_to' },
    value['from'] !== undefined &&
      value['agent'] !== undefined && {
        path: ['from'],
        message: 'says that a bot speaks, but an agent is named',
      },
    value['publicText'] !== undefined &&
      value['as'] !== 'private' && {
        path: ['publicText'],
        message: 'goes beside a private reply only; with as: public, the text itself is public',
      },
    has(body, 'tag') &&
      body.tag === 'HUMAN_AGENT' &&
      value['agent'] === undefined && {
        path: ['raw', 'tag'],
        message: 'is HUMAN_AGENT, which Meta allows for what a person wrote; name the agent',
      },
  ]
}

function has<K extends string>(value: unknown, key: K): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && key in value
}

function isUtility(value: unknown): boolean {
  return has(value, 'type') && value.type === 'utility'
}

/** By what it is made of, and not by a list, so that next year's emoji are known too. */
function isOneEmoji(value: string): boolean {
  if (value.length > longestEmoji) return false
  const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(value)]
  return graphemes.length === 1 && /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u.test(value)
}
