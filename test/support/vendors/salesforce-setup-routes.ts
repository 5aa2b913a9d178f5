import type { VendorAnswer, VendorRoute } from '../vendor-server.ts'
import { created, fields, id, notFound, refusal, text } from './salesforce-answers.ts'
import type { SalesforceStore } from './salesforce-store.ts'

/** What set-up asks and makes. */
export function setupRoutes(store: SalesforceStore, api: string, lacks: Set<string>): VendorRoute[] {
  return [
    {
      method: 'POST',
      path: `${api}/tooling/sobjects/CustomField`,
      body: fields(
        {
          FullName: { type: 'string', pattern: '^(Case|Contact)\\.\\w+__c$' },
          Metadata: fields(
            {
              label: { type: 'string', maxLength: 40 },
              type: { const: 'Text' },
              length: { type: 'integer', maximum: 255 },
              unique: { type: 'boolean' },
              caseSensitive: { type: 'boolean' },
              externalId: { type: 'boolean' },
              description: { type: 'string', maxLength: 1000 },
            },
            ['label', 'type', 'length', 'unique', 'externalId'],
          ),
        },
        ['FullName', 'Metadata'],
      ),
      answer({ json }) {
        if (!lacks.has(json.FullName)) return refusal(400, 'DUPLICATE_DEVELOPER_NAME')
        // It is there now, and nobody may see it yet.
        lacks.add(`right to ${json.FullName}`)
        return created(store.newId('00N'))
      },
    },
    {
      method: 'POST',
      path: `${api}/sobjects/PermissionSet`,
      body: fields({ Name: text, Label: text }, ['Name', 'Label']),
      answer({ json }) {
        const Id = store.newId('0PS')
        store.sets.push({ Id, Name: json.Name })
        return created(Id)
      },
    },
    {
      method: 'POST',
      path: `${api}/sobjects/FieldPermissions`,
      body: fields(
        {
          ParentId: id,
          SobjectType: { enum: ['Case', 'Contact'] },
          Field: text,
          PermissionsRead: { const: true },
          PermissionsEdit: { const: true },
        },
        ['ParentId', 'SobjectType', 'Field', 'PermissionsRead', 'PermissionsEdit'],
      ),
      answer({ json }) {
        lacks.delete(json.Field)
        return created(store.newId('01k'))
      },
    },
    {
      method: 'POST',
      path: `${api}/sobjects/PermissionSetAssignment`,
      body: fields({ AssigneeId: id, PermissionSetId: id }, ['AssigneeId', 'PermissionSetId']),
      answer({ json }) {
        store.assignments.push({ Id: store.newId('0Pa'), ...json })
        return created(store.newId('0Pa'))
      },
    },
  ]
}

const key = { type: 'string', length: 255, createable: true, externalId: true, unique: true }
const plain = { type: 'string', length: 255, createable: true }
const described: Record<string, Record<string, object>> = {
  Contact: { LastName: plain, Deskbridge_Id__c: key },
  Case: {
    Deskbridge_Id__c: key,
    Origin: plain,
    Locale__c: plain,
    Tags__c: plain,
    Status: {
      ...plain,
      type: 'picklist',
      picklistValues: ['New', 'Working', 'Closed', 'Archived'].map((value) => ({ value })),
    },
  },
  CaseComment: { CommentBody: plain, IsPublished: plain },
  FeedItem: { Body: plain, Visibility: plain },
  ContentVersion: { Title: plain },
}

export function describeObject(name: string, lacks: Set<string>): VendorAnswer {
  const known = described[name]
  if (!known || lacks.has(name)) return notFound
  const shown = Object.entries(known)
    .filter(([field]) => !lacks.has(`${name}.${field}`))
    .map(([field, facts]) => ({
      name: field,
      ...facts,
      ...(lacks.has(`unique ${name}.${field}`) ? { unique: false } : {}),
    }))
  return { json: { name, createable: true, updateable: true, fields: shown } }
}
