/** What {@link windowOpening} looks at; every event of the domain has these, where its kind knows them. */
export interface WindowEvent {
  kind: string
  standby: boolean
  /** The Page did it, not the person. */
  byPage?: boolean
  /** Of a reaction. */
  action?: string | null
  /** Of an opt-in: null or missing for the plugins, else Meta's word for what was asked for. */
  type?: string | null
  referral?: { source: string | null } | null
}

/** Acts of the person towards the Page, by kind of event, and when they count. Every other kind opens nothing. */
const openers = new Map<string, (event: WindowEvent) => boolean>([
  ['message', always],
  ['postback', always],
  // Taking a reaction back is no act towards the Page.
  ['reaction', ({ action }) => action === 'react'],
  // An m.me link into a thread that exists.
  ['referral', always],
  // The plugins only: agreeing to notifications opens no window.
  ['optin', ({ type }) => (type ?? null) === null],
])

const adCarriers: ReadonlySet<string> = new Set(['message', 'postback'])

/**
 * Which window an event opens, if any. `ad` opens the standard window too: set both times from it. An event
 * in standby counts like any other, for the window belongs to the person and the Page, whoever owns the thread; and a window
 * that we wrongly believe to be open costs a call that Meta refuses, one wrongly believed closed costs a reply.
 * Events may come late: keep the later time of the two.
 */
export function windowOpening(event: WindowEvent): 'standard' | 'ad' | null {
  if (event.byPage === true) return null
  if (openers.get(event.kind)?.(event) !== true) return null
  return adCarriers.has(event.kind) && event.referral?.source === 'ADS' ? 'ad' : 'standard'
}

function always(): boolean {
  return true
}
