import type { JsonSchema, VendorAnswer, VendorRoute } from '../vendor-server.ts'
import { created, fields, id, notFound, refusal, text } from './salesforce-answers.ts'
import { describeObject, setupRoutes } from './salesforce-setup-routes.ts'
import { parseSoql } from './salesforce-soql.ts'
import { documentOf } from './salesforce-store.ts'
import type { CaseRecord, SalesforceStore } from './salesforce-store.ts'

export const tokenBody: JsonSchema = {
  oneOf: [
    fields(
      {
        grant_type: { const: 'urn:ietf:params:oauth:grant-type:jwt-bearer' },
        assertion: { type: 'string', minLength: 1 },
      },
      ['grant_type', 'assertion'],
    ),
    fields({ grant_type: { const: 'client_credentials' }, client_id: text, client_secret: text }, [
      'grant_type',
      'client_id',
      'client_secret',
    ]),
  ],
}

const contactBody = fields({
  LastName: { type: 'string', minLength: 1, maxLength: 80 },
  FirstName: { type: 'string', minLength: 1, maxLength: 40 },
  AccountId: id,
})
const caseFields = { Status: text, OwnerId: id, Tags__c: { type: 'string', maxLength: 4000 } }
const caseBody = fields({
  ...caseFields,
  Subject: text,
  ContactId: id,
  ParentId: id,
  Origin: text,
  Locale__c: text,
})
const commentBody = fields(
  { ParentId: id, CommentBody: { type: 'string', minLength: 1 }, IsPublished: { type: 'boolean' } },
  ['ParentId', 'CommentBody', 'IsPublished'],
)
const postBody = fields(
  {
    ParentId: id,
    Body: { type: 'string', minLength: 1 },
    Visibility: { enum: ['AllUsers', 'InternalUsers'] },
  },
  ['ParentId', 'Body', 'Visibility'],
)
const fileBody = fields({ entity_content: { type: 'string' } }, ['entity_content'])
const onlyFields: JsonSchema = fields({ fields: { type: 'string', pattern: '^[\\w,]+$' } }, ['fields'])

/** Whom Salesforce gives cases to when nobody says otherwise. */
export const defaultOwner = '00G00000000DEFAULT'

export function salesforceRoutes(
  store: SalesforceStore,
  { ourUser, lacks }: { ourUser: string; lacks: Set<string> },
): VendorRoute[] {
  const api = '/services/data/v62.0'
  const living = (Id: string) => store.cases.find((one) => one.Id === Id && !one.deleted)

  /** Why a case takes no entry; undefined when it does. */
  function refusedEntry(Id: string): VendorAnswer | undefined {
    const record = store.cases.find((one) => one.Id === Id)
    if (!record) return refusal(400, 'INVALID_CROSS_REFERENCE_KEY')
    if (record.deleted) return refusal(400, 'ENTITY_IS_DELETED')
    // A validation rule of the org.
    return record.Status === 'Archived' ? refusal(400, 'FIELD_CUSTOM_VALIDATION_EXCEPTION') : undefined
  }

  function change(
    record: CaseRecord,
    body: Record<string, unknown>,
    headers: Record<string, string>,
  ): VendorAnswer | undefined {
    const { Status, ...rest } = body
    if (typeof rest['ParentId'] === 'string' && !living(rest['ParentId']))
      return refusal(400, 'INVALID_CROSS_REFERENCE_KEY')
    Object.assign(record, rest)
    if (headers['sforce-auto-assign'] !== 'FALSE') record.OwnerId = defaultOwner
    if (typeof Status === 'string') store.setStatus(record, Status, ourUser)
    return undefined
  }

  function picked(record: Record<string, unknown>, names: string): VendorAnswer {
    const shown = names.split(',').map((name) => [name, record[name] ?? null])
    return { json: { attributes: { type: 'Case' }, ...Object.fromEntries(shown) } }
  }

  return [
    {
      method: 'GET',
      path: `${api}/query`,
      query: fields({ q: { type: 'string' } }, ['q']),
      answer({ query }) {
        const parsed = parseSoql(query['q']!)
        const records = parsed.run(store.rows(parsed.from))
        return { json: { totalSize: records.length, done: true, records } }
      },
    },
    {
      method: 'GET',
      path: `${api}/limits`,
      answer: () => ({ json: { DailyApiRequests: { Max: 15_000, Remaining: 14_000 } } }),
    },
    {
      method: 'GET',
      path: `${api}/sobjects/:object/describe`,
      answer: ({ params }) => describeObject(params['object']!, lacks),
    },
    {
      method: 'GET',
      path: `${api}/sobjects/Contact/Deskbridge_Id__c/:key`,
      query: onlyFields,
      answer({ params, query }) {
        const found = store.contacts.get(params['key']!)
        return found ? picked({ ...found }, query['fields']!) : notFound
      },
    },
    {
      method: 'PATCH',
      path: `${api}/sobjects/Contact/Deskbridge_Id__c/:key`,
      body: contactBody,
      answer({ params, json, headers }) {
        const key = params['key']!
        const was = store.contacts.get(key)
        // The org's duplicate rule alerts.
        const twin = [...store.contacts].some(
          ([other, { LastName }]) => other !== key && LastName === json.LastName,
        )
        if (twin && headers['sforce-duplicate-rule-header'] !== 'allowSave=true')
          return refusal(400, 'DUPLICATES_DETECTED')
        if (!was && json.LastName === undefined) return refusal(400, 'REQUIRED_FIELD_MISSING')
        const Id = was?.Id ?? store.newId('003')
        store.contacts.set(key, { FirstName: null, ...was, ...json, Id })
        return created(Id, !was)
      },
    },
    {
      method: 'GET',
      path: `${api}/sobjects/Case/Deskbridge_Id__c/:key`,
      query: onlyFields,
      answer({ params, query }) {
        const found = store.cases.find((one) => one.Deskbridge_Id__c === params['key'] && !one.deleted)
        return found ? picked(found, query['fields']!) : notFound
      },
    },
    {
      method: 'PATCH',
      path: `${api}/sobjects/Case/Deskbridge_Id__c/:key`,
      body: caseBody,
      answer({ params, json, headers }) {
        const was = store.cases.find((one) => one.Deskbridge_Id__c === params['key'] && !one.deleted)
        const record: CaseRecord = was ?? {
          Id: store.newId('500'),
          Deskbridge_Id__c: params['key']!,
          Status: 'New',
          IsClosed: false,
          Subject: '',
          ContactId: null,
          ParentId: null,
          OwnerId: null,
          Tags__c: null,
          deleted: false,
        }
        const refused = change(record, json, headers)
        if (refused) return refused
        if (!was) store.cases.push(record)
        return created(record.Id, !was)
      },
    },
    {
      method: 'GET',
      path: `${api}/sobjects/Case/:id`,
      query: onlyFields,
      answer({ params, query }) {
        const record = living(params['id']!)
        return record ? picked(record, query['fields']!) : notFound
      },
    },
    {
      method: 'PATCH',
      path: `${api}/sobjects/Case/:id`,
      body: fields(caseFields),
      answer({ params, json, headers }) {
        const record = living(params['id']!)
        if (!record) return refusal(404, 'ENTITY_IS_DELETED')
        return change(record, json, headers) ?? { status: 204 }
      },
    },
    {
      method: 'POST',
      path: `${api}/sobjects/CaseComment`,
      body: commentBody,
      answer({ json }) {
        const refused = refusedEntry(json.ParentId)
        if (refused) return refused
        if (Buffer.byteLength(json.CommentBody) > 4000) return refusal(400, 'STRING_TOO_LONG')
        const Id = store.newId('00a')
        const shared = { rich: false, type: 'TextPost', author: ourUser, at: store.now(), files: [] }
        const { ParentId, CommentBody, IsPublished } = json
        store.entries.push({
          Id,
          object: 'CaseComment',
          case: ParentId,
          text: CommentBody,
          public: IsPublished,
          ...shared,
        })
        return created(Id)
      },
    },
    {
      method: 'POST',
      path: `${api}/sobjects/FeedItem`,
      body: postBody,
      answer({ json }) {
        const refused = refusedEntry(json.ParentId)
        if (refused) return refused
        if (json.Body.length > 10_000) return refusal(400, 'STRING_TOO_LONG')
        const Id = store.newId('0D5')
        const shared = { rich: false, type: 'TextPost', author: ourUser, at: store.now(), files: [] }
        const isPublic = json.Visibility === 'AllUsers'
        store.entries.push({
          Id,
          object: 'FeedItem',
          case: json.ParentId,
          text: json.Body,
          public: isPublic,
          ...shared,
        })
        return created(Id)
      },
    },
    {
      method: 'POST',
      path: `${api}/sobjects/ContentVersion`,
      body: fileBody,
      answer({ json, files }) {
        const fieldsOf = JSON.parse(json.entity_content)
        const [file] = files
        if (file?.field !== 'VersionData' || files.length !== 1)
          return refusal(400, 'INVALID_MULTIPART_REQUEST')
        const { Title, PathOnClient, Description, FirstPublishLocationId, ...rest } = fieldsOf
        if (!Title || !PathOnClient || Object.keys(rest).length > 0) return refusal(400, 'INVALID_FIELD')
        if (!living(FirstPublishLocationId)) return refusal(400, 'INVALID_CROSS_REFERENCE_KEY')
        const Id = store.newId('068')
        store.files.push({ Id, case: FirstPublishLocationId, Title, Description, bytes: file.bytes })
        return created(Id)
      },
    },
    ...(['CaseComment', 'FeedItem'] as const).map((object): VendorRoute => ({
      method: 'DELETE',
      path: `${api}/sobjects/${object}/:id`,
      answer({ params }) {
        const entry = store.entries.find((one) => one.Id === params['id'] && one.object === object)
        if (!entry) return refusal(404, 'ENTITY_IS_DELETED')
        if (entry.author !== ourUser) return refusal(403, 'INSUFFICIENT_ACCESS_OR_READONLY')
        store.entries.splice(store.entries.indexOf(entry), 1)
        return { status: 204 }
      },
    })),
    {
      method: 'DELETE',
      path: `${api}/sobjects/ContentDocument/:id`,
      answer({ params }) {
        const at = store.files.findIndex(({ Id }) => documentOf(Id) === params['id'])
        if (at === -1) return refusal(404, 'ENTITY_IS_DELETED')
        store.files.splice(at, 1)
        return { status: 204 }
      },
    },
    {
      method: 'GET',
      path: `${api}/sobjects/ContentVersion/:id/VersionData`,
      answer({ params }) {
        const file = store.files.find((one) => one.Id === params['id'])
        if (!file) return notFound
        return { bytes: file.bytes, headers: { 'content-type': 'application/octet-stream' } }
      },
    },
    ...setupRoutes(store, api, lacks),
  ]
}
