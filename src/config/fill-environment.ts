export interface Fault {
  /** Path of the key, such as `pages.0.accessToken`. */
  path: string
  message: string
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/**
 * Fills `${VAR}` and `${VAR:-default}` in every text of a parsed file. It works on values and not on the file's text,
 * so that what a variable holds can never become a key. Whole numbers come as bigint from the YAML parser; those
 * beyond 2^53 become texts, since they are ids.
 */
export function fillEnvironment(
  value: unknown,
  env: Record<string, string | undefined>,
): { value: unknown; faults: Fault[] } {
  const faults: Fault[] = []

  function fill(one: unknown, path: string): unknown {
    if (typeof one === 'bigint') return Number.isSafeInteger(Number(one)) ? Number(one) : String(one)
    if (Array.isArray(one)) return one.map((item, at) => fill(item, join(path, String(at))))
    if (typeof one === 'object' && one !== null) {
      return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, fill(item, join(path, key))]))
    }
    if (typeof one !== 'string') return one
    return one.replace(reference, (_all, name: string, fallback: string | undefined) => {
      const found = env[name]
      if (found !== undefined && found !== '') return found
      if (fallback !== undefined) return fallback
      faults.push({ path, message: `needs the environment variable ${name}, which is not set` })
      return ''
    })
  }

  return { value: fill(value, ''), faults }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
