import { z } from 'zod'
import { object } from '../meta/outgoing/fields.ts'
import { isDeletionCode } from '../records/deletions.ts'

export const eraseParams = z.object({
  customerId: z
    .string()
    .min(3)
    .max(400)
    .describe('The id of their conversation, `<pageId>:<psid>`, as it is or percent-encoded.')
    .meta({ example: '1234567890:8765432109876500' }),
})

const code = z
  .string()
  .refine(isDeletionCode, { error: 'must be a confirmation code: 40 lower-case letters and digits' })

export const eraseBody = object({
  keepSuppression: z
    .boolean()
    .default(true)
    .describe(
      'When the person had said STOP or taken a consent back: keep that, under a hash of their id, so that what they ' +
        'agreed to before does not count when it is told once more.',
    ),
  deletionCode: code
    .optional()
    .describe(
      'The request that this fulfils. Give it with the last of the conversations that the person has with your Pages.',
    ),
}).meta({ example: { keepSuppression: true } })

const count = (what: string) => z.number().int().describe(what)

export const erasureView = z
  .object({
    customerId: z.string(),
    complete: z
      .boolean()
      .describe('Nothing is left here, in the files of Redis neither. Otherwise ask again: see `remaining`.'),
    erased: z.object({
      waiting: count('Events and replies that waited in lanes.'),
      deadLetters: count('Dead letters of the conversation, or that mention the person.'),
      deliveries: count('Deliveries that could not be read and mention the person, each as a whole.'),
      replies: count('Records of replies.'),
      inboxMessages: count('Messages in the embedded inbox.'),
      attachments: count('Copies of files that they sent.'),
      records: count('Other records that bear the conversation in their name.'),
    }),
    suppressed: z.boolean().describe('Whether it is kept, under a hash, that they had ended something.'),
    disk: z.object({
      aof: z
        .enum(['rewritten', 'off', 'unfinished', 'refused'])
        .describe("Redis' append-only file, in which what was deleted stands until it is written anew."),
      rdb: z
        .enum(['saved', 'none', 'unfinished', 'refused'])
        .describe("Redis' snapshot, where it makes one."),
      replicas: count('Replicas of this Redis; each writes its own files anew when it likes.'),
    }),
    remaining: z
      .array(z.object({ code: z.enum(['STOPPED', 'JOURNAL', 'AOF', 'RDB']), message: z.string() }))
      .describe('What is not erased, and what to do about it.'),
    elsewhere: z
      .array(z.object({ helpdesk: z.string(), ticket: z.string().nullable() }))
      .describe(
        'Helpdesks that have copies of their own, with the ticket where we know it: erase them there.',
      ),
  })
  .describe('What was erased, and what was not.')

export const deletionParams = z.object({
  code: code.meta({ example: 'c0de000000000000000000000000000000000000' }),
})

export const deletionView = z.object({
  code: z.string().describe('The confirmation code that the person has.'),
  kind: z
    .enum(['deletion', 'deauthorization'])
    .describe('They asked to have their data deleted, or took the app out of their account.'),
  status: z.enum(['received', 'erasing', 'done']),
  receivedAt: z.iso.datetime(),
  doneAt: z.iso.datetime().nullable(),
  userId: z
    .string()
    .nullable()
    .describe("Meta's id of the person in your app, which is no PSID. Forgotten as soon as they are erased."),
})

export const deletionList = z.object({ deletions: z.array(deletionView) })
