/** What the simulator of bench:sends tells after a turn. */
export interface SendReport {
  distinct: number
  doubles: number
  inversions: number
  perPage: { pageId: string; sent: number; perSecond: number; mostInASecond: number; refused: number }[]
}

export function sendPages(count: number): { id: string; accessToken: string }[] {
  return Array.from({ length: count }, (_, n) => ({ id: `${9_000_000 + n}`, accessToken: `token-${n}` }))
}
