import { describe, expect, it } from 'vitest'
import {
  again,
  anna,
  conversation,
  expectFacts,
  newTicket,
  only,
  opened,
  picture,
  said,
  stepFor,
  thrownBy,
  ticketId,
} from '../support/ticket-helpdesk-kit.ts'
import { rocketchat } from '../support/vendors/rocketchat.ts'

describe('rocketchat: rooms', () => {
  it('belong to a visitor whose token nobody can guess, and no ref holds it', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      const [visitor] = under.state.visitors
      expect(visitor?.token).toMatch(/^[0-9a-f]{64}$/)
      expect(ref).toBe(`${only(under).id} ${conversation.id} ${visitor?._id}`)
      expect(ref).not.toContain(visitor?.token)
      await rocketchat(
        async (other) => {
          await opened(other)
          expect(other.state.visitors[0]?.token).not.toBe(visitor?.token)
        },
        { visitorSecret: 'another-secret-of-thirty-two-characters-or-more' },
      )
    }))

  it('hold the facts that have a field, keep tags meanwhile, and go to the department', () =>
    rocketchat(
      async (under) => {
        const ref = await opened(under)
        await under.adapter.setTags!(ref, ['by-hand'], stepFor('tags'))
        expect(await opened(under)).toBe(ref)
        expect(under.state.rooms).toMatchObject([{ livechatData: { locale: 'de_DE' }, tags: ['by-hand'] }])
        expect(under.state.visitors).toMatchObject([{ department: 'support' }])
      },
      { department: 'support' },
    ))

  it('are opened later while nobody is online', () =>
    rocketchat(async (under) => {
      under.state.online = false
      const error = await thrownBy(opened(under))
      expectFacts(error, { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'no', retryAfterMs: 60_000 }, [])
      under.state.online = true
      await opened(under)
    }))

  it('that are closed take no files either, and a new one is opened', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      under.closeForGood!(ticketId(ref))
      const message = said(null, { attachments: [picture(under.server.fileUrl('late.jpg'))] })
      const error = await thrownBy(under.adapter.appendMessage(ref, message, stepFor('late')))
      expectFacts(error, { code: 'TICKET_CLOSED', verdict: 'permanent', arrived: 'no' }, [])
      const next = await under.adapter.openTicket({ ...newTicket, followUpOf: ref }, stepFor('next'))
      expect(under.state.visitors).toHaveLength(1)
      await under.adapter.appendMessage(next, message, stepFor('late'))
      expect(under.tickets()[1]?.entries).toHaveLength(1)
    }))

  it('show the name as soon as it is known', () =>
    rocketchat(async (under) => {
      const ref = await under.adapter.openTicket({ ...newTicket, customer: null }, stepFor('nobody'))
      expect(only(under).customerName).toBe('Customer at Acme Shoes')
      await under.adapter.setCustomer!(ref, anna, stepFor('who'))
      expect(only(under).customerName).toBe('Anna Schmidt')
    }))

  it('are not gone when it is our user that is refused', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      under.state.authToken = 'another'
      const error = await thrownBy(under.adapter.setTags!(ref, ['vip'], stepFor('tags')))
      expectFacts(error, { code: 'HELPDESK_REFUSED', verdict: 'permanent' }, [])
    }))
})

describe('rocketchat: messages', () => {
  it('are as long as the workspace lets them be, in order, and each part once', () =>
    rocketchat(
      async (under) => {
        const ref = await opened(under)
        const text = Array.from({ length: 100 }, (_, n) => `word${n}`).join(' ')
        const step = stepFor('long')
        let posts = 0
        under.server.loseAnswer(
          ({ method, path }) => method === 'POST' && path.endsWith('/message') && ++posts === 3,
        )
        const error = await thrownBy(under.adapter.appendMessage(ref, said(text), step))
        expectFacts(error, { arrived: 'unknown' }, [])
        const id = await under.adapter.appendMessage(ref, said(text), again(step))
        const { entries } = only(under)
        expect(entries.map((entry) => entry.text).join('')).toBe(text)
        expect(entries.length).toBeGreaterThan(6)
        expect(Math.max(...entries.map((entry) => entry.text.length))).toBeLessThanOrEqual(100)
        expect(id).toBe(entries[0]?.id)
      },
      { maxTextLength: 100 },
    ))

  it('say that a part of them may have arrived, when a later one is not taken', () =>
    rocketchat(
      async (under) => {
        const ref = await opened(under)
        let posts = 0
        under.server.misbehave('busy', ({ path }) => path.endsWith('/livechat/message') && ++posts > 1)
        const error = await thrownBy(under.adapter.appendMessage(ref, said('x'.repeat(150)), stepFor('two')))
        expectFacts(error, { code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'unknown' }, [])
      },
      { maxTextLength: 100 },
    ))

  it('carry each file once, under a name that tells it from others of that name', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      const attachments = [1, 2].map(() => picture(under.server.fileUrl('same.jpg')))
      const message = said('two', { attachments })
      const step = stepFor('files')
      let uploads = 0
      under.server.loseAnswer(({ path }) => path.includes('/upload/') && ++uploads === 2)
      await thrownBy(under.adapter.appendMessage(ref, message, step))
      await under.adapter.appendMessage(ref, message, again(step))
      const files = only(under).entries.flatMap((entry) => entry.files)
      expect(files).toHaveLength(2)
      expect(new Set(files).size).toBe(2)
      for (const name of files) expect(name).toMatch(/^[0-9a-f]{10}-same\.jpg$/)
    }))

  it('tell the link of a file that Rocket.Chat will not have, once', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      const url = under.server.fileUrl('refused.jpg')
      const step = stepFor('refused')
      const message = said('see', { attachments: [picture(url)] })
      await under.adapter.appendMessage(ref, message, step)
      await under.adapter.appendMessage(ref, message, again(step))
      expect(only(under).entries.map(({ text }) => text)).toEqual(['see', `[image] ${url}`])
    }))

  it('tell the link of a file that could be fetched before and no longer', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      const photos = (...names: string[]) =>
        said('see', { attachments: names.map((name) => picture(under.server.fileUrl(name))) })
      const step = stepFor('expired')
      let uploads = 0
      under.server.misbehave('fails', ({ path }) => path.includes('/upload/') && ++uploads > 1)
      await thrownBy(under.adapter.appendMessage(ref, photos('one.jpg', 'two.jpg', 'three.jpg'), step))
      under.server.behave()
      const later = photos('gone-one.jpg', 'gone-two.jpg', 'three.jpg')
      for (const next of [again(step), again(again(step))])
        await under.adapter.appendMessage(ref, later, next)
      const shown = only(under).entries.map(({ text, files }) => files[0]?.slice(11) ?? text)
      expect(shown).toEqual([
        'see',
        'one.jpg',
        `[image] ${under.server.fileUrl('gone-two.jpg')}`,
        'three.jpg',
      ])
    }))

  it('of a step that goes on in a new room have new ids there', () =>
    rocketchat(async (under) => {
      const ref = await opened(under)
      const step = stepFor('twice')
      await under.adapter.appendMessage(ref, said('hello'), step)
      under.closeForGood!(ticketId(ref))
      const next = await under.adapter.openTicket({ ...newTicket, followUpOf: ref }, stepFor('next'))
      await under.adapter.appendMessage(next, said('hello'), again(step))
      expect(under.tickets()[1]?.entries).toHaveLength(1)
    }))
})
