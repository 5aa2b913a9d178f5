import { setTimeout as wait } from 'node:timers/promises'

export type Answer = { status: number; body: unknown }

/** One HTTP call with JSON both ways. */
export async function call(
  method: 'GET' | 'POST',
  url: string,
  options: { body?: unknown; headers?: Record<string, string>; signal: AbortSignal },
): Promise<Answer> {
  const { body, headers = {}, signal } = options
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  })
  const text = await response.text()
  return { status: response.status, body: parse(text) }
}

/** Reads again and again until there is a value; undefined when there is none in time. */
export async function until<T>(
  read: () => Promise<T | undefined>,
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<T | undefined> {
  const { timeoutMs, signal } = options
  const giveUpAt = Date.now() + timeoutMs
  while (Date.now() < giveUpAt) {
    signal.throwIfAborted()
    const value = await read()
    if (value !== undefined) return value
    // Woken early by the signal; the next round throws its reason.
    await wait(25, undefined, { signal }).catch(() => undefined)
  }
  return undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
