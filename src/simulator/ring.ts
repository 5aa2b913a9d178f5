/** Remembers the newest `keep` things, at a cost that does not grow with them. */
export type Ring<T> = {
  /** What had to go for it, once there are `keep` of them. */
  push(one: T): T | undefined
  /** Oldest first. */
  values(): T[]
}

export function createRing<T>(keep: number): Ring<T> {
  const places: T[] = []
  let next = 0
  return {
    push(one) {
      if (places.length < keep) {
        places.push(one)
        return undefined
      }
      const gone = places[next]
      places[next] = one
      next = (next + 1) % keep
      return gone
    },
    values: () => [...places.slice(next), ...places.slice(0, next)],
  }
}
