import { readFileSync, readdirSync } from 'node:fs'

const folder = new URL('../fixtures/', import.meta.url)

/** Names of the deliveries that lie in test/fixtures as bytes. */
export const fixtureNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))
  .sort()

/** One delivery of Meta's, exactly as its bytes come over the wire. */
export function fixture(name: string): Buffer {
  return readFileSync(new URL(`${name}.json`, folder))
}
