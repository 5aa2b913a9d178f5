import { expect, test } from 'vitest'
import { stepFacts } from '../../src/domain/step-error.ts'
import { accountLimit } from '../../src/helpdesk/account-limit.ts'
import { helpdeskHttp } from '../../src/helpdesk/http-client.ts'
import { laneKit } from '../support/lane-kit.ts'
import { useRedis } from '../support/redis.ts'
import { vendorServer } from '../support/vendor-server.ts'

const redis = useRedis({ appendfsync: 'no' })

/** An account with one call in a minute, and what becomes of a second one in the same try. */
async function second(first: { method: 'GET' | 'POST' }, isSameTry: boolean) {
  const routes = (['GET', 'POST'] as const).map((method) => ({
    method,
    path: '/messages',
    answer: () => ({ json: {} }),
  }))
  const server = await vendorServer(routes)
  const vendor = { perMinute: 1, budgets: [], headers: [], holdSeconds: 1 }
  const { prefix } = laneKit(redis.client)
  const limit = accountLimit(redis.client, { prefix, helpdesk: 'main', vendor })
  const http = helpdeskHttp({ allowPrivateNetwork: true, limit })
  const { signal } = new AbortController()
  const url = `${server.url}/messages`
  try {
    await http.call({ method: first.method, url, signal })
    const other = isSameTry ? signal : new AbortController().signal
    return await http.call({ method: 'POST', url, signal: other }).then(() => 'sent', stepFacts)
  } finally {
    await http.close()
    await server.close()
  }
}

test('a try that finds the budget spent after it wrote something counts as one', async () => {
  const facts = await second({ method: 'POST' }, true)
  expect(facts).toMatchObject({ code: 'HELPDESK_BUSY', verdict: 'retry', arrived: 'unknown' })
  expect(facts).not.toHaveProperty('untried')
})

test('a try that has only read is none, and neither is another one', async () => {
  expect(await second({ method: 'GET' }, true)).toMatchObject({ untried: true, arrived: 'no' })
  expect(await second({ method: 'POST' }, false)).toMatchObject({ untried: true, arrived: 'no' })
})
