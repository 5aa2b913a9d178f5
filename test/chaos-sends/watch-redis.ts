import type { Redis } from 'ioredis'
import { laneKeys } from '../../src/lanes/keys.ts'
import { readCommand } from './read-commands.ts'
import type { Told } from './read-commands.ts'
import type { Gate } from './redis-gate.ts'
import type { Targets } from './targets.ts'
import type { Wire } from './wire.ts'

/** Notes what the worker tells Redis of replies, and holds it where a target is to be held. */
export function watchRedis(deps: {
  /** Straight to Redis. */
  redis: Redis
  prefix: string
  wire: Wire
  targets: Targets
}): (words: string[]) => Gate | Promise<Gate> {
  const { redis, wire, targets } = deps
  const { items } = laneKeys(deps.prefix, 0)
  const replyOf = new Map<string, string>()

  /** Whose head it is. The head can be no other: only this command could remove it. */
  async function learn(told: readonly Told[]): Promise<void> {
    for (const one of told) {
      if (!('seq' in one) || replyOf.has(one.seq)) continue
      const head = await redis.lindex(items(one.lane), 0)
      const [, seq, payload] = /^(\d+):\d+:(.*)$/s.exec(head ?? '') ?? []
      // Another head: the lease is lost, and Redis will refuse what this says.
      if (seq === one.seq && payload !== undefined) {
        replyOf.set(seq, (JSON.parse(payload) as { id: string }).id)
      }
    }
  }

  function isHeldBefore(one: Told): boolean {
    if (one.what === 'note') return one.proof === 'answer' && targets.holds('answered', one.reply, one.part)
    const reply = 'seq' in one ? replyOf.get(one.seq) : undefined
    if (reply === undefined) return false
    if (one.what === 'pop') return targets.holds('before commit', reply, null)
    return (
      one.what === 'save' &&
      one.progress.state === 'sending' &&
      targets.holds('before', reply, one.progress.done)
    )
  }

  /** Notes it; true when its answer is to be held. */
  function pass(one: Told): boolean {
    if (one.what === 'repeat') wire.note('repeat told', one.reply)
    if (one.what === 'note') {
      wire.note(one.proof === 'answer' ? 'noted' : 'echoed', one.reply, one.part)
      return one.proof === 'answer' && targets.holds('noted', one.reply, one.part)
    }
    const reply = 'seq' in one ? replyOf.get(one.seq) : undefined
    if (reply === undefined) return false
    if (one.what === 'pop') {
      wire.note('popped', reply)
      targets.passed(reply)
    }
    if (one.what !== 'save') return false
    const { state, done } = one.progress
    wire.note(state === 'sending' ? 'marked' : 'released', reply, done)
    return state === 'sending' && targets.holds('marked', reply, done)
  }

  function decide(told: readonly Told[]): Gate {
    if (told.some(isHeldBefore)) return 'hold'
    // All of them are noted, also behind one that is held.
    return told.filter(pass).length > 0 ? 'hold answer' : 'pass'
  }

  return (words) => {
    const told = readCommand(words)
    if (told.length === 0) return 'pass'
    return told.some((one) => 'seq' in one && !replyOf.has(one.seq))
      ? learn(told).then(() => decide(told))
      : decide(told)
  }
}
