/** What Meta tells of a person, as far as it does. */
export interface Customer {
  name: string | null
  firstName: string | null
  lastName: string | null
  /** On Instagram. */
  username: string | null
  /** Meta's own link, which expires. */
  pictureUrl: string | null
  /** Such as `en_US`. */
  locale: string | null
  /** Hours from UTC. */
  timezone: number | null
  gender: string | null
}

/** What a person may be asked about beyond their name and picture; each takes a permission of its own. */
export type MoreProfileField = 'locale' | 'timezone' | 'gender'

/** What notes call them. */
export function callName({ firstName, name, username }: Customer): string | undefined {
  return firstName ?? name ?? username ?? undefined
}
