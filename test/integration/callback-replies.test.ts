import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { StepError } from '../../src/domain/step-error.ts'
import type { AgentFile } from '../../src/helpdesk/callback.ts'
import { acceptReply } from '../../src/routing/accept-reply.ts'
import { agentFileLinks } from '../../src/routing/agent-file-links.ts'
import {
  agentReply,
  callbackStore,
  fileOf,
  person,
  publicUrl,
  startCallbacks,
} from '../support/callback-kit.ts'
import { noTrace } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
const thread = '1:comment:c_1'
const picture: AgentFile = { type: 'image', name: 'a.png', url: 'https://desk.example/a.png' }
const secretFile: AgentFile = { type: 'file', name: 'Rechnung für Åse.pdf', ref: 'attachments/77' }

let store: ReturnType<typeof callbackStore>

beforeEach(async () => {
  store = callbackStore(redis.client)
  await store.conversations.keepTicket(person, 'desk', '7')
  await store.conversations.keepTicket(thread, 'desk', '8')
})

const take = (...events: Parameters<typeof agentReply>[]) =>
  store.acceptCallback(
    'desk',
    events.map((one) => agentReply(...one)),
  )

describe('what an agent writes', () => {
  it('is its text and then each file, as replies of their own', async () => {
    const ids = await take(['m1', { files: [picture, { ...picture, type: 'video' }] }])
    const waiting = await store.waiting()
    expect(waiting.map(({ message }) => message)).toEqual([
      { text: 'text of m1' },
      { attachment: { type: 'image', url: picture.url } },
      { attachment: { type: 'video', url: picture.url } },
    ])
    expect(ids).toEqual(waiting.map(({ id }) => id))
    expect(new Set(ids).size).toBe(3)
    expect(await take(['m1', { files: [picture, { ...picture, type: 'video' }] }])).toEqual(ids)
    expect(store.counted).toEqual(['reply', 'repeated'])
  })

  it('is all there before the next one begins, when two come at the same moment', async () => {
    await Promise.all([take(['m1', { files: [picture, picture] }]), take(['m2'])])
    const messages = (await store.waiting()).map(({ source, message }) => [
      source!.message,
      Object.keys(message)[0],
    ])
    expect(messages).toEqual([
      ['m1', 'text'],
      ['m1', 'attachment'],
      ['m1', 'attachment'],
      ['m2', 'text'],
    ])
  })

  it.each([[null], [''], [' \n ']])('is only its files when its text is %j', async (text) => {
    await take(['m1', { text, files: [picture] }])
    expect((await store.waiting()).map(({ message }) => message.attachment?.url)).toEqual([picture.url])
  })

  it('is finished by its repeat when the process died half-way, in order and once', async () => {
    let appended = 0
    const dying = acceptReply({
      ...store,
      lanes: {
        append(items) {
          appended++
          if (appended === 2) return Promise.reject(new Error('died'))
          return store.kit.lanes.append(items)
        },
      },
      ring: () => Promise.resolve(),
      trace: noTrace,
    })
    const event = agentReply('m1', { files: [picture, secretFile] })
    await expect(store.taking(dying)('desk', [event])).rejects.toThrow('died')
    await new Promise((resolve) => setImmediate(resolve))
    await store.acceptCallback('desk', [{ ...event, agent: { name: 'Kim, of support' } }])
    const kinds = (await store.waiting()).map(({ message }) => message.text ?? message.attachment?.type)
    expect(kinds).toEqual(['text of m1', 'image', 'file'])
  })

  it('is a bot when nobody is named, and never fails for a name or a picture that Meta would not take', async () => {
    const agents = [
      null,
      { name: '  ' },
      { name: 'K'.repeat(300), pictureUrl: 'https://desk.example/k.png' },
      { name: 'Kim', pictureUrl: 'http://desk.example/k.png' },
      { name: 'Kim', pictureUrl: 'https://desk.example/k.png' },
    ]
    for (const [at, agent] of agents.entries()) await take([`m${at}`, { agent }])
    expect((await store.waiting()).map(({ agent }) => agent)).toEqual([
      null,
      { name: 'Agent' },
      { name: 'K'.repeat(100) },
      { name: 'Kim' },
      { name: 'Kim', pictureUrl: 'https://desk.example/k.png' },
    ])
    expect(new Set(store.counted)).toEqual(new Set(['reply']))
  })

  it('answers the newest comment in public where the ticket is a thread of comments', async () => {
    const known = { pageId: '1', conversationId: thread, at: 1, byPage: false, text: null }
    await store.comments.note([{ ...known, commentId: 'c_2' }])
    await take(['m1', { ticket: '8' }])
    const [reply] = await store.waiting(thread)
    expect(reply).toMatchObject({
      message: { text: 'text of m1' },
      comment: { do: 'public', commentId: 'c_2' },
    })
  })
})

describe('what can never be sent', () => {
  const refused = async (conversation = person) =>
    (await store.waiting(conversation)).map(({ refusal }) => refusal)

  it.each<[string, Parameters<typeof agentReply>[1], RegExp]>([
    ['nothing at all', { text: null }, /^It is empty/],
    ['blanks', { text: ' ' }, /^It is empty/],
    [
      'too long a text',
      { text: 'x'.repeat(100_000) },
      /^It cannot be sent as it is: text is 100000 characters long; .* at most/,
    ],
    [
      'a file by http',
      { text: null, files: [{ ...picture, url: 'http://desk.example/a' }] },
      /attachment\.url/,
    ],
    ['a file without a place', { text: null, files: [{ type: 'file', name: null }] }, /where this file is/],
  ])('%s waits in its turn to be told so', async (_name, more, reason) => {
    await take(['m0'], ['m1', more], ['m2'])
    expect(await refused()).toEqual([undefined, expect.stringMatching(reason), undefined])
    expect(store.counted).toEqual(['reply', 'refused', 'reply'])
  })

  it('a file that only we can read, while nobody outside can reach us', async () => {
    const { prefix } = store
    const hidden = callbackStore(redis.client, prefix, false)
    await hidden.acceptCallback('desk', [agentReply('m1', { files: [secretFile, picture] })])
    expect(await refused()).toEqual([undefined, expect.stringContaining('server.publicUrl'), undefined])
  })

  it('a file below a comment, an answer to a review, and an answer to the Page itself', async () => {
    await store.conversations.keepTicket('1:review:r_1', 'desk', '9')
    await store.conversations.keepTicket('1:page', 'desk', '10')
    await take(['m1', { ticket: '8', files: [picture] }], ['m2', { ticket: '9' }], ['m3', { ticket: '10' }])
    expect(await refused(thread)).toEqual([undefined, expect.stringContaining('text only')])
    expect(await refused('1:review:r_1')).toEqual([expect.stringContaining('this is a review')])
    expect(await refused('1:page')).toEqual([expect.stringContaining('nobody to answer')])
  })

  it('is not lost when its Page has left the config: it waits to become a dead letter', async () => {
    store.pages.clear()
    await take(['m1'])
    expect((await store.waiting()).map(({ message }) => message.text)).toEqual(['text of m1'])
  })
})

describe('the link to a file of an agent', () => {
  it('streams what the helpdesk gives us, as something to be saved', async () => {
    const service = await startCallbacks(redis.url)
    await service.conversations.keepTicket(person, 'desk', '7')
    const ref = `attachments/${'7'.repeat(900)}`
    service.files.set(ref, fileOf('%PDF', { contentType: 'application/pdf', size: 4 }))
    await service.acceptCallback('desk', [agentReply('m1', { files: [{ ...secretFile, ref }] })])
    const link = (await service.waiting())[1]!.message.attachment!.url!
    expect(link.startsWith(`${publicUrl}/files/desk/`)).toBe(true)
    const answer = await fetch(link.replace(publicUrl, service.url))
    expect([answer.status, await answer.text()]).toEqual([200, '%PDF'])
    expect(answer.headers.get('content-type')).toBe('application/pdf')
    expect(answer.headers.get('content-length')).toBe('4')
    expect(answer.headers.get('content-disposition')).toContain(
      "filename*=UTF-8''Rechnung%20f%C3%BCr%20%C3%85se.pdf",
    )
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('opens for nobody else, for no other file or helpdesk, and not for ever', async () => {
    const service = await startCallbacks(redis.url, { badSignaturesPerMinute: 8 })
    service.files.set('r', fileOf('x'))
    const at = (url: string) => fetch(url.replace(publicUrl, service.url)).then(({ status }) => status)
    const right = service.links!.urlOf({ helpdesk: 'desk', ref: 'r', name: null }, Date.now() + 60_000)
    expect(await at(right)).toBe(200)
    const [token, signature] = right.split('/').at(-1)!.split('.')
    const other = Buffer.from(JSON.stringify([9_999_999_999, 'other', null])).toString('base64url')
    const forged = agentFileLinks({ publicUrl, secrets: ['not ours'] })
    expect(
      await Promise.all(
        [
          right.replace('/desk/', '/open/'),
          right.replace(token!, other),
          `${right}x`,
          right.replace(`.${signature}`, ''),
          `${right}.${signature}`,
          forged.urlOf({ helpdesk: 'desk', ref: 'r', name: null }, Date.now() + 60_000),
          `${publicUrl}/files/desk/`,
        ].map(at),
      ),
    ).toEqual(Array(7).fill(403))
    const old = service.links!.urlOf({ helpdesk: 'desk', ref: 'r', name: null }, Date.now() - 1000)
    expect(await at(old)).toBe(410)
    expect([await at(`${right}x`), await at(`${right}x`), await at(right)]).toEqual([403, 429, 200])
  })

  it('says what the helpdesk does with it: gone, later, too large, cut', async () => {
    const service = await startCallbacks(redis.url)
    const fails = (verdict: 'retry' | 'permanent') => () =>
      Promise.reject(new StepError('no', { code: 'HELPDESK_REFUSED', verdict, arrived: 'no' }))
    const mib = Buffer.alloc(1024 * 1024)
    service.files.set('gone', fails('permanent'))
    service.files.set('later', fails('retry'))
    service.files.set('large', fileOf('x', { size: 25 * 1024 * 1024 + 1 }))
    service.files.set('endless', () =>
      Promise.resolve({ body: Readable.from(Array(26).fill(mib)), contentType: null, size: null }),
    )
    service.files.set('just', () =>
      Promise.resolve({ body: Readable.from(Array(25).fill(mib)), contentType: null, size: null }),
    )
    const ask = (ref: string) => {
      const link = service.links!.urlOf({ helpdesk: 'desk', ref, name: null }, Date.now() + 60_000)
      return fetch(link.replace(publicUrl, service.url))
    }
    const statuses = await Promise.all(
      ['gone', 'later', 'large', 'nowhere'].map(async (ref) => (await ask(ref)).status),
    )
    expect(statuses).toEqual([410, 503, 410, 410])
    await expect(ask('endless').then((answer) => answer.arrayBuffer())).rejects.toThrow()
    const just = await ask('just')
    expect([just.headers.get('content-type'), (await just.arrayBuffer()).byteLength]).toEqual([
      'application/octet-stream',
      25 * 1024 * 1024,
    ])
    expect(JSON.stringify(service.log.lines)).toContain('HELPDESK_REFUSED')
  })
})
