import { setTimeout as wait } from 'node:timers/promises'
import type { Conversation } from './cast.ts'
import type { PlannedKill } from './plan.ts'
import type { Step } from './scenario.ts'

/** A reply that is held at a step, so that the worker can be killed exactly there. */
export interface Target {
  planned: PlannedKill
  /** How often it was planned before and not hit. */
  tries: number
  conversation: Conversation
  reply: string
  part: number
  step: Step
  /** The worker was killed at it before, and is to be once more when it is sent again, which is not before this, ms. */
  dueAt: number | null
}

export interface Targets {
  arm(target: Target): void
  disarm(target: Target): void
  readonly armed: readonly Target[]
  /** While it is false nothing is held, and whoever comes to its step passes. */
  mayHold: boolean
  /**
   * Asked by the gates at each step of each part; true: it is to be held there. A null part is what concerns the whole
   * reply.
   */
  holds(step: Step, reply: string, part: number | null): boolean
  /** The reply is over, and was not held. */
  passed(reply: string): void
  /** Takes those that are held now. */
  takeHeld(): Target[]
  /** Takes those that can be held no more. */
  takePassed(): Target[]
  /** Resolves with true when one is held or has passed, and with false after `ms` or when it is aborted. */
  news(ms: number, signal: AbortSignal): Promise<boolean>
}

export function targets(): Targets {
  let armed: Target[] = []
  let held: Target[] = []
  let gone: Target[] = []
  let wake: (() => void) | undefined

  function move(fits: (one: Target) => boolean, to: Target[]): boolean {
    const found = armed.filter(fits)
    if (found.length === 0) return false
    armed = armed.filter((one) => !found.includes(one))
    to.push(...found)
    wake?.()
    return true
  }

  const self: Targets = {
    mayHold: false,
    arm: (target) => void armed.push(target),
    disarm: (target) => void (armed = armed.filter((one) => one !== target)),
    get armed() {
      return armed
    },
    holds: (step, reply, part) =>
      self.mayHold &&
      move((one) => one.step === step && one.reply === reply && one.part === (part ?? one.part), held),
    passed: (reply) => void move((one) => one.reply === reply, gone),
    takeHeld() {
      const taken = held
      held = []
      return taken
    },
    takePassed() {
      const taken = gone
      gone = []
      return taken
    },
    async news(ms, signal) {
      if (held.length + gone.length > 0) return true
      const over = new AbortController()
      wake = () => over.abort()
      await wait(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => undefined)
      return over.signal.aborted
    },
  }
  return self
}
