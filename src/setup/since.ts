const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads `2h`, `90m`, `3d` as so long before now, and an ISO time such as 2026-11-23T06:10:00Z as itself; without a
 * zone it is UTC, as everything that is printed. Undefined when it is neither, or not in the past.
 */
export function readSince(text: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? []
  const at =
    count !== undefined && unit !== undefined ? now - Number(count) * (units[unit] ?? NaN) : readIso(text)
  return at < now ? at : undefined
}

function readIso(text: string): number {
  const shape = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/
  const [whole, zone] = shape.exec(text) ?? []
  if (whole === undefined) return NaN
  const utc = whole.length === 10 ? '' : zone === undefined ? 'Z' : ''
  return Date.parse(whole.replace(' ', 'T').replace(/([+-]\d\d)(\d\d)$/, '$1:$2') + utc)
}
