import { createHmac, hkdfSync } from 'node:crypto'
import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { attachmentLinks } from '../../src/attachments/links.ts'

const baseUrl = 'https://desk.example/bridge'
const id = 'att_Vv0vYb3mB4s0h2l1Qm9zJQ'
const links = attachmentLinks({ baseUrl, secrets: ['the-app-secret'] })
const until = 1_900_000_000_000

function read(url: string) {
  const { pathname, searchParams } = new URL(url)
  return {
    id: pathname.split('/').at(-1) ?? '',
    expires: Number(searchParams.get('expires')),
    signature: searchParams.get('signature') ?? '',
  }
}

describe('a link', () => {
  test('is the same each time, names the file and its end, and opens until then', () => {
    const url = links.urlOf(id, until)
    expect(url).toBe(links.urlOf(id, until + 999))
    expect(url).toMatch(
      /^https:\/\/desk\.example\/bridge\/v1\/attachments\/att_[\w-]{22}\?expires=1900000000&signature=[\w-]{43}$/,
    )
    expect(links.check(read(url), until - 1)).toBe('valid')
    expect(links.check(read(url), until)).toBe('expired')
  })

  test('is signed with a key that is derived from the secret, and not with the secret', () => {
    const { signature } = read(links.urlOf(id, until))
    const key = Buffer.from(hkdfSync('sha256', 'the-app-secret', '', 'deskbridge attachment links', 32))
    const text = `${id}.${until / 1000}`
    expect(signature).toBe(createHmac('sha256', key).update(text).digest('base64url'))
    const plain = createHmac('sha256', 'the-app-secret').update(text).digest('base64url')
    expect(links.check({ id, expires: until / 1000, signature: plain }, 0)).toBe('forged')
  })

  test('that expired and is not ours tells only the second', () => {
    expect(links.check({ id, expires: 1, signature: 'x'.repeat(43) }, until)).toBe('forged')
  })

  test('opens with an older secret while that is named', () => {
    const rotated = attachmentLinks({ baseUrl, secrets: ['the-new-one', 'the-app-secret'] })
    expect(rotated.check(read(links.urlOf(id, until)), 0)).toBe('valid')
    expect(links.check(read(rotated.urlOf(id, until)), 0)).toBe('forged')
    const done = attachmentLinks({ baseUrl, secrets: ['the-new-one'] })
    expect(done.check(read(links.urlOf(id, until)), 0)).toBe('forged')
  })

  test.prop([fc.nat(), fc.integer({ min: 1, max: 9e12 }), fc.nat({ max: 2 }), fc.string()])(
    'with anything else in it is forged',
    (place, at, part, text) => {
      const good = read(links.urlOf(id, at))
      const change = (was: string) => {
        const n = place % was.length
        return was.slice(0, n) + (was[n] === 'A' ? 'B' : 'A') + was.slice(n + 1)
      }
      const changed = [
        { ...good, id: change(good.id) },
        { ...good, expires: good.expires + 1 + place },
        { ...good, signature: text === good.signature ? '' : text },
      ][part]!
      expect(links.check(changed, 0)).toBe('forged')
    },
  )

  test('loses nothing of its signature unseen: every bit of it counts', () => {
    const good = read(links.urlOf(id, until))
    const bytes = Buffer.from(good.signature, 'base64url')
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7))
      expect(links.check({ ...good, signature: flipped.toString('base64url') }, 0)).toBe('forged')
    }
    expect(links.check({ ...good, signature: bytes.subarray(0, 31).toString('base64url') }, 0)).toBe('forged')
  })
})
