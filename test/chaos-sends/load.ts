import { seeded } from '../chaos/random.ts'
import type { Random } from '../chaos/random.ts'
import { castConversations } from './cast.ts'
import type { Conversation } from './cast.ts'
import { messageKinds, say } from './messages.ts'
import type { MessageKind, Said } from './messages.ts'
import type { PlannedKill } from './plan.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** A reply that was answered 202. */
export interface Accepted extends Said {
  id: string
  conversation: Conversation
  /** In the order of acceptance, over all. */
  number: number
  /** When it was accepted, ms since the epoch. */
  at: number
}

/** Says things over REST, and remembers them. */
export interface Load {
  conversations: readonly Conversation[]
  accepted: readonly Accepted[]
  /** Sends what a kill is planned for, and more to others, all at the same time. */
  begin(planned: PlannedKill, tries: number, to: Conversation): Promise<void>
}

export function load(scenario: Scenario, world: World): Load {
  const random = seeded(scenario.seed, 'load')
  const conversations = castConversations(scenario.conversationsPerPage)
  const accepted: Accepted[] = []
  let said = 0

  async function reply(
    to: Conversation,
    wanted: { kind: MessageKind; parts: number },
    before?: (id: string) => void,
  ): Promise<void> {
    const number = ++said
    const one = say(random, { ...wanted, channel: to.page.channel, number })
    const key = `${scenario.seed}-${number}`
    const id = world.service.idOf(key)
    before?.(id)
    await world.service.reply(to.id, key, one.body)
    accepted.push({ ...one, id, conversation: to, number, at: Date.now() })
  }

  async function target(planned: PlannedKill, tries: number, to: Conversation): Promise<void> {
    await reply(to, planned, (id) => {
      // Armed before it is accepted: it may leave at once.
      const { part, step } = planned
      world.targets.arm({ planned, tries, conversation: to, reply: id, part, step, dueAt: null })
      if (planned.lateMs > 0) world.webhooks.delay(id, planned.lateMs)
    })
    for (let more = 0; more < planned.followers; more++) await reply(to, anything(random))
  }

  async function begin(planned: PlannedKill, tries: number, to: Conversation): Promise<void> {
    const others = random.shuffle(conversations.filter((one) => one !== to)).slice(0, planned.companions)
    const all = [target(planned, tries, to), ...others.map((one) => reply(one, anything(random)))]
    if (others[0]) {
      // And people write, so that the worker has more to do than to send.
      const { page, psid } = others[0]
      void world.simulator.write({ pageId: page.id, psid, text: `question ${said}` })
    }
    await Promise.all(all)
  }

  return { conversations, accepted, begin }
}

function anything(random: Random): { kind: MessageKind; parts: number } {
  return { kind: random.pick(messageKinds), parts: random.int(2, 3) }
}
