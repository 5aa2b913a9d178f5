import type { ConfiguredPage } from '../setup/deps.ts'
import { printable } from '../setup/report.ts'

/** The Page with this id, or all of them; a text says why there is none. */
export function pickPages(pages: ConfiguredPage[], id: string | undefined): ConfiguredPage[] | string {
  if (pages.length === 0) return 'The config names no Page.'
  if (id === undefined) return pages
  const page = pages.find((one) => one.id === id)
  if (page) return [page]
  const known = pages.map((one) => `${one.id} (${one.name})`).join(', ')
  return printable(`The config has no Page ${id}. It has: ${known}.`)
}
