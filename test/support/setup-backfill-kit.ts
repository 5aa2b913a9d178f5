import { runBackfill } from '../../src/commands/backfill.ts'
import { splitDelivery } from '../../src/meta/split.ts'
import { psid } from './service.ts'
import { configFor, now, page, toolsFor } from './setup-kit.ts'
import type { useGraph } from './setup-kit.ts'

/** Conversations at a Graph, and a backfill of them that nobody has to wait for. */

type Graph = ReturnType<typeof useGraph>

export const minute = 60_000
export const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000')

interface Said {
  id: string
  /** Minutes before now. */
  ago: number
  by?: 'page'
  more?: object
}

/** What a test of the backfill does to one Graph. */
export function backfillKit(graph: Graph) {
  /** A conversation of one person, newest first, as Graph lists it. */
  function conversation(
    id: string,
    said: Said[],
    more: { next?: boolean; person?: string; page?: string } = {},
  ) {
    const them = { id: more.person ?? psid, name: 'Ada' }
    const us = { id: more.page ?? page.id, name: 'Acme' }
    const data = said.map(({ id, ago }) => ({ id, created_time: at(now - ago * minute) }))
    const paging = {
      cursors: { after: 'x' },
      ...(more.next === true ? { next: 'https://graph/next?access_token=t' } : {}),
    }
    graph.on(`GET ${id}`, { id, messages: { data, paging } })
    for (const { id, ago, by, more } of said) {
      const [from, to] = by === 'page' ? [us, them] : [them, us]
      graph.on(`GET ${id}`, {
        id,
        created_time: at(now - ago * minute),
        from,
        to: { data: [to] },
        message: `text of ${id}`,
        ...more,
      })
    }
    return { id, updated_time: at(now - (said[0]?.ago ?? 0) * minute) }
  }

  function conversations(...data: object[]) {
    graph.on('GET me', { id: page.id, name: 'Acme' })
    graph.on(`GET ${page.id}/conversations`, { data })
  }

  async function run(
    args: string[],
    tools: Parameters<typeof toolsFor>[1] = {},
    sections: Record<string, unknown> = {},
  ) {
    const config = configFor(graph.url, sections)
    const kit = toolsFor(graph, tools)
    const load = () => ({ ok: true, file: 'f', config }) as const
    const began = kit.tools.now()
    const deps = { print: kit.tools.print, load, open: () => kit.tools }
    const exitCode = await runBackfill(['--page', page.id, ...args], deps)
    const events = kit.journalled.flatMap(({ body, receivedAt }) => splitDelivery(body, receivedAt).events)
    return { ...kit, exitCode, events, text: kit.text(), took: kit.tools.now() - began }
  }

  return { conversation, conversations, run }
}
