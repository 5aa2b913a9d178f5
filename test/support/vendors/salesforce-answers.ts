import type { JsonSchema, VendorAnswer } from '../vendor-server.ts'

/** What the routes of the stand-in for Salesforce share. */

export const text = { type: 'string', minLength: 1, maxLength: 255 }
export const id = { type: 'string', pattern: '^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$' }

export function fields(properties: Record<string, object>, required: string[] = []): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

export function refusal(status: number, errorCode: string): VendorAnswer {
  return { status, json: [{ message: 'what Salesforce says of it', errorCode }] }
}

export const wrongToken = refusal(401, 'INVALID_SESSION_ID')
export const notFound = refusal(404, 'NOT_FOUND')

export function created(Id: string, isNew = true): VendorAnswer {
  return { status: isNew ? 201 : 200, json: { id: Id, success: true, errors: [], created: isNew } }
}
