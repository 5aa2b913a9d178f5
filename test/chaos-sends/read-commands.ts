/** What the worker tells Redis, where it matters here. Reads the wire, so it knows scripts by their keys. */

export type Told =
  | { what: 'save'; lane: string; seq: string; progress: Progress }
  /** Its head is over: done, stopped after it, or dead. */
  | { what: 'pop'; lane: string; seq: string }
  | { what: 'note'; reply: string; part: number; proof: 'answer' | 'echo' }
  | { what: 'repeat'; reply: string }

export interface Progress {
  done: number
  state: 'idle' | 'sending'
}

const perLane = 6

/** All that one command tells; nothing for most. */
export function readCommand(words: readonly string[]): Told[] {
  switch (words[0]?.toLowerCase()) {
    case 'eval':
    case 'evalsha':
      return words[3]?.endsWith(':dirty') ? readCommit(words) : readNotes(words)
    case 'hset':
      return readRepeat(words)
    default:
      return []
  }
}

/** COMMIT's keys are dirty, dead, then three per lane; after three settings its arguments are six per lane. */
function readCommit(words: readonly string[]): Told[] {
  const keys = Number(words[2])
  if (!words[4]?.endsWith(':dead')) return []
  const told: Told[] = []
  for (let at = 3 + keys + 3; at + perLane <= words.length; at += perLane) {
    const [lane = '', , seq = '', verdict, progress = ''] = words.slice(at, at + perLane)
    if (!lane.startsWith('out:')) continue
    if (verdict === 'save') told.push({ what: 'save', lane, seq, progress: JSON.parse(progress) as Progress })
    else if (verdict === 'done' || verdict === 'stop' || verdict === 'dead')
      told.push({ what: 'pop', lane, seq })
  }
  return told
}

/** What was sent: the keys of the replies, and in the same order the fields of their parts. */
function readNotes(words: readonly string[]): Told[] {
  const keys = Number(words[2])
  const replies = words.slice(3, 3 + keys).flatMap((key) => replyOf(key) ?? [])
  const fields = words.slice(3 + keys).flatMap((word) => {
    const [, proof, part] = /^(mid|echo):(\d+)$/.exec(word) ?? []
    return part === undefined
      ? []
      : [{ proof: proof === 'mid' ? 'answer' : 'echo', part: Number(part) } as const]
  })
  if (fields.length === 0) return []
  if (fields.length !== replies.length) throw new Error('the script that notes what was sent has changed')
  return fields.map((field, at) => ({ what: 'note', reply: replies[at]!, ...field }))
}

function readRepeat([, key = '', ...fields]: readonly string[]): Told[] {
  const reply = replyOf(key)
  const at = fields.indexOf('possibleRepeat')
  return reply !== undefined && fields[at + 1] === 'true' && at !== -1 ? [{ what: 'repeat', reply }] : []
}

function replyOf(key: string): string | undefined {
  return /:reply:(rpl_[\w-]{22})$/.exec(key)?.[1]
}
