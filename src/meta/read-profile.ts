import type { Channel } from '../domain/conversation.ts'
import type { Customer, MoreProfileField } from '../domain/customer.ts'

const fields: Readonly<Record<Channel, string>> = {
  messenger: 'first_name,last_name,profile_pic,name',
  instagram: 'name,username,profile_pic',
}

/** `fields` of a question for a person's profile. The further ones are Messenger's alone. */
export function profileFields(channel: Channel, more: readonly MoreProfileField[] = []): string {
  return [fields[channel], ...(channel === 'messenger' ? more : [])].join(',')
}

/** Undefined when Meta tells nothing, as it does of everybody while the app may not read profiles. */
export function readProfile(body: unknown): Customer | undefined {
  const told = typeof body === 'object' && body !== null ? body : {}
  const text = (field: string): string | null => {
    const value: unknown = Reflect.get(told, field)
    return typeof value === 'string' && value.trim() !== '' ? value.slice(0, longest) : null
  }
  const timezone: unknown = Reflect.get(told, 'timezone')
  const customer: Customer = {
    name: text('name'),
    firstName: text('first_name'),
    lastName: text('last_name'),
    username: text('username'),
    pictureUrl: text('profile_pic'),
    locale: text('locale'),
    timezone: typeof timezone === 'number' ? timezone : null,
    gender: text('gender'),
  }
  return Object.values(customer).every((value) => value === null) ? undefined : customer
}

/** Of one field, characters: links to pictures are the longest. */
const longest = 2000
