import { describe, expect, it } from 'vitest'
import { runSubscribe } from '../../src/commands/subscribe.ts'
import { webhookFields } from '../../src/meta/subscribed-fields.ts'
import { appId, configFor, now, page, refuse, toolsFor, useGraph } from '../support/setup-kit.ts'
import type { GraphCall } from '../support/setup-kit.ts'

const graph = useGraph()
const pagePath = `${page.id}/subscribed_apps`
const appPath = `${appId}/subscriptions`
const publicUrl = 'https://desk.example'
const callback = `${publicUrl}/webhooks/meta`
const { required, useful } = webhookFields('messenger')
const all = [...required, ...useful]

/** A Graph that keeps what it is told, as the real one does: a POST replaces what was there. */
function subscribed(app: string[] | null, atPage: string[] | null, url = callback) {
  let [appFields, pageFields] = [app, atPage]
  let appUrl = url
  graph.on('GET me', { id: page.id, name: 'Acme' })
  graph.on(`GET ${appPath}`, () => ({
    data: appFields
      ? [{ object: 'page', callback_url: appUrl, active: true, fields: appFields.map((name) => ({ name })) }]
      : [],
  }))
  graph.on(`GET ${pagePath}`, () => ({
    data: pageFields ? [{ id: appId, subscribed_fields: pageFields }] : [],
  }))
  graph.on(`POST ${appPath}`, ({ body }) => {
    appFields = String(body['fields']).split(',')
    appUrl = String(body['callback_url'])
    return { success: true }
  })
  graph.on(`POST ${pagePath}`, ({ body }) => {
    pageFields = String(body['subscribed_fields']).split(',')
    return { success: true }
  })
  return { app: () => appFields, page: () => pageFields }
}

async function run(
  args: string[] = [],
  more: { sections?: object; tools?: Parameters<typeof toolsFor>[1] } = {},
) {
  const config = configFor(graph.url, { server: { publicUrl }, ...more.sections })
  const kit = toolsFor(graph, more.tools)
  const load = () => ({ ok: true, file: 'f', config }) as const
  const exitCode = await runSubscribe(args, { print: kit.tools.print, load, open: () => kit.tools })
  return { exitCode, text: kit.text() }
}

const posts = () => graph.calls.filter(({ route }) => route.startsWith('POST'))

describe('from nothing', () => {
  it('app and Page get all fields, and a second run changes nothing', async () => {
    const state = subscribed(null, null)
    const first = await run()
    expect(first.exitCode).toBe(0)
    expect([state.app(), state.page()]).toEqual([all, all])
    expect(posts()[0]?.body).toMatchObject({
      object: 'page',
      callback_url: callback,
      verify_token: 'verify-token',
    })
    expect(first.text).not.toContain('verify-token')

    const before = posts().length
    const second = await run()
    expect(posts()).toHaveLength(before)
    expect(second.text.match(/nothing to do/g)).toHaveLength(2)
  })

  it('--dry-run says so and changes nothing', async () => {
    subscribed(null, null)
    const { text, exitCode } = await run(['--dry-run'])
    expect([exitCode, posts()]).toEqual([0, []])
    expect(text).toContain(`Acme (1234567890): + ${all.join(', ')}`)
    expect(text).toContain('Nothing was changed')
  })

  it('never asks for the thumbs below messages', () => {
    for (const channel of ['messenger', 'instagram'] as const) {
      const fields = webhookFields(channel)
      expect([...fields.required, ...fields.useful]).not.toContain('response_feedback')
    }
  })
})

describe('what somebody else subscribed', () => {
  it('stays', async () => {
    const state = subscribed(['leadgen', ...all], ['leadgen', 'messages'])
    await run()
    expect(state.page()).toEqual(['leadgen', 'messages', ...all.slice(1)])
    expect(state.app()).toEqual(['leadgen', ...all])
  })

  it('goes with --exact', async () => {
    const state = subscribed(['leadgen', ...all], ['leadgen', 'messages'])
    const { text } = await run(['--exact'])
    expect([state.app(), state.page()]).toEqual([all, all])
    expect(text).toContain(': - leadgen')
  })

  it('of several apps, without our id, is not touched', async () => {
    subscribed(all, null)
    graph.on(`GET ${pagePath}`, {
      data: [
        { id: '1', subscribed_fields: [] },
        { id: '2', subscribed_fields: [] },
      ],
    })
    const meta = { appSecrets: ['a'], verifyToken: 'b', graphUrl: graph.url }
    const { exitCode, text } = await run([], { sections: { meta } })
    expect([exitCode, posts()]).toEqual([1, []])
    expect(text).toContain('set meta.appId')
  })
})

describe('what the config asks for', () => {
  it('is subscribed too, at the app and at that Page alone', async () => {
    const state = subscribed(null, null)
    const pages = [{ ...page, moreFields: ['leadgen'] }]
    await run([], { sections: { pages } })
    expect(state.app()).toContain('leadgen')
    expect(state.page()).toContain('leadgen')
  })

  it('--page touches one Page only', async () => {
    subscribed(all, null)
    const pages = [{ ...page, id: '99', name: 'Other' }, page]
    await run(['--page', page.id], { sections: { pages } })
    expect(posts().map(({ route }) => route)).toEqual([`POST ${pagePath}`])
  })

  it('an unknown --page is a mistake that names the known ones', async () => {
    const { exitCode, text } = await run(['--page', '5'])
    expect(exitCode).toBe(2)
    expect(text).toContain('The config has no Page 5. It has: 1234567890 (Acme).')
    expect(graph.calls).toEqual([])
  })
})

describe('the callback', () => {
  it('that is elsewhere moves here, and that is said', async () => {
    subscribed(all, all, 'https://old.example/hook')
    const { text } = await run()
    expect(posts().map(({ body }) => body['callback_url'])).toEqual([callback])
    expect(text).toContain(`callback moves from https://old.example/hook to ${callback}`)
  })

  it('that Meta cannot verify is told as such, and tried once', async () => {
    subscribed(null, all)
    graph.on(`POST ${appPath}`, refuse(2200))
    const { exitCode, text } = await run()
    expect(exitCode).toBe(1)
    expect(graph.of(`POST ${appPath}`)).toHaveLength(1)
    expect(text).toContain('is the service up')
  })

  it('without app id or public URL, what to tick by hand is printed', async () => {
    subscribed(null, all)
    const { exitCode, text } = await run([], { sections: { server: {} } })
    expect([exitCode, posts()]).toEqual([0, []])
    expect(text).toContain(`page: ${all.join(', ')}`)
  })
})

describe('a field that Meta does not give', () => {
  it('is named, and the others are subscribed', async () => {
    const state = subscribed(all, ['messages'])
    const take = ({ body }: GraphCall) => {
      const fields = String(body['subscribed_fields']).split(',')
      return fields.some((field) => ['mention', 'feed'].includes(field)) ? refuse(200) : { success: true }
    }
    const accepted: string[][] = []
    graph.on(`POST ${pagePath}`, (call) => {
      const answer = take(call)
      if ('success' in answer) accepted.push(String(call.body['subscribed_fields']).split(','))
      return answer
    })
    const { exitCode, text } = await run()
    expect(exitCode).toBe(0)
    expect(state.page()).toEqual(['messages'])
    expect(accepted.at(-1)!.toSorted()).toEqual(
      all.filter((one) => !['mention', 'feed'].includes(one)).toSorted(),
    )
    expect(text).toContain('Meta does not give mention. Graph refused (code 200).')
  })

  it('that is required ends it', async () => {
    subscribed(all, null)
    graph.on(`POST ${pagePath}`, refuse(200))
    const { exitCode, text } = await run()
    expect(exitCode).toBe(1)
    expect(graph.of(`POST ${pagePath}`)).toHaveLength(2)
    expect(text).toContain('$ node src/main.ts doctor')
  })
})

describe('a Page that Meta had unsubscribed', () => {
  it('is offered a backfill from its last delivery', async () => {
    subscribed(all, null)
    const { text } = await run([], { tools: { lastDeliveryAt: () => Promise.resolve(now - 3_600_000) } })
    expect(text).toContain('$ node src/main.ts backfill --page 1234567890 --since 2026-11-23T10:55:00Z')
  })

  it('is not, when nothing was delivered yet or Redis is away', async () => {
    subscribed(all, null)
    const { text, exitCode } = await run([], {
      tools: { lastDeliveryAt: () => Promise.reject(new Error('away')) },
    })
    expect(exitCode).toBe(0)
    expect(text).not.toContain('backfill')
  })
})

describe('Instagram', () => {
  const instagram = { ...page, id: '17841400000000000', channel: 'instagram' }
  const fields = [...webhookFields('instagram').required, ...webhookFields('instagram').useful]

  it('is subscribed at the app as its own object, and at the linked Page by any field', async () => {
    subscribed(null, null)
    graph.on('GET me', { id: page.id, name: 'Acme' })
    graph.on(`GET ${page.id}`, { instagram_business_account: { id: instagram.id } })
    await run([], { sections: { pages: [instagram] } })
    expect(
      posts().map(({ route, body }) => [route, body['object'], body['fields'] ?? body['subscribed_fields']]),
    ).toEqual([
      [`POST ${appPath}`, 'instagram', fields.join(',')],
      [`POST ${pagePath}`, undefined, 'messages'],
    ])
  })

  it('drops no field of its linked Page, which may be connected itself', async () => {
    const state = subscribed(null, all)
    graph.on(`GET ${page.id}`, { instagram_business_account: { id: instagram.id } })
    const { text } = await run(['--exact', '--page', instagram.id], {
      sections: { pages: [page, instagram], server: {} },
    })
    expect([state.page(), posts()]).toEqual([all, []])
    expect(text).toContain('nothing to do')
  })

  it('with a token of its own is subscribed itself, by its own names', async () => {
    subscribed(all, null)
    graph.on('GET me', { id: instagram.id })
    graph.on(`GET ${instagram.id}/subscribed_apps`, { data: [] })
    graph.on(`POST ${instagram.id}/subscribed_apps`, { success: true })
    await run([], { sections: { pages: [instagram], server: {} } })
    expect(posts().map(({ body }) => body['subscribed_fields'])).toEqual([fields.join(',')])
    expect(fields).toContain('message_edit')
    expect(fields).not.toContain('message_edits')
  })
})
