import type { Redis } from 'ioredis'
import { z } from 'zod'
import { accountLimit } from './account-limit.ts'
import type { HelpdeskAdapter } from './adapter.ts'
import { chatwootHelpdesk } from './chatwoot/adapter.ts'
import { chatwootSettings } from './chatwoot/settings.ts'
import { freshdeskHelpdesk } from './freshdesk/adapter.ts'
import { freshdeskSettings } from './freshdesk/settings.ts'
import { frontHelpdesk } from './front/adapter.ts'
import { frontSettings } from './front/settings.ts'
import type { HelpdeskLimit } from './http-client.ts'
import { inboxHelpdesk } from './inbox/adapter.ts'
import { inboxSettings } from './inbox/settings.ts'
import { inboxStore } from './inbox/store.ts'
import { intercomHelpdesk } from './intercom/adapter.ts'
import { intercomSettings } from './intercom/settings.ts'
import { rocketchatHelpdesk } from './rocketchat/adapter.ts'
import { rocketchatSettings } from './rocketchat/settings.ts'
import { salesforceHelpdesk } from './salesforce/adapter.ts'
import { salesforceSettings } from './salesforce/settings.ts'
import { rtHelpdesk } from './rt/adapter.ts'
import { rtSettings } from './rt/settings.ts'
import { vendorLimits } from './vendor-limits.ts'
import type { LimitedVendor } from './vendor-limits.ts'
import { webhookHelpdesk } from './webhook/adapter.ts'
import { webhookSettings } from './webhook/settings.ts'
import { zammadHelpdesk } from './zammad/adapter.ts'
import { zammadSettings } from './zammad/settings.ts'
import { zendeskHelpdesk } from './zendesk/adapter.ts'
import { zendeskSettings } from './zendesk/settings.ts'
import { zendeskMessagingHelpdesk } from './zendesk-messaging/adapter.ts'
import { zendeskMessagingSettings } from './zendesk-messaging/settings.ts'

/** Every adapter there is. A new one adds its settings here and a line in {@link openHelpdesk}. */
export const helpdeskSettings = z.discriminatedUnion('adapter', [
  webhookSettings,
  inboxSettings,
  chatwootSettings,
  freshdeskSettings,
  frontSettings,
  intercomSettings,
  salesforceSettings,
  rocketchatSettings,
  rtSettings,
  zammadSettings,
  zendeskSettings,
  zendeskMessagingSettings,
])

export type HelpdeskSettings = z.infer<typeof helpdeskSettings>

export interface HelpdeskDeps {
  redis: Redis
  prefix: string
}

/** The adapter of a helpdesk of the config, with the budget that all workers share for its account. */
export function openHelpdesk(name: string, settings: HelpdeskSettings, deps: HelpdeskDeps): HelpdeskAdapter {
  switch (settings.adapter) {
    case 'webhook':
      return webhookHelpdesk(settings)
    case 'inbox':
      return inboxHelpdesk(
        inboxStore(deps.redis, { ...deps, helpdesk: name, retentionDays: settings.retentionDays }),
      )
    case 'chatwoot':
      return chatwootHelpdesk(settings, limited(name, settings, deps))
    case 'freshdesk':
      return freshdeskHelpdesk(settings, limited(name, settings, deps))
    case 'front':
      return frontHelpdesk(settings, limited(name, settings, deps))
    case 'intercom':
      return intercomHelpdesk(settings, limited(name, settings, deps))
    case 'rocketchat':
      return rocketchatHelpdesk(settings, limited(name, settings, deps))
    case 'rt':
      return rtHelpdesk(settings, limited(name, settings, deps).limit)
    case 'salesforce':
      return salesforceHelpdesk(settings, limited(name, settings, deps))
    case 'zammad':
      return zammadHelpdesk(settings, limited(name, settings, deps))
    case 'zendesk':
      return zendeskHelpdesk(settings, limited(name, settings, deps))
    case 'zendesk-messaging':
      return zendeskMessagingHelpdesk(settings, limited(name, settings, deps))
  }
}

function limited(
  helpdesk: string,
  { adapter, perMinute }: { adapter: LimitedVendor; perMinute?: number | undefined },
  { redis, prefix }: HelpdeskDeps,
): { limit: HelpdeskLimit } {
  return { limit: accountLimit(redis, { prefix, helpdesk, vendor: vendorLimits[adapter], perMinute }) }
}
