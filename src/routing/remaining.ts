import type { DiskReport, Erasure } from '../domain/erasure.ts'

/** What is not erased yet, and what to do about it. */
export function remainingOf(
  journal: number,
  { aof, rdb }: DiskReport,
  wasStopped: boolean,
): Erasure['remaining'] {
  const remaining: Erasure['remaining'] = []
  if (wasStopped) remaining.push({ code: 'STOPPED', message: 'it was ended early; ask again' })
  if (journal > 0) {
    const writes = `${journal} journal ${journal === 1 ? 'write' : 'writes'}`
    remaining.push({
      code: 'JOURNAL',
      message: `${writes} that no worker has split may hold them; see that a worker runs, and ask again`,
    })
  }
  if (aof === 'unfinished' || aof === 'refused') {
    remaining.push({ code: 'AOF', message: told('append-only file', aof, 'BGREWRITEAOF') })
  }
  if (rdb === 'unfinished' || rdb === 'refused') {
    remaining.push({ code: 'RDB', message: told('snapshot', rdb, 'BGSAVE') })
  }
  return remaining
}

function told(file: string, state: 'unfinished' | 'refused', command: string): string {
  if (state === 'unfinished') return `Redis has not written its ${file} anew yet; ask again`
  return `Redis does not write its ${file} anew when asked; allow ${command}, or have your host do it, and ask again`
}
