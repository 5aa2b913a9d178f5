/** Something that each Page has one of, made when it is first asked for. */
export function perPage<T>(make: () => T): (page: { id: string }) => T {
  const byId = new Map<string, T>()
  return ({ id }) => {
    const known = byId.get(id)
    if (known !== undefined) return known
    const made = make()
    byId.set(id, made)
    return made
  }
}
