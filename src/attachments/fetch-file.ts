import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { StepError } from '../domain/step-error.ts'
import { ipLiteral, isPublicAddress, publicLookup } from '../helpdesk/address-guard.ts'
import { CopyFault } from './copy-fault.ts'

export interface FetchedFile {
  contentType: string
  /** To be read once, to the end or until it throws a CopyFault; it ends early only by throwing. */
  bytes: AsyncIterable<Uint8Array>
}

export interface FileFetcher {
  /** Throws CopyFault, also while the bytes are read. */
  fetch(url: string, wanted: { isFile: boolean; signal: AbortSignal }): Promise<FetchedFile>
  close(): Promise<void>
}

export interface FetchSettings {
  maxBytes: number
  /** For all of it, from the first look-up to the last byte, ms. */
  timeoutMs: number
  /** Files that are fetched at once. */
  concurrency: number
  /** Also http, loopback and private networks: for tests, where no file comes from Meta. */
  allowPrivateNetwork: boolean
}

const maxRedirects = 3
/** A link that Meta refuses has expired; but a file that was just sent may not be everywhere at once. */
const refusedTries = 3
const gapMs = 15_000

/** Where fetching may lead. */
export interface Reach {
  protocols: readonly string[]
  /** Whether an address that stands in a link may be called: it is never looked up. */
  allows: (address: string) => boolean
  /** Finds the addresses of names, and refuses those that may not be called. */
  lookup: LookupFunction | undefined
}

function reachOf({ allowPrivateNetwork }: FetchSettings): Reach {
  if (allowPrivateNetwork) return { protocols: ['https:', 'http:'], allows: () => true, lookup: undefined }
  return { protocols: ['https:'], allows: isPublicAddress, lookup: publicLookup }
}

/** Fetches files from where Meta's links lead, and from nowhere in our own network. */
export function fileFetcher(settings: FetchSettings, reach = reachOf(settings)): FileFetcher {
  const { maxBytes, timeoutMs } = settings
  const agent = new Agent({
    connections: settings.concurrency,
    pipelining: 1,
    headersTimeout: gapMs,
    bodyTimeout: gapMs,
    connect: { timeout: 5000, ...(reach.lookup ? { lookup: reach.lookup } : {}) },
  })

  /** Throws unless it may be called, as far as that can be seen before names are looked up. */
  function allowed(text: string, base?: URL): URL {
    const url = URL.parse(text, base?.href)
    if (!url) throw new CopyFault('redirects', { tries: 1 })
    const literal = ipLiteral(url.href)
    const isReachable = literal === undefined || reach.allows(literal)
    if (!reach.protocols.includes(url.protocol) || !isReachable) throw new CopyFault('address', { tries: 1 })
    return url
  }

  async function answerOf(url: URL, signal: AbortSignal) {
    const headers = { 'accept-encoding': 'identity', 'user-agent': 'deskbridge' }
    return request(url, { method: 'GET', dispatcher: agent, headers, signal })
  }

  async function fetch(link: string, wanted: { isFile: boolean; signal: AbortSignal }): Promise<FetchedFile> {
    const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(timeoutMs)])
    let url = allowed(link)
    for (let redirects = 0; ; redirects++) {
      const { statusCode, headers, body } = await answerOf(url, signal).catch((error: unknown) => {
        throw noAnswer(error)
      })
      const fault = faultOf(statusCode) ?? contentFault(headers, { ...wanted, maxBytes })
      if (statusCode === 200 && !fault) {
        return { contentType: contentTypeOf(headers), bytes: whole(body, maxBytes) }
      }
      // Read, so that the connection can be used again, but not for long.
      body.dump({ limit: 16_384, signal: AbortSignal.timeout(1000) }).catch(() => {})
      const location = single(headers['location'])
      if (!isRedirect(statusCode) || location === undefined)
        throw fault ?? new CopyFault('redirects', { tries: 1 })
      if (redirects === maxRedirects) throw new CopyFault('redirects', { tries: 1 })
      url = allowed(location, url)
    }
  }

  return { fetch, close: () => agent.close() }
}

/** The bytes as they come, and a fault when they are too many or end too early: lengths that are announced prove nothing. */
async function* whole(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let read = 0
  try {
    for await (const chunk of body) {
      read += chunk.length
      if (read > maxBytes) throw new CopyFault('too-large', { tries: 1 })
      yield chunk
    }
  } catch (error) {
    throw noAnswer(error)
  }
}

type Headers = Record<string, string | string[] | undefined>

function contentFault(
  headers: Headers,
  wanted: { isFile: boolean; maxBytes: number },
): CopyFault | undefined {
  if (Number(single(headers['content-length'])) > wanted.maxBytes)
    return new CopyFault('too-large', { tries: 1 })
  const encoding = single(headers['content-encoding']) ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') return new CopyFault('encoding', { tries: refusedTries })
  // A log-in page where a picture should be. What was sent as a file may well be a page.
  if (!wanted.isFile && /^text\/html\b/i.test(contentTypeOf(headers)))
    return new CopyFault('page', { tries: refusedTries })
  return undefined
}

function faultOf(status: number): CopyFault | undefined {
  if (status === 200 || isRedirect(status)) return undefined
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500
  const detail = String(status)
  return isPassing
    ? new CopyFault('failed', { detail })
    : new CopyFault('refused', { detail, tries: refusedTries })
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

/** What a browser would be told that it is. Anything odd is told as bytes. */
function contentTypeOf(headers: Headers): string {
  const given = single(headers['content-type']) ?? ''
  return /^[\w.+-]{1,80}\/[\w.+-]{1,80}(; ?[\w-]{1,40}="?[\w.+-]{1,80}"?)?$/.test(given)
    ? given
    : 'application/octet-stream'
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function noAnswer(error: unknown): CopyFault {
  if (error instanceof CopyFault) return error
  // The guard's refusal. Not final: a resolver that lies for an hour must not cost the file.
  if (error instanceof StepError) return new CopyFault('address', { cause: error })
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'ABORTED'
  return new CopyFault('silent', { detail: code, cause: error })
}
