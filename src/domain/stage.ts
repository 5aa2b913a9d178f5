/** One verb per stage of the way, so that the verb of a log line tells where something is. */
export type Stage =
  | 'receive'
  | 'verify'
  | 'journal'
  | 'split'
  | 'append'
  | 'drain'
  | 'route'
  | 'forward'
  | 'copy'
  | 'profile'
  | 'accept'
  | 'send'

/** Tells that a stage was passed. Fields hold no text, no secret and no full PSID. */
export type Trace = (stage: Stage, fields: Record<string, string | number | boolean | null>) => void
