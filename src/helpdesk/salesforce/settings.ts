import { z } from 'zod'
import { contextFacts } from '../adapter.ts'
import { longCallbackSecrets, refuseLiteral, remoteSettings } from '../remote-settings.ts'

const fieldName = z.string().regex(/^[A-Za-z]\w{0,79}$/, 'must be the API name of a field, such as Locale__c')
const recordId = z
  .string()
  .regex(/^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$/, 'must be the id of a record, 15 or 18 characters')

const login = z
  .strictObject({
    clientId: z.string().min(1).describe('Consumer key of the app in Salesforce.'),
    username: z.string().min(1).optional().describe('Whom deskbridge is in Salesforce; with `privateKey`.'),
    privateKey: z
      .string()
      .regex(/PRIVATE KEY/, 'must be a private key as PEM')
      .optional()
      .describe('RSA key as PEM whose certificate the app has. Line ends may be written as \\n.'),
    audience: z
      .url({ protocol: /^https$/ })
      .default('https://login.salesforce.com')
      .describe('With `privateKey`; `https://test.salesforce.com` for a sandbox.'),
    clientSecret: z
      .string()
      .min(1)
      .optional()
      .describe("The app's secret, in place of `privateKey`: the app itself says which user we are."),
  })
  .superRefine((settings, context) => {
    const { privateKey, username, clientSecret } = settings
    if ((privateKey === undefined) === (clientSecret === undefined)) {
      const message = 'is needed, or clientSecret beside clientId; not both'
      context.addIssue({ code: 'custom', path: ['privateKey'], message })
    } else if (privateKey !== undefined && username === undefined) {
      context.addIssue({ code: 'custom', path: ['username'], message: 'is needed with privateKey' })
    }
  })

export const salesforceSettings = z
  .strictObject({
    adapter: z.literal('salesforce'),
    url: z
      .url({ protocol: /^https?$/ })
      .describe('My Domain of the org, such as https://acme.my.salesforce.com.'),
    login: login.describe('How deskbridge logs in: with a key of ours, or with a secret of the app.'),
    apiVersion: z
      .string()
      .regex(/^\d{2,3}\.0$/, 'must be a version such as 62.0')
      .default('62.0')
      .describe('Version of the REST API; 55.0 or newer.'),
    messages: z
      .enum(['comment', 'feed'])
      .default('comment')
      .describe('What messages and notes become: comments of the case, or posts in its feed.'),
    replies: z
      .enum(['poll', 'callout'])
      .default('poll')
      .describe('How replies of agents reach us: we ask for them, or Salesforce calls us.'),
    pollSeconds: z
      .number()
      .int()
      .min(5)
      .max(3600)
      .default(15)
      .describe(
        'How often we ask with `replies: poll`, seconds. Each time takes two calls of the daily limit.',
      ),
    callbackSecrets: longCallbackSecrets.optional(),
    userId: recordId
      .optional()
      .describe('Id of our own user in Salesforce, as `setup` tells it. Wanted with `replies: callout`.'),
    contactKey: fieldName
      .default('Deskbridge_Id__c')
      .describe('Field of Contact that holds the conversation: text, unique, external id.'),
    caseKey: fieldName
      .default('Deskbridge_Id__c')
      .describe('Field of Case that names it for us: text, unique, external id.'),
    status: z
      .strictObject({
        open: z.string().min(1).max(255).default('New').describe('Of a case that is brought back.'),
        solved: z.string().min(1).max(255).default('Closed').describe('Of a case that is done.'),
        closed: z
          .string()
          .min(1)
          .max(255)
          .optional()
          .describe('Of a case that takes nothing any more. Without it every case can be brought back.'),
      })
      .prefault({})
      .describe('Values of Case.Status.'),
    owner: recordId.optional().describe('Id of the queue or user that gets new cases.'),
    queues: z
      .record(z.string().min(1), recordId)
      .optional()
      .describe('Ids of queues by the name of a tag: a case with that tag moves there.'),
    tagsField: fieldName.optional().describe('Field of Case for tags: a multi-select picklist or text.'),
    account: recordId.optional().describe('Id of the account that new contacts belong to.'),
    caseValues: z
      .record(fieldName, z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe('What else new cases have, by field, such as `{ Origin: Facebook, RecordTypeId: 012… }`.'),
    fields: z
      .partialRecord(z.enum(contextFacts), fieldName)
      .optional()
      .describe('Text fields of Case for what is known of the customer: `{ locale: Locale__c }`.'),
    maxFileMiB: z
      .number()
      .int()
      .min(1)
      .max(25)
      .default(25)
      .describe('Larger files of customers are told as links, MiB.'),
    ...remoteSettings,
  })
  .superRefine((settings, context) => {
    refuseLiteral(settings, context)
    if (settings.replies !== 'callout' || settings.callbackSecrets) return
    const message = 'is needed with replies: callout'
    context.addIssue({ code: 'custom', path: ['callbackSecrets'], message })
  })

export type SalesforceSettings = z.infer<typeof salesforceSettings>
