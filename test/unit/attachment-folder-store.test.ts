import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { CopyFault } from '../../src/attachments/copy-fault.ts'
import { folderStore } from '../../src/attachments/folder-store.ts'
import type { FileStore } from '../../src/attachments/file-store.ts'
import { filesIn, tempFolder } from '../support/attachment-kit.ts'

const id = 'att_Vv0vYb3mB4s0h2l1Qm9zJQ'
const other = 'att_Vv1vYb3mB4s0h2l1Qm9zJQ'
const contentType = 'image/png'

async function* bytesOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk))
}

const put = (store: FileStore, name: string, ...chunks: string[]) =>
  store.write(name, { contentType, bytes: bytesOf(...chunks) })

async function contentOf(store: FileStore, name = id, range?: { first: number; last: number }) {
  const file = await store.read(name, range)
  return file && { size: file.size, text: (await buffer(file.body)).toString() }
}

describe('a file in the folder', () => {
  test('is what was written, whole or in part, also when the folder is new', async () => {
    const store = folderStore(join(await tempFolder(), 'a', 'b'))
    expect(await store.read(id)).toBeUndefined()
    expect(await put(store, id, 'ab', 'cdef')).toBe(6)
    expect(await contentOf(store)).toEqual({ size: 6, text: 'abcdef' })
    expect(await contentOf(store, id, { first: 1, last: 3 })).toEqual({ size: 6, text: 'bcd' })
    await put(store, id)
    expect(await contentOf(store)).toEqual({ size: 0, text: '' })
    await store.remove(id)
    await store.remove(id)
    expect(await store.read(id)).toBeUndefined()
  })

  test('is not there before it is whole, and never when it does not become so', async () => {
    const folder = await tempFolder()
    const store = folderStore(folder)
    const fault = new CopyFault('silent')
    const seen: unknown[] = []
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      seen.push(await store.read(id), (await filesIn(folder)).length)
      throw fault
    }
    await expect(store.write(id, { contentType, bytes: breaking() })).rejects.toBe(fault)
    expect([...seen, await store.read(id), await filesIn(folder)]).toEqual([undefined, 1, undefined, []])
  })

  test('that is written twice at once is one of the two, whole', async () => {
    const folder = await tempFolder()
    const store = folderStore(folder)
    await Promise.all([put(store, id, 'aaaa', 'aaaa'), put(store, id, 'bbbb', 'bbbb')])
    expect((await contentOf(store))?.text).toMatch(/^(a{8}|b{8})$/)
    expect(await filesIn(folder)).toEqual([id])
  })

  test.each(['../../etc/passwd', '..', 'att_../../../../../../etc/pa', `${id}/../${id}`, '', 'half-written'])(
    'is never what %j would lead to',
    async (name) => {
      const store = folderStore(await tempFolder())
      await expect(store.read(name)).rejects.toThrow('not the id')
      await expect(put(store, name, 'x')).rejects.toThrow('not the id')
      await expect(store.remove(name)).rejects.toThrow('not the id')
    },
  )

  test('is never a link to somewhere else', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'Vv'))
    await symlink('/etc/passwd', join(folder, 'Vv', id))
    await expect(folderStore(folder).read(id)).rejects.toMatchObject({ reason: 'store' })
  })

  test('that cannot be stored is a fault of the store, and names no path', async () => {
    const folder = await tempFolder()
    await writeFile(join(folder, 'file'), '')
    const error: unknown = await put(folderStore(join(folder, 'file')), id, 'x').catch((one: unknown) => one)
    expect(error).toMatchObject({
      reason: 'store',
      tries: Infinity,
      message: 'it could not be stored (ENOTDIR)',
    })
  })
})

test('sweeping removes what is older and ours, and what nobody finished', async () => {
  const folder = await tempFolder()
  const store = folderStore(folder)
  await put(store, id, 'old')
  await put(store, other, 'new')
  await mkdir(join(folder, 'Notes'))
  for (const name of [
    'readme.txt',
    'Notes/mine.txt',
    `Notes/${id}`,
    `half-written/${id}.0a`,
    `half-written/${id}.0b`,
  ])
    await writeFile(join(folder, name), 'x')
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)
  for (const name of [`Vv/${id}`, 'readme.txt', 'Notes/mine.txt', `Notes/${id}`])
    await utimes(join(folder, name), hoursAgo(100), hoursAgo(100))
  await utimes(join(folder, 'half-written', `${id}.0a`), hoursAgo(2), hoursAgo(2))
  expect(await store.sweep?.(Date.now() - 50 * 3_600_000)).toBe(1)
  expect(await store.read(id)).toBeUndefined()
  expect(await contentOf(store, other)).toEqual({ size: 3, text: 'new' })
  expect((await readdir(join(folder, 'half-written'))).toSorted()).toEqual([`${id}.0b`])
  expect((await filesIn(folder)).toSorted()).toEqual(
    [id, `${id}.0b`, other, 'mine.txt', 'readme.txt'].toSorted(),
  )
  expect(await folderStore(join(folder, 'missing')).sweep?.(Date.now())).toBe(0)
})
