/** A person whose profile is to be asked for. */
export interface LookupJob {
  v: 1
  conversationId: string
}
