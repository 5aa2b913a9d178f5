/** How much of Meta's allowance is used up, as the answer to a call told it. */
export interface Usage {
  /** The highest of all percentages told; 100 and more means that Meta refuses. */
  percent: number
  /** How long Meta wants no calls at all, ms; 0 when it does not say so. */
  regainMs: number
}

const minuteMs = 60_000

/** Reads X-App-Usage, X-Page-Usage and X-Business-Use-Case-Usage; null when none is there or none can be read. */
export function readUsage(headers: Readonly<Record<string, string | string[] | undefined>>): Usage | null {
  const app = headers['x-app-usage']
  const page = headers['x-page-usage']
  const business = headers['x-business-use-case-usage']
  // Meta sends them only after enough calls, so mostly this is all there is to do.
  if (app === undefined && page === undefined && business === undefined) return null
  return highest([...parse(app), ...parse(page), ...parse(business).flatMap(useCases)].map(readOne))
}

/** A header that came twice is a list, and one that is no JSON object tells nothing. */
function parse(header: string | string[] | undefined): object[] {
  const texts = typeof header === 'string' ? [header] : (header ?? [])
  return texts.flatMap((text) => {
    try {
      const value: unknown = JSON.parse(text)
      return typeof value === 'object' && value !== null ? [value] : []
    } catch {
      // Their format is no contract; a call must not fail by it.
      return []
    }
  })
}

/** `{ "<id of a business object>": [{ type, call_count, … }, …] }` */
function useCases(byObject: object): object[] {
  return Object.values(byObject)
    .flat()
    .filter((one): one is object => typeof one === 'object' && one !== null)
}

function readOne(told: object): Usage | null {
  const fields = told as Record<string, unknown>
  const percents = ['call_count', 'total_time', 'total_cputime'].flatMap((name) => amount(fields[name]))
  const regains = amount(fields['estimated_time_to_regain_access']).map((minutes) => minutes * minuteMs)
  if (percents.length + regains.length === 0) return null
  return { percent: Math.max(0, ...percents), regainMs: Math.max(0, ...regains) }
}

function amount(value: unknown): number[] {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? [value] : []
}

function highest(all: (Usage | null)[]): Usage | null {
  const told = all.filter((one) => one !== null)
  if (told.length === 0) return null
  return {
    percent: Math.max(...told.map((one) => one.percent)),
    regainMs: Math.max(...told.map((one) => one.regainMs)),
  }
}
