/** What one check found. Never holds a secret, a text of a person's or a full PSID. */
export interface Finding {
  /** Stable name, for those who read the report by machine: `page.token`. */
  check: string
  level: 'ok' | 'warning' | 'fault'
  /** What is, in one or two sentences. */
  message: string
  /** How to mend it, in words. */
  remedy?: string
  /** What to type. */
  commands?: string[]
}

export interface Section {
  title: string
  findings: Finding[]
}

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message }
}

type Mending = Pick<Finding, 'remedy' | 'commands'>

export function warning(check: string, message: string, mending: Mending = {}): Finding {
  return { check, level: 'warning', message, ...mending }
}

export function fault(check: string, message: string, mending: Mending = {}): Finding {
  return { check, level: 'fault', message, ...mending }
}

const indent = ' '.repeat(11)

export function sectionLines(section: Section): string[] {
  return [section.title, ...section.findings.flatMap(findingLines), ''].map(printable)
}

function findingLines({ level, message, remedy, commands = [] }: Finding): string[] {
  return [
    `  ${level.padEnd(7)}  ${message}`,
    ...(remedy === undefined ? [] : [`${indent}${remedy}`]),
    ...commands.map((command) => `${indent}$ ${command}`),
  ]
}

/** `1 fault`, `3 faults` */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

export function count(sections: Section[], level: Finding['level']): number {
  return sections.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length
}

/** `1 fault, 2 warnings, 14 ok` */
export function summary(sections: Section[]): string {
  const part = (level: 'warning' | 'fault') => {
    const found = count(sections, level)
    return found === 0 ? `no ${level}s` : counted(found, level)
  }
  return `${part('fault')}, ${part('warning')}, ${count(sections, 'ok')} ok`
}

/** Names and URLs come from Meta and could hold what moves a terminal's cursor. */
export function printable(text: string): string {
  return text.replaceAll('\n', ' ⏎ ').replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '�')
}

/** A moment for people, to the second: `2026-11-23 06:10:00 UTC`. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** A moment for a command line: no blank in it. */
export function isoMoment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** `3 h`, `20 min`, `5 days`: to two digits or so, as people say it. */
export function span(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`
  if (minutes < 120) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`
}
