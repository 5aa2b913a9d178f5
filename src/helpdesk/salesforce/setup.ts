import { z } from 'zod'
import { stepFacts } from '../../domain/step-error.ts'
import { readAnswer } from '../http-client.ts'
import type { HelpdeskSetup, SetupContext, SetupFinding } from '../setup.ts'
import type { SalesforceApi } from './api.ts'
import { grantFields } from './grant-fields.ts'
import type { SalesforceSettings } from './settings.ts'
import type { SalesforceTokens } from './tokens.ts'

export interface SetupDeps {
  api: SalesforceApi
  tokens: Pick<SalesforceTokens, 'get'>
  settings: SalesforceSettings
}

const describedObject = z.object({
  createable: z.boolean(),
  updateable: z.boolean(),
  fields: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      length: z.number().optional(),
      createable: z.boolean(),
      externalId: z.boolean().optional(),
      unique: z.boolean().optional(),
      picklistValues: z.array(z.object({ value: z.string() })).optional(),
    }),
  ),
})
type DescribedObject = z.infer<typeof describedObject>

export function salesforceSetup(deps: SetupDeps): HelpdeskSetup {
  return {
    check: (context) => look(deps, context, false),
    setUp: (context) => look(deps, context, true),
  }
}

async function look(deps: SetupDeps, context: SetupContext, change: boolean): Promise<SetupFinding[]> {
  const login = await findLogin(deps, context)
  if (login.state === 'failed') return [login]
  const { settings } = deps
  return [
    login,
    ...(await guarded('limits of the API', () => findLimits(deps, context))),
    ...(await guarded('Contact', () => findKey(deps, context, 'Contact', settings.contactKey, change))),
    ...(await guarded('Case', () => findKey(deps, context, 'Case', settings.caseKey, change))),
    ...(await guarded('Case', () => findCaseFields(deps, context))),
    ...(await guarded(written(settings), () => findWritten(deps, context))),
    ...(await guarded('ContentVersion', () => findFiles(deps, context))),
    ...findReplies(deps, context),
  ]
}

/** A vendor's refusal is a finding. */
async function guarded(what: string, find: () => Promise<SetupFinding[]>): Promise<SetupFinding[]> {
  try {
    return await find()
  } catch (error) {
    return [{ state: 'failed', what, mend: stepFacts(error).message }]
  }
}

async function findLogin({ tokens, settings }: SetupDeps, { signal }: SetupContext): Promise<SetupFinding> {
  try {
    const { userId, instance } = await tokens.get(signal)
    const told = settings.replies === 'callout' && settings.userId === undefined
    return {
      state: told ? 'todo' : 'ok',
      what: `log in at ${new URL(instance).host} as the user ${userId}`,
      ...(told
        ? {
            mend: `set userId: '${userId}' in the helpdesk's settings, so that our own writes are told apart`,
          }
        : {}),
    }
  } catch (error) {
    return { state: 'failed', what: 'log in', mend: stepFacts(error).message }
  }
}

const limits = z.object({ DailyApiRequests: z.object({ Max: z.number(), Remaining: z.number() }) })

async function findLimits({ api }: SetupDeps, { signal }: SetupContext): Promise<SetupFinding[]> {
  const answer = await api.call({ method: 'GET', path: 'limits', signal })
  const { Max, Remaining } = readAnswer(limits, answer).DailyApiRequests
  const what = `${Remaining} of ${Max} calls of the API left in 24 hours`
  return Remaining > Max / 10
    ? [{ state: 'ok', what }]
    : [{ state: 'todo', what, mend: 'raise pollSeconds, use replies: callout, or buy more calls' }]
}

async function describeObject({ api }: SetupDeps, { signal }: SetupContext, name: string) {
  const answer = await api.ask({ method: 'GET', path: `sobjects/${name}/describe`, signal })
  return answer.refused === undefined ? readAnswer(describedObject, answer) : undefined
}

async function findKey(
  deps: SetupDeps,
  context: SetupContext,
  object: 'Case' | 'Contact',
  name: string,
  change: boolean,
): Promise<SetupFinding[]> {
  const described = await describeObject(deps, context, object)
  const what = `${object}.${name}`
  if (!described?.createable || !described.updateable) {
    return [
      { state: 'failed', what: object, mend: `give our user the rights to read, create and edit ${object}` },
    ]
  }
  const field = described.fields.find((one) => one.name === name)
  if (field?.externalId && field.unique && field.createable) return [{ state: 'ok', what }]
  const mend =
    `Setup › Object Manager › ${object} › Fields & Relationships › New: Text, length 255, ` +
    `API name ${name}, tick Unique (case sensitive) and External ID; make it visible and editable for our user`
  if (field) return [{ state: 'failed', what: `${what} is no unique external id that we may write`, mend }]
  if (!change) return [{ state: 'todo', what, mend: `run deskbridge setup, or: ${mend}` }]
  return grantFields(deps, context, { object, name }, mend)
}

async function findCaseFields(deps: SetupDeps, context: SetupContext): Promise<SetupFinding[]> {
  const described = await describeObject(deps, context, 'Case')
  if (!described) return []
  const { fields = {}, tagsField, caseValues = {}, status } = deps.settings
  const names = [
    ...Object.values(fields),
    ...Object.keys(caseValues),
    ...(tagsField === undefined ? [] : [tagsField]),
  ]
  return [
    ...[...new Set(names)].map((name) => findField(described, name)),
    ...[status.open, status.solved, status.closed].flatMap((value) =>
      value === undefined ? [] : [findStatus(described, value)],
    ),
  ]
}

function findField(described: DescribedObject, name: string): SetupFinding {
  const what = `Case.${name}`
  const field = described.fields.find((one) => one.name === name)
  if (field?.createable) return { state: 'ok', what }
  return { state: 'failed', what, mend: 'make the field, and let our user edit it; the settings name it' }
}

function findStatus(described: DescribedObject, value: string): SetupFinding {
  const what = `Case.Status has the value ${value}`
  const values = described.fields.find(({ name }) => name === 'Status')?.picklistValues ?? []
  if (values.some((one) => one.value === value)) return { state: 'ok', what }
  return {
    state: 'failed',
    what,
    mend: `set status in the settings to values of yours: ${values.map((one) => one.value).join(', ')}`,
  }
}

function written({ messages }: SalesforceSettings): string {
  return messages === 'comment' ? 'CaseComment' : 'FeedItem'
}

async function findWritten(deps: SetupDeps, context: SetupContext): Promise<SetupFinding[]> {
  const what = written(deps.settings)
  const described = await describeObject(deps, context, what)
  if (!described?.createable) {
    return [{ state: 'failed', what, mend: `give our user the right to create ${what}` }]
  }
  const needed = deps.settings.messages === 'comment' ? 'IsPublished' : 'Visibility'
  if (described.fields.some(({ name }) => name === needed)) return [{ state: 'ok', what }]
  return [
    {
      state: 'failed',
      what: `${what}.${needed}, which keeps notes apart from replies`,
      mend: 'turn Digital Experiences on, or set messages: comment',
    },
  ]
}

async function findFiles(deps: SetupDeps, context: SetupContext): Promise<SetupFinding[]> {
  const described = await describeObject(deps, context, 'ContentVersion')
  return described?.createable
    ? [{ state: 'ok', what: 'ContentVersion' }]
    : [{ state: 'failed', what: 'ContentVersion', mend: 'give our user the right to create files' }]
}

function findReplies({ settings }: SetupDeps, { callbackUrl }: SetupContext): SetupFinding[] {
  if (settings.replies === 'poll') {
    return [
      {
        state: 'todo',
        what: 'history of Case.Status, which tells us of changes',
        mend: 'Setup › Object Manager › Case › Fields & Relationships › Set History Tracking: tick Status (we cannot see whether it is)',
      },
    ]
  }
  if (callbackUrl === undefined) {
    return [{ state: 'failed', what: 'callouts to us', mend: 'set server.publicUrl' }]
  }
  const address = callbackUrl.replace(/[^/]*$/, '<the first of callbackSecrets>')
  return [
    {
      state: 'todo',
      what: `callouts to ${address}`,
      mend: 'make the named credential and the two flows as docs/adapters/salesforce.md says (we cannot see whether they are there)',
    },
  ]
}
