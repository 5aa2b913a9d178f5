import { z } from 'zod'
import type { Config } from '../config/schema.ts'
import { askGraph } from './ask-graph.ts'
import type { ConfiguredPage, SetupDeps } from './deps.ts'
import { fault, ok, span, warning } from './report.ts'
import type { Finding } from './report.ts'
import { appToken } from './subscriptions.ts'

const seconds = z.number().nullish()

const debugSchema = z.object({
  data: z.object({
    app_id: z.union([z.string(), z.number().transform(String)]).nullish(),
    is_valid: z.boolean(),
    /** Seconds since the epoch; 0: never. */
    expires_at: seconds,
    data_access_expires_at: seconds,
    scopes: z.array(z.string()).nullish(),
  }),
})

/** Warned of this long before, ms. */
const soonMs = 7 * 86_400_000

interface Permissions {
  required: string[]
  /** Each with what does not work without it. */
  useful: Record<string, string>
}

/** An Instagram account is reached through its Page, or by a token of its own, whose permissions have other names. */
function permissionsFor(page: ConfiguredPage, scopes: string[]): Permissions {
  if (page.channel === 'messenger') {
    return {
      required: ['pages_messaging', 'pages_manage_metadata'],
      useful: {
        pages_read_engagement: 'backfill',
        pages_show_list: 'comments and reviews',
        pages_manage_engagement: 'answers to comments in public',
      },
    }
  }
  const isOwn = scopes.some((scope) => scope.startsWith('instagram_business_'))
  return {
    required: isOwn
      ? ['instagram_business_manage_messages', 'instagram_business_basic']
      : ['instagram_manage_messages', 'instagram_basic', 'pages_manage_metadata'],
    useful: {},
  }
}

/** Permissions and end of a Page's token, as Meta tells them to the app that it was made for. */
export async function checkToken(
  page: ConfiguredPage,
  meta: Config['meta'],
  deps: Pick<SetupDeps, 'graph' | 'signal' | 'now'>,
): Promise<Finding[]> {
  if (meta.appId === undefined) return []
  const call = {
    method: 'GET',
    path: 'debug_token',
    accessToken: appToken(meta.appId, meta),
    // Meta takes the token to be looked at nowhere but in the query.
    query: { input_token: page.accessToken },
  } as const
  const answer = await askGraph(deps.graph, call, debugSchema, deps.signal)
  if (!answer.ok) {
    return [
      warning('page.permissions', `Permissions and end of the token could not be seen. ${answer.message}`, {
        remedy: answer.remedy,
      }),
    ]
  }
  const { data } = answer.body
  if (data.app_id != null && data.app_id !== meta.appId) {
    return [
      fault('page.permissions', `The token was made for another app (${data.app_id}).`, {
        remedy: 'Make a Page access token for the app of meta.appId.',
      }),
    ]
  }
  const scopes = data.scopes ?? []
  return [permissions(scopes, permissionsFor(page, scopes)), end(data, deps.now())]
}

function permissions(scopes: string[], { required, useful }: Permissions): Finding {
  const check = 'page.permissions'
  const lacks = (permission: string) => !scopes.includes(permission)
  const missing = required.filter(lacks)
  if (missing.length > 0) {
    return fault(check, `The token lacks ${missing.join(', ')}.`, {
      remedy: 'Grant it to the app (App Review, for Pages of others), and make a new Page access token.',
    })
  }
  const less = Object.entries(useful).filter(([permission]) => lacks(permission))
  if (less.length === 0) return ok(check, 'The token has the permissions that are needed.')
  const what = less.map(([permission, use]) => `${permission} (for ${use})`).join(', ')
  return warning(check, `The token lacks ${what}.`, {
    remedy: 'Grant it and make a new token if you want that.',
  })
}

function end(data: z.infer<typeof debugSchema>['data'], now: number): Finding {
  const check = 'page.token-end'
  const remedy = 'Make a Page access token from a long-lived user token: it has no end.'
  const left = (at: number | null | undefined) => (at ? at * 1000 - now : Infinity)
  const token = left(data.expires_at)
  if (!data.is_valid || token <= 0)
    return fault(check, 'Meta says that the token is no longer valid.', { remedy })
  if (token < soonMs) return warning(check, `The token ends in ${span(token)}.`, { remedy })
  if (token < Infinity) return ok(check, `The token ends in ${span(token)}.`)
  const access = left(data.data_access_expires_at)
  if (access < soonMs) {
    const when = access <= 0 ? `ended ${span(-access)} ago` : `ends in ${span(access)}`
    return warning(check, `The token has no end, but its access to people's data ${when}.`, {
      remedy: 'Let the person who granted it log in to the app again.',
    })
  }
  return ok(check, 'The token has no end.')
}
