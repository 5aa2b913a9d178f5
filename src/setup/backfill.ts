import { maskConversation } from '../domain/conversation.ts'
import { findAccount } from './account.ts'
import type { Account } from './account.ts'
import type { Asked, Refusal } from './ask-graph.ts'
import { newest, tellBackfill } from './backfill-report.ts'
import type { BackfillOptions, Tally } from './backfill-report.ts'
import { listConversations, listMessages, readMessage } from './conversations.ts'
import type { Listed, ListPage, StoredMessage } from './conversations.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import { pacedGraph } from './pace.ts'
import type { Pause } from './pace.ts'
import { counted, moment, span } from './report.ts'
import { candidateOf, syntheticDelivery, syntheticEvents } from './synthetic-delivery.ts'
import type { Candidate } from './synthetic-delivery.ts'

export interface BackfillDeps extends SetupDeps {
  /** Gives a delivery to the journal, as the webhook does; resolves when it is durable. */
  journal: (body: Buffer, receivedAt: number) => Promise<void>
  /** The mids of those that were received before, or that we sent ourselves. */
  known: (candidates: Candidate[]) => Promise<ReadonlySet<string>>
  pause: Pause
  /** Between two calls, ms. Meta allows two a second for each Page. */
  everyMs: number
}

const listLimit = 100
/** Before the next try of a call that Meta refused for the moment, ms. */
const waits = [2000, 5000, 15_000, 30_000]
/** When Meta wants to be left alone for longer than this, ms, somebody should come back later. */
const patienceMs = 5 * 60_000

/** Ends the whole backfill: what Graph said will be said of every call. */
class BackfillStopped extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/**
 * Gets what was written to a Page since a time from the Conversations API, and gives it to the journal as if Meta had
 * delivered it. Messages that were received before are recognised by their mid when the delivery is split, so it may be
 * run again, also after it was interrupted. True when everything that Meta still tells was got.
 */
export async function backfill(
  page: ConfiguredPage,
  options: BackfillOptions,
  given: BackfillDeps,
): Promise<boolean> {
  const { print, progress, now, pause, everyMs } = given
  const deps = { ...given, graph: pacedGraph(given.graph, { everyMs, now, pause }) }
  const ago = span(now() - options.since)
  print(`Backfill of ${page.name} (${page.id}) since ${moment(options.since)} (${ago}).`)
  const tally: Tally = { conversations: 0, messages: 0, known: 0, tooOld: [], unreadable: 0, failed: 0 }
  let found: Listed[] = []
  let stopped: Refusal | undefined
  try {
    const account = await accountOf(page, deps)
    found = await conversationsSince(page, account, options.since, deps)
    for (const conversation of found) {
      progress.show(
        `conversation ${tally.conversations + tally.failed + 1} of ${found.length}, ${counted(tally.messages, 'new message')}`,
      )
      await backfillConversation(page, account, conversation, options, deps, tally)
    }
  } catch (error) {
    if (!(error instanceof BackfillStopped)) throw error
    // Whoever interrupted it knows why the call that was under way got no answer.
    stopped = deps.signal.aborted ? undefined : error.refusal
  } finally {
    progress.clear()
  }
  return tellBackfill(page, options, found.length, tally, stopped, deps)
}

async function accountOf(page: ConfiguredPage, deps: BackfillDeps): Promise<Account> {
  const found = await findAccount(page, deps)
  if (!found.ok) throw new BackfillStopped(found)
  return found.account
}

/** Graph lists the newest first; a whole part that is older ends the search. */
async function conversationsSince(
  page: ConfiguredPage,
  account: Account,
  since: number,
  deps: BackfillDeps,
): Promise<Listed[]> {
  const found: Listed[] = []
  let after: string | null = null
  do {
    deps.progress.show(`looking for conversations: ${found.length}`)
    const part: { after: string | null; limit: number } = { after, limit: listLimit }
    const answer: Asked<ListPage> = await patiently(() => listConversations(page, account, part, deps), deps)
    if (!answer.ok) throw new BackfillStopped(answer)
    const inTime = answer.body.items.filter(({ at }) => at === null || at >= since)
    found.push(...inTime)
    after = inTime.length === 0 ? null : answer.body.after
  } while (after !== null && !deps.signal.aborted)
  return found
}

async function backfillConversation(
  page: ConfiguredPage,
  account: Account,
  { id }: Listed,
  { since, dryRun }: BackfillOptions,
  deps: BackfillDeps,
  tally: Tally,
): Promise<void> {
  const listed = await patiently(() => listMessages(page, id, deps), deps)
  if (!listed.ok) return countFailure(listed, tally)
  const inTime = listed.body.items.filter(({ at }) => at === null || at >= since)
  const told = inTime.filter((one) => listed.body.items.indexOf(one) < newest)
  let beyond = inTime.length - told.length
  // All that was listed is in time, and there is more: how much more, Meta does not say.
  if (inTime.length === listed.body.items.length && listed.body.after !== null) beyond += 1

  const messages: StoredMessage[] = []
  for (const { id: mid } of told) {
    const answer = await patiently(() => readMessage(page, mid, deps), deps)
    if (deps.signal.aborted) return
    if (answer.ok) messages.push(answer.body)
    else if (isGone(answer)) beyond += 1
    else return countFailure(answer, tally)
  }
  // Without a time in the list, only its details told how old a message is.
  const wanted = messages.filter(({ created_time }) => created_time == null || created_time >= since)
  const events = syntheticEvents(page, account, wanted)
  const candidates = events.map((event) => candidateOf(page, event))
  const known = await ofStore(deps.known(candidates))
  const fresh = events.filter(({ message }) => !known.has(message.mid))
  if (fresh.length > 0 && !dryRun) {
    const { body, receivedAt } = syntheticDelivery(page, fresh)
    await ofStore(deps.journal(body, receivedAt))
  }
  tally.conversations += 1
  tally.messages += fresh.length
  tally.known += events.length - fresh.length
  tally.unreadable += wanted.length - events.length
  const [one] = candidates
  const conversation = one === undefined ? `…${id.slice(-4)}` : maskConversation(one.conversationId)
  if (beyond > 0) tally.tooOld.push({ conversation, atLeast: beyond })
}

/** Without Redis nothing can be kept, and our own messages cannot be told from those of others. */
async function ofStore<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch {
    const message = 'Redis did not confirm what was given to it.'
    const remedy = 'What is wrong with it, this tells: node src/main.ts doctor'
    throw new BackfillStopped({
      ok: false,
      code: null,
      subcode: null,
      passing: true,
      regainMs: 0,
      message,
      remedy,
    })
  }
}

/** Deleted, or older than what Meta tells: it answers both alike. */
function isGone({ code, subcode }: Refusal): boolean {
  return code === 9000001 || subcode === 9000001 || (code === 100 && subcode === 33)
}

function countFailure(refusal: Refusal, tally: Tally): void {
  // A dead token or a missing permission will not be better for the next conversation.
  const isForAll = refusal.passing || (refusal.code !== null && refusal.code !== 100)
  if (isForAll) throw new BackfillStopped(refusal)
  tally.failed += 1
}

/** Again after a while, when Meta says that it passes. */
async function patiently<T>(ask: () => Promise<Asked<T>>, deps: BackfillDeps): Promise<Asked<T>> {
  let answer = await ask()
  for (const wait of waits) {
    if (answer.ok || !answer.passing || answer.regainMs > patienceMs || deps.signal.aborted) return answer
    const ms = Math.max(wait, answer.regainMs)
    deps.progress.show(`${answer.message} Trying again in ${span(ms)}.`)
    await deps.pause(ms, deps.signal)
    answer = await ask()
  }
  return answer
}
