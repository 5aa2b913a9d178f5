import { hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { AwsV4Signer } from 'aws4fetch'
import { Agent, request } from 'undici'
import { CopyFault } from './copy-fault.ts'

export interface BucketSettings {
  endpoint: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
}

export interface BucketCall {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  key: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: Buffer
}

export interface BucketAnswer {
  status: number
  header(name: string): string | undefined
  body: Readable & { text(): Promise<string> }
}

/** Calls of the S3 API, signed (SigV4) with the hash of their body. Answers any status; throws CopyFault without one. */
export interface Bucket {
  call(call: BucketCall): Promise<BucketAnswer>
  /** Like call, and its text; throws CopyFault unless it is 2xx. */
  ask(call: BucketCall): Promise<{ header: BucketAnswer['header']; text: string }>
  close(): Promise<void>
}

/** The bucket stands in the path: every S3-compatible server takes that, and no host names must be made up for it. */
export function bucket(settings: BucketSettings): Bucket {
  const { accessKeyId, secretAccessKey, region } = settings
  const base = `${settings.endpoint.replace(/\/+$/, '')}/${settings.bucket}/`
  const agent = new Agent({
    // More than are ever copied at once: a slow reader holds one, too.
    connections: 256,
    pipelining: 1,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
    connect: { timeout: 5000 },
  })
  // Keys derived from the secret, which change once a day.
  const cache = new Map<string, ArrayBuffer>()

  async function call({ method, key, query = {}, headers = {}, body }: BucketCall): Promise<BucketAnswer> {
    const url = new URL(base + key)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': hash('sha256', body ?? '') },
      accessKeyId,
      secretAccessKey,
      region,
      service: 's3',
      cache,
    })
    try {
      const signed = await signer.sign()
      const answer = await request(signed.url, {
        method,
        dispatcher: agent,
        headers: Object.fromEntries(signed.headers),
        body: body ?? null,
      })
      return {
        status: answer.statusCode,
        header: (name) => [answer.headers[name]].flat()[0],
        body: answer.body,
      }
    } catch (error) {
      throw silent(error)
    }
  }

  async function ask(wanted: BucketCall) {
    const { status, header, body } = await call(wanted)
    const text = await body.text().catch((error: unknown) => {
      throw silent(error)
    })
    if (status < 200 || status > 299) throw refused(status, text)
    return { header, text }
  }

  return { call, ask, close: () => agent.close() }
}

function silent(error: unknown): CopyFault {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'ABORTED'
  return new CopyFault('store', { detail: code, cause: error })
}

/** With S3's own word for it, such as AccessDenied: it names no secret. */
export function refused(status: number, text: string): CopyFault {
  const code = /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1]
  return new CopyFault('store', { detail: code === undefined ? String(status) : `${status} ${code}` })
}
