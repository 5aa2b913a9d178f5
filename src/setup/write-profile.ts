import { z } from 'zod'
import { pathOf } from '../meta/graph-client.ts'
import type { GraphCall } from '../meta/graph-client.ts'
import { findAccount } from './account.ts'
import { askGraph } from './ask-graph.ts'
import type { Asked, Refusal } from './ask-graph.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import { diffProfile } from './profile-diff.ts'
import { heldProperties, profileAnswer, propertyNames, wantedProperties } from './profile-properties.ts'
import type { PropertyName } from './profile-properties.ts'

export interface ProfileOptions {
  /** Only say what would change. */
  dryRun: boolean
  /** Remove what Meta holds and the config does not name. */
  exact: boolean
}

/** `ice_breakers` once answered `{ success: "true" }` where the others answer `{ result: "success" }`. */
const takenSchema = z.union([
  z.looseObject({ result: z.literal('success') }),
  z.looseObject({ success: z.literal([true, 'true']) }),
])

/**
 * Brings the Messenger profiles of the Pages to what the config says, and says what changed. Writes only what differs:
 * one call to read, one to write and one to remove, of the ten that Meta allows in ten minutes. Idempotent.
 * True when every Page stands as it should.
 */
export async function writeProfiles(
  pages: ConfiguredPage[],
  options: ProfileOptions,
  deps: SetupDeps,
): Promise<boolean> {
  const results: boolean[] = []
  for (const page of pages) {
    if (deps.signal.aborted) return false
    results.push(await writeProfile(page, options, deps))
  }
  return results.every(Boolean)
}

async function writeProfile(
  page: ConfiguredPage,
  options: ProfileOptions,
  deps: SetupDeps,
): Promise<boolean> {
  const title = `${page.name} (${page.id})`
  if (page.profile === undefined) {
    deps.print(`${title}: has no profile in the config; left as it is.`)
    return true
  }
  deps.progress.show(`reading the profile of ${title}`)
  const found = await findAccount(page, deps)
  const path = pathOf(found.ok ? found.account.nodeId : page.id, 'messenger_profile')
  const call = (more: Omit<GraphCall, 'path' | 'accessToken'>): GraphCall => ({
    ...more,
    path,
    accessToken: page.accessToken,
    query: { ...more.query, ...(page.channel === 'instagram' ? { platform: 'instagram' } : {}) },
  })
  const read = call({ method: 'GET', query: { fields: propertyNames.join(',') } })
  const answer = found.ok ? await askGraph(deps.graph, read, profileAnswer, deps.signal) : found
  deps.progress.clear()
  if (!answer.ok) return failed(title, 'could not be read', answer, deps)

  const wanted = wantedProperties(page.profile)
  const { set, extra, lines } = diffProfile(wanted, heldProperties(answer.body))
  const removed = options.exact ? extra : []
  if (set.length === 0 && removed.length === 0)
    deps.print(`${title}: nothing to do, the profile is as it should be.`)
  else deps.print(`${title}:`)
  for (const line of lines) deps.print(line)
  for (const name of removed) {
    deps.print(`  ${name}`)
    deps.print('    - all of it')
  }
  if (extra.length > 0 && !options.exact) {
    deps.print(`  left as it is, since the config does not name it: ${extra.join(', ')} (--exact removes it)`)
  }
  if (options.dryRun || (set.length === 0 && removed.length === 0)) return true

  const change = async (more: Omit<GraphCall, 'path' | 'accessToken'>) =>
    askGraph(deps.graph, call(more), takenSchema, deps.signal)
  deps.progress.show(`writing the profile of ${title}`)
  const written = await write(wanted, set, removed, change)
  deps.progress.clear()
  if (!written.ok) return failed(title, 'was not written', written, deps)
  const slow = [...set, ...removed].includes('persistent_menu')
    ? ' A menu may take a day to show everywhere.'
    : ''
  deps.print(`  written.${slow}`)
  return true
}

type Change = (more: Omit<GraphCall, 'path' | 'accessToken'>) => Promise<Asked<unknown>>

async function write(
  wanted: ReturnType<typeof wantedProperties>,
  set: PropertyName[],
  removed: PropertyName[],
  change: Change,
): Promise<Asked<unknown>> {
  if (removed.length > 0) {
    const gone = await change({ method: 'DELETE', body: { fields: removed } })
    if (!gone.ok) return gone
  }
  if (set.length === 0) return { ok: true, body: null }
  const body = Object.fromEntries(set.map((name) => [name, wanted[name]]))
  return change({ method: 'POST', body })
}

function failed(title: string, what: string, refusal: Refusal, deps: SetupDeps): false {
  deps.print(`${title}: the profile ${what}. ${refusal.message}`)
  deps.print(`  ${remedy(refusal)}`)
  return false
}

function remedy({ code, remedy }: Refusal): string {
  const isThrottled = code !== null && [4, 17, 32, 341, 613, 80001, 80002, 80006].includes(code)
  return isThrottled ? 'Meta takes ten such calls in ten minutes: wait, and run this again.' : remedy
}
