import { z } from 'zod'
import { pathOf } from '../meta/graph-client.ts'
import { askGraph } from './ask-graph.ts'
import type { Asked, Refusal } from './ask-graph.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'

/** What a Page's token speaks for. */
export interface Account {
  /** The node to call: the Page, or the Page that an Instagram account is linked to. */
  nodeId: string
  /** As Meta calls it. */
  name: string | null
  /** True for an Instagram account that is reached through its Page. */
  linked: boolean
}

const selfSchema = z.object({ id: z.string(), name: z.string().nullish() })
const linkSchema = z.object({ instagram_business_account: z.object({ id: z.string() }).nullish() })

export type Found =
  { ok: true; account: Account } | (Refusal & { other?: { id: string; name: string | null } })

/** Asks whose the token is. `other` is told when it works, but belongs to another Page. */
export async function findAccount(
  page: ConfiguredPage,
  deps: Pick<SetupDeps, 'graph' | 'signal'>,
): Promise<Found> {
  const { id, accessToken } = page
  const self = await ask(deps, accessToken, 'me', 'id,name', selfSchema)
  if (!self.ok) return self
  const name = self.body.name ?? null
  if (self.body.id === id) return { ok: true, account: { nodeId: id, name, linked: false } }
  if (page.channel === 'instagram') {
    const link = await ask(deps, accessToken, self.body.id, 'instagram_business_account', linkSchema)
    if (link.ok && link.body.instagram_business_account?.id === id) {
      return { ok: true, account: { nodeId: self.body.id, name, linked: true } }
    }
  }
  return {
    ok: false,
    code: null,
    subcode: null,
    passing: false,
    regainMs: 0,
    message: `The token belongs to ${name ?? 'another Page'} (${self.body.id}), and not to ${id}.`,
    remedy: 'Put the token of this Page into the config, or correct the id.',
    other: { id: self.body.id, name },
  }
}

function ask<T>(
  { graph, signal }: Pick<SetupDeps, 'graph' | 'signal'>,
  accessToken: string,
  node: string,
  fields: string,
  schema: z.ZodType<T>,
): Promise<Asked<T>> {
  return askGraph(
    graph,
    { method: 'GET', path: pathOf(node), accessToken, query: { fields } },
    schema,
    signal,
  )
}
