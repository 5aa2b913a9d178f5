import type { SoqlRow } from './salesforce-soql.ts'

/** What the stand-in for Salesforce holds, and how its records look to SOQL. */

export interface CaseRecord extends SoqlRow {
  Id: string
  Deskbridge_Id__c: string | null
  Status: string
  IsClosed: boolean
  Subject: string
  ContactId: string | null
  ParentId: string | null
  OwnerId: string | null
  Tags__c: string | null
  deleted: boolean
}

export interface EntryRecord {
  Id: string
  object: 'CaseComment' | 'FeedItem'
  case: string
  text: string
  public: boolean
  rich: boolean
  type: string
  author: string
  at: string
  files: string[]
}

export interface HistoryRecord {
  Id: string
  case: string
  value: string
  author: string
  at: string
}

export interface FileRecord {
  Id: string
  case: string | null
  Title: string
  Description: string | null
  bytes: Buffer
}

export interface SalesforceStore {
  contacts: Map<string, { Id: string; LastName: string; FirstName: string | null }>
  cases: CaseRecord[]
  entries: EntryRecord[]
  history: HistoryRecord[]
  files: FileRecord[]
  users: Record<string, string>
  sets: SoqlRow[]
  assignments: SoqlRow[]
  /** 18 characters, growing within a kind. */
  newId(prefix: string): string
  now(): string
  rows(object: string): SoqlRow[]
  setStatus(record: CaseRecord, value: string, author: string): void
}

/** A version belongs to a document of its own. */
export function documentOf(version: string): string {
  return version.replace(/^068/, '069')
}

const tails: Record<string, string> = { '0D5': 'CAA', '00a': 'AAA' }
const closedValues = new Set(['Closed', 'Archived'])

export function salesforceStore(
  users: Record<string, string>,
  clock: () => number = Date.now,
): SalesforceStore {
  let counter = 0
  const store: SalesforceStore = {
    contacts: new Map(),
    cases: [],
    entries: [],
    history: [],
    files: [],
    users,
    sets: [],
    assignments: [],
    newId: (prefix) => `${prefix}${String(++counter).padStart(12, '0')}${tails[prefix] ?? 'AAA'}`,
    now: () => new Date(clock()).toISOString().replace(/\.\d+Z$/, '.000+0000'),
    rows,
    setStatus(record, value, author) {
      record.Status = value
      record.IsClosed = closedValues.has(value)
      store.history.push({ Id: store.newId('017'), case: record.Id, value, author, at: store.now() })
    },
  }

  const caseOf = (id: string | null) => store.cases.find((one) => one.Id === id && !one.deleted) ?? null

  function written(object: EntryRecord['object']): SoqlRow[] {
    return store.entries
      .filter((entry) => entry.object === object)
      .map((entry) => ({
        Id: entry.Id,
        ParentId: entry.case,
        CreatedDate: entry.at,
        CreatedById: entry.author,
        CreatedBy: { Name: users[entry.author] ?? null },
        ...(object === 'CaseComment'
          ? { CommentBody: entry.text, IsPublished: entry.public, Parent: caseOf(entry.case) }
          : {
              Body: entry.text,
              IsRichText: entry.rich,
              Type: entry.type,
              Visibility: entry.public ? 'AllUsers' : 'InternalUsers',
              Parent: { Type: 'Case' },
            }),
      }))
  }

  function rows(object: string): SoqlRow[] {
    switch (object) {
      case 'CaseComment':
      case 'FeedItem':
        return written(object)
      case 'Case':
        return store.cases.filter(({ deleted }) => !deleted)
      case 'CaseHistory':
        return store.history.map(({ Id, case: CaseId, value, author, at }) => ({
          Id,
          CaseId,
          Field: 'Status',
          NewValue: value,
          CreatedDate: at,
          CreatedById: author,
          Case: caseOf(CaseId),
        }))
      case 'FeedAttachment':
        return store.entries.flatMap(({ Id, files }) =>
          files.map((RecordId, n) => ({ Id: `${Id}${n}`, FeedEntityId: Id, RecordId, Type: 'Content' })),
        )
      case 'ContentVersion':
        return store.files.map(({ Id, Title }) => ({
          Id,
          Title,
          FileExtension: Title.split('.').at(-1) ?? null,
        }))
      case 'ContentDocumentLink':
        return store.files.map(({ case: LinkedEntityId, Title, Description, Id }) => ({
          LinkedEntityId,
          ContentDocumentId: documentOf(Id),
          SystemModstamp: Id,
          ContentDocument: { Title, Description },
        }))
      case 'PermissionSet':
        return store.sets
      case 'PermissionSetAssignment':
        return store.assignments
      default:
        throw new Error(`INVALID_TYPE ${object}`)
    }
  }

  return store
}
