import { describe, expect, test } from 'vitest'
import type { CommentRule, Page } from '../../src/domain/page.ts'
import type { CommentEvent } from '../../src/domain/page-events.ts'
import { commentEvent, thread } from '../support/lane-comments.ts'
import { busy, message } from '../support/lane-events.ts'
import { openForwarding } from '../support/lane-forward.ts'
import { useRedis } from '../support/redis.ts'

const redis = useRedis({ appendfsync: 'no' })
const openLane = (settings: Partial<Page>, withTags = false) =>
  openForwarding(redis.client, settings, withTags)

describe('a rule', () => {
  const rules: CommentRule[] = [
    { words: ['scam'], do: 'hide', group: 'managers' },
    { words: ['price'], do: 'public', text: '20 €' },
    { words: ['hats', 'price'], do: 'private', text: 'Look here', publicText: 'See your messages' },
    { words: ['lawyer'], do: 'tag', group: 'managers' },
  ]
  const said = (text: string, more: Partial<CommentEvent> = {}) => commentEvent('c_1', { text, ...more })

  test('is followed once, however often its event fails and comes', async () => {
    const { forward, failing, turn, replies, kit } = openLane({ comments: { rules } })
    failing.set('append', busy())
    expect(await forward(said('A scam?'))).toEqual(['retry DESK_BUSY'])
    expect(await turn(`in:${thread}`)).toEqual(['done'])
    const [reply, ...more] = (await replies()).map((text) => JSON.parse(text) as Record<string, unknown>)
    expect([reply, more]).toMatchObject([
      { comment: { do: 'hide', commentId: 'c_1' }, agent: null, by: 'comment-rule', message: {} },
      [],
    ])
    // As the same event, replayed when its lane has forgotten it.
    const again = { lane: `in:${thread}`, id: 'evt_again', payload: JSON.stringify(said('A scam?')) }
    expect(await kit.lanes.append([again])).toBe(1)
    await turn(`in:${thread}`)
    expect(await replies()).toHaveLength(1)
  })

  test('that comes first decides, alone', async () => {
    const { forward, replies } = openLane({ comments: { rules } })
    await forward(said('The price of hats'))
    expect((await replies()).map((text) => (JSON.parse(text) as { comment: unknown }).comment)).toEqual([
      { do: 'public', commentId: 'c_1' },
    ])
  })

  test('shows in the ticket after the comment, as tags where the helpdesk has them', async () => {
    for (const withTags of [false, true]) {
      const { forward, steps } = openLane({ comments: { rules } }, withTags)
      await forward(said('My lawyer!'))
      expect(steps.slice(2)).toEqual([
        'append T-1 customer: My lawyer!',
        ...(withTags ? ['tags T-1 managers'] : []),
        'note T-1 evt_c_1:rule By the rule on “lawyer” it is for: managers',
      ])
    }
  })

  test('is in the event, for helpdesks that take those', async () => {
    const { forward, events } = openLane({ comments: { rules }, helpdesk: 'events' })
    await forward(said('scam'), commentEvent('c_2', { text: 'nice' }), message(1))
    expect(events.map((event) => ('rule' in event ? event.rule : null))).toEqual([
      { do: 'hide', group: 'managers' },
      null,
      null,
    ])
  })

  test.each<[string, Partial<CommentEvent>]>([
    ['the Page’s own', { byPage: true }],
    ['of another Page of ours', { author: { id: '1', name: 'Acme' } }],
    ['edited', { verb: 'edit' }],
    ['without words', { text: null }],
  ])('is none for a comment that is %s', async (_name, more) => {
    const { forward, replies } = openLane({ comments: { rules } })
    await forward(said('scam', more))
    expect(await replies()).toEqual([])
  })
})
