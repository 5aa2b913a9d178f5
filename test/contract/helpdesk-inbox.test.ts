import { inboxHelpdesk } from '../../src/helpdesk/inbox/adapter.ts'
import { inboxStore } from '../../src/helpdesk/inbox/store.ts'
import { describeHelpdeskAdapter } from '../support/helpdesk-adapter-contract.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis()
let counter = 0

describeHelpdeskAdapter('inbox', async () => {
  const store = inboxStore(redis.client, {
    prefix: `contract${counter++}`,
    helpdesk: 'main',
    retentionDays: 1,
  })
  return {
    adapter: inboxHelpdesk(store),
    texts: async ({ id }) => ((await store.get(id))?.messages ?? []).map(({ text }) => text ?? ''),
    close: () => Promise.resolve(),
  }
})
