/** One thing that a helpdesk needs, and how it stands. */
export interface SetupFinding {
  /** `changed`: it was made just now · `todo`: only a person can do it. */
  state: 'ok' | 'changed' | 'todo' | 'failed'
  /** What was looked at, such as "webhook to https://…", or what has to hold, such as "tags are on". No secret. */
  what: string
  /** What to do next; of `todo` and `failed` always. "deskbridge setup" in it is shown as the command to type. */
  mend?: string
}

export interface SetupContext {
  /** Where the vendor must call us; undefined while `server.publicUrl` is not set. With the secret, where it stands in the path. */
  callbackUrl: string | undefined
  signal: AbortSignal
}

/** What `deskbridge doctor` and `deskbridge setup <helpdesk>` do for an adapter. Vendors' refusals are findings, not errors. */
export interface HelpdeskSetup {
  /** Credentials, rights, what must be there. Changes nothing. */
  check(context: SetupContext): Promise<SetupFinding[]>
  /** Makes what can be made by API, and checks the rest. Idempotent. */
  setUp(context: SetupContext): Promise<SetupFinding[]>
}
