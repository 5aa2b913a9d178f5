import { setTimeout as wait } from 'node:timers/promises'
import { maskConversation } from '../../src/domain/conversation.ts'
import { laneKeys, laneName } from '../../src/lanes/keys.ts'
import { readProgress } from '../../src/routing/reply-progress.ts'
import type { Target } from './targets.ts'
import { prefix } from './settings.ts'
import type { World } from './world.ts'

/**
 * Was the worker really at that step? Asks Redis, the wires and the worker's own log, and answers what speaks against
 * it, or undefined. Asked for a moment when `patienceMs` is given: Redis may still have to execute what it was given.
 */
export async function refute(world: World, target: Target, patienceMs = 0): Promise<string | undefined> {
  const until = Date.now() + patienceMs
  for (;;) {
    const why = await look(world, target)
    if (why === undefined || Date.now() >= until) return why
    await wait(2)
  }
}

async function look(world: World, target: Target): Promise<string | undefined> {
  const { step, part, reply, conversation } = target
  const { redis, wire } = world
  const keys = laneKeys(prefix, 0)
  const lane = laneName('out', conversation.id)
  const [[head, text], item, record, log] = await Promise.all([
    redis.hmget(keys.state(lane), 'head', 'progress') as Promise<[string | null, string | null]>,
    redis.lindex(keys.items(lane), 0),
    redis.hgetall(`${prefix}:reply:${reply}`),
    world.workerLog(),
  ])
  if (head === null || item?.startsWith(`${head}:`) !== true || !item.includes(reply)) {
    return 'its head is not claimed'
  }
  const { done, state } = readProgress({ progress: text ?? '' })
  const isMarked = done === part && state === 'sending'
  const happened = new Set(
    wire
      .of(reply)
      .filter((one) => one.life === wire.life && one.part === part)
      .map((one) => one.kind),
  )
  const where = maskConversation(conversation.id)
  const wasLogged = (stage: string, field: string) =>
    log.split('\n').some((line) => line.includes(`"stage":"${stage}"`) && line.includes(field))
  if (!wasLogged('drain', `"lane":"${laneName('out', where)}"`)) return 'this worker logged no drain of it'
  const isSendLogged = () => wasLogged('send', `"conversation":"${where}"`)

  switch (step) {
    case 'before':
      // On the second send the mark of the first is there still.
      if (isMarked && happened.has('marked')) return 'it was marked'
      return happened.has('requested') ? 'it was requested' : undefined
    case 'marked':
      if (!isMarked) return 'it was not marked'
      return happened.has('requested') ? 'it was requested' : undefined
    case 'written':
      if (!isMarked || !happened.has('requested')) return 'it was not requested'
      return happened.has('taken') ? 'it was taken' : undefined
    case 'answer lost':
      if (!isMarked || !happened.has('taken')) return 'it was not taken'
      return happened.has('answered') ? 'it was answered' : undefined
    case 'answered':
      if (!isMarked || !happened.has('answered')) return 'it was not answered'
      if (!isSendLogged()) return 'this worker logged no send of it'
      return record[`mid:${part}`] === undefined ? undefined : 'it was noted'
    case 'noted':
    case 'before commit':
      if (!isMarked) return 'the lane has gone on'
      if (!isSendLogged()) return 'this worker logged no send of it'
      return record[`mid:${part}`] === undefined ? 'it was not noted' : undefined
  }
}
