import { open } from 'node:fs/promises'
import type { DeskRecord } from './desk-record.ts'

/** Follows the helpdesk's file. A line whose end is not written yet waits for the next look. */
export interface DeskFile {
  readonly records: DeskRecord[]
  /** Mids that were answered with 2xx in time, and when the first time, ms since the epoch. */
  readonly answeredAt: Map<string, number>
  read(): Promise<void>
}

export function deskFile(path: string): DeskFile {
  const records: DeskRecord[] = []
  const answeredAt = new Map<string, number>()
  let offset = 0

  function keep(line: string): void {
    const record = JSON.parse(line) as DeskRecord
    records.push(record)
    if (record.outcome === 'ok' && !answeredAt.has(record.mid)) answeredAt.set(record.mid, record.at)
  }

  async function read(): Promise<void> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const bytes = Buffer.alloc(size - offset)
      await file.read(bytes, 0, bytes.length, offset)
      const whole = bytes.lastIndexOf(0x0a) + 1
      offset += whole
      for (const line of bytes.subarray(0, whole).toString().split('\n')) if (line !== '') keep(line)
    } finally {
      await file.close()
    }
  }

  return { records, answeredAt, read }
}
