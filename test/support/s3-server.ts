import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

/**
 * A strict stand-in for S3: it works out every signature (SigV4) by itself, from the request as it arrived, compares the
 * body with the hash that was signed, and minds the rules for uploads in parts. One bucket, path style.
 */

export interface S3Server {
  settings: { endpoint: string; bucket: string; region: string; accessKeyId: string; secretAccessKey: string }
  objects: Map<string, { type: string | undefined; body: Buffer }>
  /** Uploads in parts that are neither complete nor aborted. */
  uploads: Map<string, { key: string; type: string | undefined; parts: Map<number, Buffer> }>
  /** Method, path and query of each call, in order. */
  calls: string[]
  /** Answers the next call that fits in the server's place. */
  plan(fits: RegExp, answer: (response: ServerResponse) => void): void
}

interface Call {
  method: string
  key: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Buffer
}

const leastPart = 5 * 1024 * 1024

export async function startS3Server(): Promise<S3Server> {
  const keys = { region: 'eu-central-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/of+the=test' }
  const objects: S3Server['objects'] = new Map()
  const uploads: S3Server['uploads'] = new Map()
  const calls: string[] = []
  const planned: { fits: RegExp; answer: (response: ServerResponse) => void }[] = []
  const bucket = 'desk-files'
  let counter = 0

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '' } = request
      calls.push(`${method} ${url}`)
      const at = planned.findIndex(({ fits }) => fits.test(`${method} ${url}`))
      if (at >= 0) return planned.splice(at, 1)[0]?.answer(response)
      const body = Buffer.concat(chunks)
      const fault = signatureFault(request, body, keys)
      if (fault !== undefined) return refuse(response, 403, fault)
      const { pathname, searchParams: query } = new URL(url, 'http://s3')
      if (!pathname.startsWith(`/${bucket}/`)) return refuse(response, 404, 'NoSuchBucket')
      const key = decodeURIComponent(pathname.slice(bucket.length + 2))
      answer({ method, key, query, headers: request.headers, body }, response)
    })
  })

  function answer(call: Call, response: ServerResponse): void {
    const { method, key, query, headers, body } = call
    const type = headers['content-type']
    const uploadId = query.get('uploadId')
    if (method === 'PUT' && headers['content-length'] === undefined) {
      return refuse(response, 411, 'MissingContentLength')
    }
    if (uploadId !== null) return answerUpload(call, uploadId, response)
    if (method === 'POST' && query.has('uploads')) {
      const id = `upload+${++counter}/x=`
      uploads.set(id, { key, type, parts: new Map() })
      return void response
        .writeHead(200)
        .end(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    }
    if (method === 'PUT') {
      objects.set(key, { type, body })
      return void response.writeHead(200, { etag: etagOf(body) }).end()
    }
    if (method === 'DELETE') {
      objects.delete(key)
      return void response.writeHead(204).end()
    }
    const found = objects.get(key)
    if (method !== 'GET') return refuse(response, 405, 'MethodNotAllowed')
    if (!found) return refuse(response, 404, 'NoSuchKey')
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    if (first === undefined) {
      return void response.writeHead(200, { 'content-length': String(found.body.length) }).end(found.body)
    }
    const part = found.body.subarray(Number(first), Number(last) + 1)
    const range = `bytes ${first}-${last}/${found.body.length}`
    response.writeHead(206, { 'content-range': range, 'content-length': String(part.length) }).end(part)
  }

  function answerUpload(
    { method, key, query, body }: Call,
    uploadId: string,
    response: ServerResponse,
  ): void {
    const upload = uploads.get(uploadId)
    if (upload?.key !== key) return refuse(response, 404, 'NoSuchUpload')
    if (method === 'DELETE') {
      uploads.delete(uploadId)
      return void response.writeHead(204).end()
    }
    if (method === 'PUT') {
      const number = Number(query.get('partNumber'))
      if (!(number >= 1 && number <= 10_000)) return refuse(response, 400, 'InvalidArgument')
      upload.parts.set(number, body)
      return void response.writeHead(200, { etag: etagOf(body) }).end()
    }
    const listed = [
      ...body.toString().matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag><\/Part>/g),
    ]
    const parts = listed.map(([, number]) => upload.parts.get(Number(number)))
    const fault = listed.map(([, number, etag], n) => {
      const part = parts[n]
      if (Number(number) !== n + 1) return 'InvalidPartOrder'
      if (!part || etagOf(part) !== etag) return 'InvalidPart'
      return n < parts.length - 1 && part.length < leastPart ? 'EntityTooSmall' : undefined
    })
    const first = listed.length === 0 ? 'MalformedXML' : fault.find((one) => one !== undefined)
    if (first !== undefined) return refuse(response, 400, first)
    objects.set(key, { type: upload.type, body: Buffer.concat(parts.filter((one) => one !== undefined)) })
    uploads.delete(uploadId)
    response.writeHead(200).end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  onTestFinished(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return {
    settings: { endpoint: `http://127.0.0.1:${address.port}`, bucket, ...keys },
    objects,
    uploads,
    calls,
    plan: (fits, planAnswer) => void planned.push({ fits, answer: planAnswer }),
  }
}

export function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
}

const etagOf = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** S3's word for what is wrong with the signature; undefined when it is right. After the specification of SigV4. */
function signatureFault(
  { method = '', url = '', headers }: IncomingMessage,
  body: Buffer,
  keys: { region: string; accessKeyId: string; secretAccessKey: string },
): string | undefined {
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  if (!given) return 'AuthorizationHeaderMalformed'
  const [, id = '', day = '', region = '', signedHeaders = '', signature = ''] = given
  const date = String(headers['x-amz-date'])
  const hash = String(headers['x-amz-content-sha256'])
  if (id !== keys.accessKeyId) return 'InvalidAccessKeyId'
  if (region !== keys.region || !date.startsWith(day)) return 'AuthorizationHeaderMalformed'
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(Date.now() - at) < 900_000)) return 'RequestTimeTooSkewed'
  if (hash !== sha256(body)) return 'XAmzContentSHA256Mismatch'
  const names = signedHeaders.split(';')
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  if (must.some((name) => !names.includes(name)) || names.join() !== names.toSorted().join())
    return 'AccessDenied'
  const [path = '', search = ''] = url.split('?')
  const encode = (text: string) =>
    encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  const query = [...new URLSearchParams(search)].map(([name, value]) => `${encode(name)}=${encode(value)}`)
  const canonical = [
    method,
    path
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    query.toSorted().join('&'),
    ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    hash,
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, `${day}/${region}/s3/aws4_request`, sha256(canonical)].join('\n')
  const derived = [region, 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${keys.secretAccessKey}`, day))
  const isRight = timingSafeEqual(hmac(derived, toSign), Buffer.from(signature, 'hex'))
  return isRight ? undefined : 'SignatureDoesNotMatch'
}
