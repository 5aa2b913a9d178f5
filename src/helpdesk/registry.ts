import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { HelpdeskAdapter } from './adapter.ts'
import { inboxHelpdesk } from './inbox/adapter.ts'
import { inboxSettings } from './inbox/settings.ts'
import { inboxStore } from './inbox/store.ts'
import { webhookHelpdesk } from './webhook/adapter.ts'
import { webhookSettings } from './webhook/settings.ts'

/** Every adapter there is. A new one adds its settings here and a line in {@link openHelpdesk}. */
export const helpdeskSettings = z.discriminatedUnion('adapter', [webhookSettings, inboxSettings])

export type HelpdeskSettings = z.infer<typeof helpdeskSettings>

export function openHelpdesk(
  name: string,
  settings: HelpdeskSettings,
  deps: { redis: Redis; prefix: string },
): HelpdeskAdapter {
  switch (settings.adapter) {
    case 'webhook':
      return webhookHelpdesk(settings)
    case 'inbox':
      return inboxHelpdesk(
        inboxStore(deps.redis, { ...deps, helpdesk: name, retentionDays: settings.retentionDays }),
      )
  }
}
