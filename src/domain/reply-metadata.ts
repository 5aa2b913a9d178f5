/** Our name for one message of a reply; it travels in `message.metadata`, and Meta's echo brings it back. */
export function replyMetadata(replyId: string, part: number): string {
  return part === 0 ? replyId : `${replyId}.${part}`
}

const metadataPattern = /^(rpl_[A-Za-z0-9_-]{22})(?:\.([1-9]\d{0,3}))?$/

/** The inverse of {@link replyMetadata}; undefined for whatever another app wrote there. */
export function readReplyMetadata(text: unknown): { replyId: string; part: number } | undefined {
  if (typeof text !== 'string') return undefined
  const [, replyId, part] = metadataPattern.exec(text) ?? []
  return replyId === undefined ? undefined : { replyId, part: Number(part ?? 0) }
}
