/** One file of a customer that is to be fetched from Meta and kept. */
export interface CopyJob {
  v: 1
  /** Id of the copy, `att_` and 22 characters: the same for the same attachment of the same event. */
  id: string
  /** Masked, for logs. */
  conversation: string
  /** Meta's word for it: image, audio, video, file or sticker. */
  type: string
  /** Meta's own link, which expires. */
  url: string
}
