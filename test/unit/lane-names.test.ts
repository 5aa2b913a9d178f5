import { describe, expect, test } from 'vitest'
import { laneOfLetter } from '../../src/lanes/dead-letters.ts'
import { laneName, maskLane, parseLane, shardOf } from '../../src/lanes/keys.ts'
import { destinationOf } from '../../src/routing/destination.ts'
import { page } from '../support/lane-replies.ts'

const ada = '1:2400000000000001'
const thread = '1:comment:411_1@x:y'

describe('a lane', () => {
  test.each([
    [`in:${ada}`, 'in', null, ada],
    [`out:${ada}`, 'out', null, ada],
    [`in@desk-2:${ada}`, 'in', 'desk-2', ada],
    [`in@desk-2:${thread}`, 'in', 'desk-2', thread],
    [`in:${thread}`, 'in', null, thread],
  ] as const)('%s is read as it was named', (lane, direction, helpdesk, conversationId) => {
    expect(parseLane(lane)).toEqual({ direction, helpdesk, conversationId })
    expect(laneName(direction, conversationId, helpdesk)).toBe(lane)
  })

  test('shares its shard with all others of its conversation', () => {
    for (let n = 0; n < 50; n++) {
      const lanes = [`in:1:${n}`, `out:1:${n}`, `in@a:1:${n}`, `in@b:1:${n}`]
      expect(new Set(lanes.map((lane) => shardOf(lane, 16))).size).toBe(1)
    }
  })

  test('is logged without who it is about', () => {
    expect(maskLane(`in@desk-2:${ada}`)).toBe('in@desk-2:1:…0001')
    expect(maskLane(`in:${ada}`)).toBe('in:1:…0001')
  })

  test('leads to its helpdesk, the Page’s own, Graph, or nowhere', () => {
    const destination = destinationOf(new Map([['1', page]]), new Set(['main', 'spare']))
    expect(
      [`in:${ada}`, `in@spare:${ada}`, `in@gone:${ada}`, `out:${ada}`, 'in@spare:2:9', 'in:2:9'].map(
        destination,
      ),
    ).toEqual(['helpdesk-main', 'helpdesk-spare', 'unrouted', 'graph', 'unrouted', 'unrouted'])
  })

  test('is where its dead letters go again', () => {
    const letter = { conversationId: ada, helpdesk: null }
    expect(laneOfLetter({ ...letter, kind: 'event' })).toBe(`in:${ada}`)
    expect(laneOfLetter({ ...letter, kind: 'event', helpdesk: 'spare' })).toBe(`in@spare:${ada}`)
    expect(laneOfLetter({ ...letter, kind: 'reply' })).toBe(`out:${ada}`)
    expect(laneOfLetter({ ...letter, kind: 'delivery', conversationId: null })).toBeUndefined()
  })
})
