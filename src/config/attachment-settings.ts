import { z } from 'zod'
import { whole } from './whole.ts'

const s3 = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/ })
      .describe('Where the S3 API is, such as https://s3.eu-central-1.amazonaws.com.'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .describe('The bucket. It stands in the path of the calls.'),
    region: z.string().min(1).default('us-east-1').describe('Region that calls are signed for.'),
    accessKeyId: z.string().min(1).describe('Id of the access key.'),
    secretAccessKey: z.string().min(1).describe('Its secret.'),
    prefix: z
      .string()
      .regex(/^([A-Za-z0-9_-]{1,40}\/)*$/, 'must be empty, or folders that each end with a slash')
      .default('attachments/')
      .describe('Begins the key of every object.'),
  })
  .optional()

const store = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .optional()
      .describe('A folder for copies, which every api and worker can reach. This or `s3`.'),
    s3,
  })
  .refine(({ folder, s3 }) => (folder === undefined) !== (s3 === undefined), {
    path: ['folder'],
    error: 'needs either folder or s3, and not both',
  })
  .optional()

/** How files of customers are copied. Without a store, and without an address for the links, nothing is. */
export const attachmentSettings = z.strictObject({
  store,
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/[?#@]/.test(url), 'must hold no user, query or fragment')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .describe('Begins the links to copies, where it is not `server.publicUrl`.'),
  linkSecrets: z
    .array(z.string().min(32, 'must be at least 32 characters'))
    .min(1)
    .optional()
    .describe('Sign the links, the current one first; without them `meta.appSecrets` do.'),
  maxBytes: whole(1024, 1024 * 1024 * 1024)
    .default(25 * 1024 * 1024)
    .describe('Largest file that is copied, bytes.'),
  ttlDays: whole(1, 3650).default(30).describe('How long a copy is kept and its link works, days.'),
  concurrency: whole(1, 100).default(4).describe('Files that one worker copies at once.'),
  timeoutMs: whole(1000, 600_000).default(60_000).describe('How long fetching one file may take, ms.'),
  giveUpHours: whole(1, 720)
    .default(24)
    .describe('Age at which a file that cannot be fetched is given up, hours.'),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe('Fetches also by http and from private networks. For tests; files of Meta never are there.'),
})
