import { startSimulator } from '../src/simulator/simulator.ts'
import { appSecret } from './support/deliveries.ts'
import { sendPages } from './support/sends.ts'
import type { SendReport } from './support/sends.ts'

/** Meta's place in bench:sends: a process of its own, so that it shares no event loop with what is measured. */
const [pages, webhookUrl, limits] = [Number(process.argv[2]), process.argv[3], process.argv[4]]
const simulator = await startSimulator({
  port: 0,
  appSecret,
  pages: sendPages(pages),
  windows: 'open',
  limits: limits === 'off' ? 'off' : 'enforced',
  keep: 1_000_000,
  ...(webhookUrl ? { webhookUrl } : {}),
})

process.on('message', (wanted: { expect?: number; report?: true }) => {
  void answer(wanted).then((reply) => process.send?.(reply))
})
process.send?.({ port: Number(new URL(simulator.url).port) })

async function answer({ expect = 0 }: { expect?: number }): Promise<object> {
  if (expect === 0) return report()
  while (simulator.sent.length < expect) await new Promise((resolve) => setTimeout(resolve, 20))
  await simulator.idle()
  return { done: true }
}

function report(): SendReport {
  const stats = simulator.stats().pages
  const order = new Map<string, number>()
  const seen = new Set<string>()
  let [doubles, inversions] = [0, 0]
  const spans = new Map<string, { first: number; last: number; sent: number }>()
  for (const { pageId, psid, body, at } of simulator.sent) {
    const span = spans.get(pageId) ?? { first: at, last: at, sent: 0 }
    spans.set(pageId, { first: span.first, last: at, sent: span.sent + 1 })
    const metadata = body.message?.metadata ?? ''
    if (seen.has(metadata)) doubles++
    seen.add(metadata)
    const [, seq] = /#(\d+)$/.exec(body.message?.text ?? '') ?? []
    const whose = `${pageId}:${psid}`
    if (Number(seq) <= (order.get(whose) ?? -1)) inversions++
    order.set(whose, Number(seq))
  }
  const perPage = [...spans].map(([pageId, { first, last, sent }]) => ({
    pageId,
    sent,
    perSecond: (sent - 1) / ((last - first) / 1000),
    mostInASecond: stats[pageId]?.maxPerSecond ?? NaN,
    refused: Object.values(stats[pageId]?.refusals ?? {}).reduce((sum, one) => sum + one, 0),
  }))
  return { doubles, inversions, distinct: seen.size, perPage }
}
