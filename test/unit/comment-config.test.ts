import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load-config.ts'

function check(page: object) {
  const config = {
    meta: { appSecrets: ['secret'], verifyToken: 'token' },
    pages: [{ id: '1', name: 'Acme', accessToken: 'token', helpdesk: 'main', ...page }],
    helpdesks: { main: { adapter: 'inbox' } },
  }
  const checked = checkConfig(stringify(config), {})
  return Array.isArray(checked) ? checked.map(({ path }) => path) : checked.pages[0]
}

const rule = (more: object) => check({ comments: { rules: [{ words: ['price'], do: 'hide', ...more }] } })
const at = (field: string) => [`pages.0.comments.rules.0.${field}`]

test('rules of comments and the reviews that open a ticket are read', () => {
  const comments = { rules: [{ words: ['price'], do: 'private', text: 'Hi', publicText: 'See there' }] }
  expect(check({ comments, reviews: {} })).toMatchObject({ comments, reviews: { ticketFor: 'all' } })
  expect(check({})).not.toHaveProperty('comments')
})

test.each<[object, string]>([
  [{ do: 'public' }, 'text'],
  [{ do: 'private' }, 'text'],
  [{ do: 'hide', text: 'Hi' }, 'text'],
  [{ do: 'tag' }, 'group'],
  [{ do: 'public', text: 'Hi', publicText: 'Hi' }, 'publicText'],
  [{ do: 'private', text: 'é'.repeat(501) }, 'text'],
  [{ words: [] }, 'words'],
  [{ words: [' '] }, 'words.0'],
  [{ do: 'shout' }, 'do'],
])('a rule with %o is refused', (more, field) => {
  expect(rule(more)).toEqual(at(field))
})

test('what a review may be for is one of three', () => {
  expect(check({ reviews: { ticketFor: 'bad' } })).toEqual(['pages.0.reviews.ticketFor'])
})
