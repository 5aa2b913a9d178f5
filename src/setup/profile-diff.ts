import { isDeepStrictEqual } from 'node:util'
import type { Held, ProfileProperties, PropertyName } from './profile-properties.ts'
import { propertyNames } from './profile-properties.ts'

export interface ProfileDiff {
  /** What is to be written. */
  set: PropertyName[]
  /** What Meta holds and the config does not name. */
  extra: PropertyName[]
  /** For people: what goes (`-`) and what comes (`+`), each with its property and locale. */
  lines: string[]
}

/** What has to be written to get from what Meta holds to what the config wants. */
export function diffProfile(wanted: ProfileProperties, held: Held): ProfileDiff {
  const set = propertyNames.filter(
    (name) => wanted[name] !== undefined && !isDeepStrictEqual(wanted[name], held.properties[name]),
  )
  const extra = held.names.filter((name) => wanted[name] === undefined)
  const lines = set.flatMap((name) => {
    const unreadable = held.names.includes(name) && held.properties[name] === undefined
    const was = unreadable ? ['(something that this version does not know)'] : describe(held.properties, name)
    const will = describe(wanted, name)
    return [
      `  ${name}`,
      ...was.filter((line) => !will.includes(line)).map((line) => `    - ${line}`),
      ...will.filter((line) => !was.includes(line)).map((line) => `    + ${line}`),
    ]
  })
  return { set, extra, lines }
}

/** One line for each thing that a person sees. */
function describe(properties: ProfileProperties, name: PropertyName): string[] {
  switch (name) {
    case 'get_started':
      return properties.get_started ? [`payload ${properties.get_started.payload}`] : []
    case 'greeting':
      return (properties.greeting ?? []).map(({ locale, text }) => `${locale}: ${text}`)
    case 'ice_breakers':
      return (properties.ice_breakers ?? []).flatMap(({ locale, call_to_actions }) =>
        call_to_actions.map(({ question, payload }, at) => `${locale} ${at + 1}: ${question} → ${payload}`),
      )
    case 'persistent_menu':
      return (properties.persistent_menu ?? []).flatMap(({ locale, call_to_actions, ...menu }) => [
        ...(menu.composer_input_disabled ? [`${locale}: people cannot write, only choose`] : []),
        ...call_to_actions.map(
          (item, at) =>
            `${locale} ${at + 1}: ${item.title} → ${item.type === 'postback' ? item.payload : item.url}`,
        ),
      ])
    case 'commands':
      return (properties.commands ?? []).flatMap(({ locale, commands }) =>
        commands.map((command) => `${locale} /${command.name}: ${command.description}`),
      )
  }
}
