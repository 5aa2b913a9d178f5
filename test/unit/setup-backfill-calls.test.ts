import { describe, expect, it } from 'vitest'
import { at, backfillKit, minute } from '../support/setup-backfill-kit.ts'
import { now, page, refuse, useGraph } from '../support/setup-kit.ts'

const graph = useGraph()
const { conversation, conversations, run } = backfillKit(graph)

describe('how it calls', () => {
  it('is never faster than two calls a second', async () => {
    conversations(
      conversation('t_1', [
        { id: 'm_1', ago: 10 },
        { id: 'm_2', ago: 11 },
      ]),
    )
    const { took } = await run(['--since', '2h'])
    expect(graph.calls).toHaveLength(5)
    expect(took).toBeGreaterThanOrEqual(4 * 500)
  })

  it('goes through all parts of the list, until one is too old', async () => {
    conversation('t_1', [{ id: 'm_1', ago: 10 }])
    conversation('t_2', [{ id: 'm_2', ago: 20 }])
    graph.on('GET me', { id: page.id })
    graph.on(`GET ${page.id}/conversations`, ({ query }) => {
      const part = Number(query['after'] ?? 1)
      const ago = part === 3 ? 500 : part * 10
      const paging = { next: 'there is more', cursors: { after: String(part + 1) } }
      return { data: [{ id: `t_${part}`, updated_time: at(now - ago * minute) }], paging }
    })
    const { events } = await run(['--since', '2h'])
    expect(events).toHaveLength(2)
    expect(graph.of(`GET ${page.id}/conversations`)).toHaveLength(3)
  })

  it('waits when Meta throttles, and goes on', async () => {
    conversations(conversation('t_1', [{ id: 'm_1', ago: 10 }]))
    let refusals = 2
    const list = { data: [{ id: 't_1', updated_time: at(now) }] }
    graph.on(`GET ${page.id}/conversations`, () => (refusals-- > 0 ? refuse(613) : list))
    const { events, took, exitCode, progress } = await run(['--since', '2h'])
    expect([events.length, exitCode]).toEqual([1, 0])
    expect(took).toBeGreaterThan(7000)
    expect(progress).toContain('Graph refused (code 613). Trying again in 5 s.')
  })

  it('gives up when that does not pass, and says how to go on', async () => {
    conversations(conversation('t_1', [{ id: 'm_1', ago: 10 }]))
    graph.on('GET t_1', refuse(80006))
    const { text, exitCode } = await run(['--since', '2h'])
    expect([graph.of('GET t_1').length, exitCode]).toEqual([5, 1])
    expect(text).toContain('Stopped: Graph refused (code 80006).')
    expect(text).toContain('Not finished. Run it again; nothing comes twice:')
  })

  it('stops at once with a dead token', async () => {
    conversations()
    graph.on(`GET ${page.id}/conversations`, refuse(190))
    const { text, exitCode } = await run(['--since', '2h'])
    expect([exitCode, graph.calls.length]).toEqual([1, 2])
    expect(text).toContain('new Page access token')
    expect(text).toContain('$ node src/main.ts doctor')
  })

  it('ends between two calls when it is interrupted', async () => {
    conversations(
      conversation('t_1', [{ id: 'm_1', ago: 10 }]),
      conversation('t_2', [{ id: 'm_2', ago: 10 }]),
    )
    const end = new AbortController()
    const journalled: string[] = []
    const journal = (body: Buffer) => {
      journalled.push(body.toString())
      end.abort()
      return Promise.resolve()
    }
    const { exitCode, text } = await run(['--since', '2h'], { journal, signal: end.signal })
    expect([exitCode, journalled.length]).toEqual([1, 1])
    expect(text).toContain('in 1 of 2 conversations')
    expect(text).not.toContain('Stopped')
    expect(text).toContain('Not finished')
  })

  it('stops when Redis does not confirm', async () => {
    conversations(conversation('t_1', [{ id: 'm_1', ago: 10 }]))
    const journal = () => Promise.reject(new Error('Command timed out'))
    const { exitCode, text } = await run(['--since', '2h'], { journal })
    expect(exitCode).toBe(1)
    expect(text).toContain('Redis did not confirm')
  })

  it('shows how far it is', async () => {
    conversations(
      conversation('t_1', [{ id: 'm_1', ago: 10 }]),
      conversation('t_2', [{ id: 'm_2', ago: 10 }]),
    )
    const { progress } = await run(['--since', '2h'])
    expect(progress).toContain('conversation 2 of 2, 1 new message')
  })
})

describe('how far back it goes', () => {
  it('is no further than events are remembered', async () => {
    conversations()
    const refused = await run(['--since', '3d'])
    expect(refused.exitCode).toBe(1)
    expect(refused.text).toContain('Begin at 2026-11-20 13:00:00 UTC or later')
    expect(graph.calls).toEqual([])
    expect((await run(['--since', '71h'])).exitCode).toBe(0)
    expect((await run(['--since', '3d', '--allow-repeats'])).exitCode).toBe(0)
  })

  it.each([[[]], [['--since', 'tomorrow']], [['--since', '2h', '--page', '5']], [['--sinc', '2h']]])(
    'is asked for when %j does not say it',
    async (args) => {
      const { exitCode, text } = await run(args)
      expect(exitCode).toBe(2)
      expect(text).toContain('node src/main.ts backfill --page <id> --since <time>')
    },
  )
})
