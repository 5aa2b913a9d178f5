import type { Readable } from 'node:stream'

/** Where copies are kept. All of it takes ids of attachments only, and may be called by several processes at once. */
export interface FileStore {
  /**
   * Keeps what comes, and answers how much that was. Nobody sees any of it before all of it is there: when `bytes`
   * throws, or we die, there is no file. Written again, it is replaced as a whole. Throws CopyFault, or what `bytes` throws.
   */
  write(id: string, file: { contentType: string; bytes: AsyncIterable<Uint8Array> }): Promise<number>
  /** Undefined when there is no such file; throws CopyFault. `range` are the first and the last byte wanted. */
  read(id: string, range?: { first: number; last: number }): Promise<StoredFile | undefined>
  /** Nothing happens when there is none. */
  remove(id: string): Promise<void>
  /** Removes what was written before this time, ms since the epoch, and answers how many. Buckets do it by their own rules. */
  sweep?(before: number): Promise<number>
  close(): Promise<void>
}

export interface StoredFile {
  /** Of the whole file. */
  size: number
  /** To be read or destroyed. */
  body: Readable
}
