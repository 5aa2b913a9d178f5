import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bucketStore, partBytes } from '../../src/attachments/bucket-store.ts'
import { CopyFault } from '../../src/attachments/copy-fault.ts'
import { refuse, startS3Server } from '../support/s3-server.ts'
import type { S3Server } from '../support/s3-server.ts'

const id = 'att_Vv0vYb3mB4s0h2l1Qm9zJQ'
const key = `a/b/${id}`
const contentType = 'video/mp4'

async function open(more: Partial<S3Server['settings']> = {}) {
  const s3 = await startS3Server()
  const store = bucketStore({ ...s3.settings, ...more, prefix: 'a/b/' })
  onTestFinished(() => store.close())
  return { s3, store, put: (body: Buffer) => store.write(id, { contentType, bytes: inChunks(body) }) }
}

async function* inChunks(body: Buffer, size = 600_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield await Promise.resolve(body.subarray(at, at + size))
}

async function read(
  store: Awaited<ReturnType<typeof open>>['store'],
  range?: { first: number; last: number },
) {
  const file = await store.read(id, range)
  return file && { size: file.size, body: await buffer(file.body) }
}

describe('a file in a bucket', () => {
  test.each([0, 1, 1_000_000, partBytes])('of %i bytes is put at once', async (size) => {
    const { s3, store, put } = await open()
    const body = randomBytes(size)
    expect(await put(body)).toBe(size)
    expect(s3.calls).toEqual([`PUT /desk-files/${key}`])
    expect(s3.objects.get(key)).toEqual({ type: contentType, body })
    expect(await read(store)).toEqual({ size, body })
  })

  test.each([partBytes + 1, 2 * partBytes, 2 * partBytes + 7])(
    'of %i bytes goes up in parts',
    async (size) => {
      const { s3, store, put } = await open()
      const body = randomBytes(size)
      expect(await put(body)).toBe(size)
      expect(s3.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(Math.ceil(size / partBytes))
      expect(s3.objects.get(key)?.type).toBe(contentType)
      expect(s3.uploads.size).toBe(0)
      expect(await read(store, { first: partBytes - 1, last: partBytes })).toEqual({
        size,
        body: body.subarray(partBytes - 1, partBytes + 1),
      })
      expect((await read(store))?.body.equals(body)).toBe(true)
    },
  )

  test('is not there before it is whole, and never when it does not become so', async () => {
    const { s3, store } = await open()
    const fault = new CopyFault('silent')
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield* inChunks(randomBytes(2 * partBytes + 1))
      expect([await store.read(id), s3.uploads.size]).toEqual([undefined, 1])
      throw fault
    }
    await expect(store.write(id, { contentType, bytes: breaking() })).rejects.toBe(fault)
    expect([await store.read(id), s3.uploads.size]).toEqual([undefined, 0])
  })

  test('is gone when it was removed, and removing it again changes nothing', async () => {
    const { s3, store, put } = await open()
    await put(Buffer.from('x'))
    await store.remove(id)
    await store.remove(id)
    expect([await store.read(id), s3.objects.size]).toEqual([undefined, 0])
  })

  test('is only ever an attachment', async () => {
    const { s3, store } = await open()
    await expect(store.read('../../other')).rejects.toThrow('not the id')
    await expect(store.remove(`${id}?uploads`)).rejects.toThrow('not the id')
    expect(s3.calls).toEqual([])
  })
})

describe('a bucket that refuses', () => {
  test.each([
    [{ secretAccessKey: 'another' }, '403 SignatureDoesNotMatch'],
    [{ accessKeyId: 'another' }, '403 InvalidAccessKeyId'],
    [{ region: 'another' }, '403 AuthorizationHeaderMalformed'],
    [{ bucket: 'another' }, '404 NoSuchBucket'],
  ])('%j is told in its words, and no secret', async (more, words) => {
    const { put } = await open(more)
    const error: unknown = await put(Buffer.from('x')).catch((one: unknown) => one)
    expect(error).toMatchObject({
      reason: 'store',
      tries: Infinity,
      message: `it could not be stored (${words})`,
    })
  })

  test.each(['POST .*uploads=', 'PUT .*partNumber=2', 'POST .*uploadId='])(
    'in the middle (%s) leaves no upload behind',
    async (fits) => {
      const { s3, put } = await open()
      s3.plan(new RegExp(fits), (response) => refuse(response, 503, 'SlowDown'))
      await expect(put(randomBytes(partBytes + 1))).rejects.toThrow('503 SlowDown')
      expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0])
    },
  )

  test('in a good answer, as S3 does at the end of an upload, is a refusal too', async () => {
    const { s3, put } = await open()
    s3.plan(/POST .*uploadId=/, (response) => refuse(response, 200, 'InternalError'))
    await expect(put(randomBytes(partBytes + 1))).rejects.toThrow('200 InternalError')
    expect(s3.objects.size).toBe(0)
  })

  test('to read says so, and is not the same as having no file', async () => {
    const { s3, store } = await open()
    s3.plan(/GET/, (response) => refuse(response, 500, 'InternalError'))
    await expect(store.read(id)).rejects.toMatchObject({ reason: 'store' })
    s3.plan(/GET/, (response) => refuse(response, 404, 'NoSuchBucket'))
    await expect(store.read(id)).rejects.toMatchObject({ reason: 'store' })
    s3.plan(/GET/, (response) => response.socket?.destroy())
    await expect(store.read(id)).rejects.toMatchObject({ reason: 'store' })
  })
})
