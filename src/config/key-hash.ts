import { hash } from 'node:crypto'

export const keyHashPattern = /^sha256:[0-9a-f]{64}$/

/**
 * What the config keeps of an API key instead of the key. A plain SHA-256 is enough: our keys are 256 random bits, so
 * there is nothing to guess, and a slow hash, which protects the words that people choose, would only slow every call.
 */
export function hashKey(key: string): string {
  return `sha256:${hash('sha256', key)}`
}
