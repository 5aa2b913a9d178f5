import { hash } from 'node:crypto'

/** Chance with a memory: the same seed gives the same sequence, so that a red run can be run again. */
export interface Random {
  /** 0 <= n < 1 */
  next(): number
  /** A whole number, both ends included. */
  int(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: T[]): T[]
}

/** One seed for the run, one name per use: more load must not change the faults. */
export function seeded(seed: number, name: string): Random {
  let state = parseInt(hash('sha256', `${seed}|${name}`).slice(0, 8), 16)

  // mulberry32: small, and good enough to choose what breaks.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick(list) {
      const picked = list[int(0, list.length - 1)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    shuffle(list) {
      for (let at = list.length - 1; at > 0; at--) {
        const other = int(0, at)
        ;[list[at], list[other]] = [list[other]!, list[at]!]
      }
      return list
    },
  }
}
