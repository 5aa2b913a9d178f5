import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  version?: string
  dev?: boolean
  optional?: boolean
  optionalDependencies?: Record<string, string>
  os?: string[]
  cpu?: string[]
  libc?: string[]
}

interface Lockfile {
  packages: Record<string, Entry>
}

/**
 * Adds to package-lock.json the packages of other platforms that npm left out, because the registry it was made with
 * does not carry them. `npm ci` refuses a lockfile without them, though it installs none of them here. Without a hash,
 * since they could not be fetched; npm adds it on a machine that can.
 */
function main(): void {
  const file = new URL('../package-lock.json', import.meta.url)
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lockfile
  const missing = missingOptional(lock)
  for (const { name, version, dev } of missing) {
    lock.packages[`node_modules/${name}`] = {
      version,
      optional: true,
      ...(dev ? { dev } : {}),
      ...platform(name),
    }
  }
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (missing.length > 0) {
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
  }
  console.log(missing.length === 0 ? 'package-lock.json is complete.' : `Added ${missing.length} packages.`)
}

/** Optional packages that some entry asks for and that have no entry, as Node would look them up. */
export function missingOptional({ packages }: Lockfile): { name: string; version: string; dev: boolean }[] {
  const wanted = Object.entries(packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {}).map(([name, version]) => ({
      path,
      name,
      version,
      dev: !!entry.dev,
    })),
  )
  return wanted.filter(
    ({ path, name }) => !lookUpPaths(path).some((at) => `${at}node_modules/${name}` in packages),
  )
}

function lookUpPaths(path: string): string[] {
  const parts = path === '' ? [] : path.split('/node_modules/')
  return ['', ...parts.map((_part, at) => `${parts.slice(0, at + 1).join('/node_modules/')}/`)]
}

const cpus: [RegExp, string][] = [
  [/arm64/, 'arm64'],
  [/arm/, 'arm'],
  [/x64/, 'x64'],
  [/ia32/, 'ia32'],
  [/ppc64/, 'ppc64'],
  [/riscv64/, 'riscv64'],
  [/s390x/, 's390x'],
]

/** Platform packages say in their names where they run; npm skips them elsewhere by these fields. */
function platform(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const os = /darwin|linux|win32|freebsd|android|openharmony/.exec(name)?.[0]
  const cpu = cpus.find(([pattern]) => pattern.test(name))?.[1]
  if (!os || !cpu) throw new Error(`${name} does not say its platform; add it by hand`)
  const libc =
    os !== 'linux' ? undefined : name.includes('musl') ? 'musl' : name.includes('gnu') ? 'glibc' : undefined
  return { cpu: [cpu], os: [os], ...(libc ? { libc: [libc] } : {}) }
}

if (import.meta.main) main()
