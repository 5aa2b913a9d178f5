import { z } from 'zod'
import type { GraphCall } from '../meta/graph-client.ts'
import type { WebhookFields } from '../meta/subscribed-fields.ts'
import { askGraph } from './ask-graph.ts'
import type { Refusal } from './ask-graph.ts'
import { listed } from './check-app.ts'
import { commandLine } from './deps.ts'
import type { SetupDeps } from './deps.ts'
import { missingFields } from './subscriptions.ts'

export interface SubscribeOptions {
  /** Only say what would change. */
  dryRun: boolean
  /** Ask for exactly our fields, also where that drops others. */
  exact: boolean
}

const takenSchema = z.looseObject({ success: z.literal([true, 'true']) })

/** What is subscribed, what is wanted, and the call that gets from one to the other. */
export interface Change {
  title: string
  fields: WebhookFields
  /** Null when nothing is subscribed yet. */
  have: string[] | null
  /** Subscribed, but elsewhere or switched off. */
  isOff: boolean
  set: (fields: string[]) => GraphCall
}

/**
 * From what is to what is wanted, if there is a difference, and says what changed. Fields that somebody else
 * subscribed stay, unless `exact`. True when it stands as it should.
 */
export async function bringFields(
  change: Change,
  options: SubscribeOptions,
  deps: SetupDeps,
): Promise<boolean> {
  const { title, fields, have, isOff } = change
  const missing = missingFields(fields, have)
  const added = [...missing.required, ...missing.useful]
  const wanted = [...fields.required, ...fields.useful]
  const dropped = options.exact ? (have ?? []).filter((field) => !wanted.includes(field)) : []
  if (added.length === 0 && dropped.length === 0 && !isOff) {
    deps.print(`${title}: nothing to do, all fields are subscribed.`)
    return true
  }
  if (added.length > 0) deps.print(`${title}: + ${listed(added)}`)
  if (dropped.length > 0) deps.print(`${title}: - ${listed(dropped)}`)
  if (options.dryRun) return true
  const kept = (have ?? []).filter((field) => !dropped.includes(field))
  deps.progress.show(`subscribing ${title}`)
  const answer = await widest(change, kept, missing, deps)
  deps.progress.clear()
  if (!answer.ok) return notSubscribed(title, answer, deps)
  for (const { field, refusal } of answer.refused) {
    deps.print(`${title}: Meta does not give ${field}. ${refusal.message} ${refusal.remedy}`)
  }
  deps.print(`${title}: subscribed.`)
  return true
}

type Widest = { ok: true; refused: { field: string; refusal: Refusal }[] } | Refusal

/** All fields in one call; where Meta refuses that for one of them, all that it does give. */
async function widest(
  { set }: Change,
  kept: string[],
  { required, useful }: { required: string[]; useful: string[] },
  deps: SetupDeps,
): Promise<Widest> {
  const attempt = (names: string[]) => askGraph(deps.graph, set(names), takenSchema, deps.signal)
  const taken = [...kept, ...required]
  const all = await attempt([...taken, ...useful])
  if (all.ok) return { ok: true, refused: [] }
  // 2200: the callback could not be verified, which no choice of fields will change.
  if (useful.length === 0 || all.passing || all.code === null || all.code === 190 || all.code === 2200)
    return all
  if (taken.length > 0) {
    const least = await attempt(taken)
    if (!least.ok) return least
  }
  const refused: { field: string; refusal: Refusal }[] = []
  for (const field of useful) {
    const answer = await attempt([...taken, field])
    if (answer.ok) taken.push(field)
    else refused.push({ field, refusal: answer })
  }
  return taken.length === 0 ? all : { ok: true, refused }
}

/** Says that it stays as it is, and why. */
export function notSubscribed(title: string, refusal: Refusal, deps: SetupDeps): false {
  deps.print(`${title}: not subscribed. ${refusal.message}`)
  deps.print(`  ${refusal.remedy}`)
  deps.print(`  $ ${commandLine('doctor')}`)
  return false
}
