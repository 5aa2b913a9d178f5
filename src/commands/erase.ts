import type { Erasure, EraseRequest } from '../domain/erasure.ts'
import { parseConversationId } from '../domain/conversation.ts'
import { configOf } from './command-deps.ts'
import type { CommandDeps } from './command-deps.ts'
import { exit, mistake, readArguments } from './read-arguments.ts'

export const eraseHelp = `deskbridge erase: erase everything that is kept of a customer

  node src/main.ts erase --customer <pageId:psid> [--deletion <code>] [--forget-stop]

  --customer     the id of their conversation
  --deletion     the confirmation code of the request that this fulfils; with the last of the person's conversations
  --forget-stop  forget, too, that they said STOP; otherwise that is kept under a hash of their id

It waits until workers have split what came before, and until Redis has written its files anew. What arrives later starts
afresh. Exit code 0: nothing is left here. 1: something is; it says what, and doing it again finishes it.`

export interface EraseTools {
  /** Undefined when no request has this code. */
  deletion: (code: string) => Promise<object | undefined>
  erase: (request: EraseRequest) => Promise<Erasure>
}

export async function runErase(args: string[], deps: CommandDeps<EraseTools>): Promise<number> {
  const { print } = deps
  const options = {
    customer: { type: 'string' },
    deletion: { type: 'string' },
    'forget-stop': { type: 'boolean' },
  } as const
  const values = readArguments(args, options, eraseHelp, print)
  if (typeof values === 'number') return values
  const { customer: customerId, deletion: deletionCode = null } = values
  if (customerId === undefined) return mistake('--customer is missing', eraseHelp, print)
  // The Page need not be in the config any more: what is kept of its people must go nevertheless.
  if (parseConversationId(customerId)?.psid == null) {
    return mistake('a customer is <pageId>:<psid>', eraseHelp, print)
  }
  const config = configOf(deps)
  if (config === undefined) return exit.faults
  const tools = deps.open(config)
  if (deletionCode !== null && (await tools.deletion(deletionCode)) === undefined) {
    return mistake('no request has this code, or it is older than requests are kept', eraseHelp, print)
  }
  const keepSuppression = values['forget-stop'] !== true
  const erasure = await tools.erase({ customerId, keepSuppression, deletionCode })
  for (const line of reportOf(erasure)) print(line)
  return erasure.complete ? exit.done : exit.faults
}

/** Without the person's id: what a terminal shows may be kept. */
function reportOf({ erased, suppressed, disk, remaining, elsewhere, complete }: Erasure): string[] {
  const counts = Object.entries({
    'waiting events and replies': erased.waiting,
    'dead letters': erased.deadLetters,
    'unreadable deliveries': erased.deliveries,
    'records of replies': erased.replies,
    'inbox messages': erased.inboxMessages,
    'copies of files': erased.attachments,
    'other records': erased.records,
  })
  return [
    `Erased: ${counts.map(([what, count]) => `${count} ${what}`).join(', ')}.`,
    ...(suppressed ? ['Kept, under a hash: that they had said STOP or taken a consent back.'] : []),
    ...(disk.aof === 'rewritten' ? ['Redis has written its append-only file anew.'] : []),
    ...(disk.rdb === 'saved' ? ['Redis has written its snapshot anew.'] : []),
    ...(disk.replicas > 0
      ? [`${disk.replicas} replicas keep files of their own: run BGREWRITEAOF on each.`]
      : []),
    ...elsewhere.map(({ helpdesk, ticket }) => {
      const where = ticket === null ? 'search there for this customer' : `ticket ${ticket}`
      return `Not ours to erase: the helpdesk "${helpdesk}" has a copy (${where}).`
    }),
    ...remaining.map(({ message }) => `Left: ${message}.`),
    complete ? 'Nothing is left here.' : 'Not finished.',
  ]
}
