import { z } from 'zod'
import { readAnswer } from '../http-client.ts'
import type { SetupContext, SetupFinding } from '../setup.ts'
import type { SetupDeps } from './setup.ts'
import { literal } from './soql.ts'
import { createdAnswer } from './write-messages.ts'

/** A field that a program makes can be seen by nobody, so it comes with a permission set, which our user gets. */
const permissionSet = 'Deskbridge'

/**
 * Makes the external id by the Tooling API and lets our user write it. Salesforce may refuse any of it; then a person
 * must do it. Idempotent.
 */
export async function grantFields(
  { api, tokens }: SetupDeps,
  { signal }: SetupContext,
  { object, name }: { object: string; name: string },
  mend: string,
): Promise<SetupFinding[]> {
  const what = `${object}.${name}`
  const metadata = {
    label: name.replace(/__c$/, '').replaceAll('_', ' '),
    type: 'Text',
    length: 255,
    unique: true,
    caseSensitive: true,
    externalId: true,
    description: 'Names the conversation for deskbridge. Do not edit.',
  }
  const post = (path: string, json: object) => api.ask({ method: 'POST', path, json, signal })
  const made = await post('tooling/sobjects/CustomField', { FullName: what, Metadata: metadata })
  if (made.refused !== undefined) return [refusal(what, made.refused, mend)]
  const { userId } = await tokens.get(signal)
  const found = await api.query(
    z.object({ Id: z.string() }),
    `SELECT Id FROM PermissionSet WHERE Name = '${permissionSet}'`,
    signal,
  )
  let set = found[0]?.Id
  if (set === undefined) {
    const created = await post('sobjects/PermissionSet', { Name: permissionSet, Label: permissionSet })
    if (created.refused !== undefined) return [refusal(`rights to ${what}`, created.refused, mend)]
    set = readAnswer(createdAnswer, created).id
  }
  const rights = {
    ParentId: set,
    SobjectType: object,
    Field: what,
    PermissionsRead: true,
    PermissionsEdit: true,
  }
  const granted = await post('sobjects/FieldPermissions', rights)
  if (granted.refused !== undefined) return [refusal(`rights to ${what}`, granted.refused, mend)]
  const had = await api.query(
    z.object({ Id: z.string() }),
    `SELECT Id FROM PermissionSetAssignment WHERE PermissionSetId = ${literal(set)} AND AssigneeId = ${literal(userId)}`,
    signal,
  )
  if (had.length === 0) {
    const given = await post('sobjects/PermissionSetAssignment', { AssigneeId: userId, PermissionSetId: set })
    if (given.refused !== undefined) return [refusal(`rights to ${what}`, given.refused, mend)]
  }
  return [{ state: 'changed', what: `${what}, and the permission set ${permissionSet} for our user` }]
}

function refusal(what: string, code: string, mend: string): SetupFinding {
  return { state: 'todo', what: `${what} (Salesforce refuses to make it: ${code})`, mend }
}
