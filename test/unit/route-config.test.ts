import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { checkConfig } from '../../src/config/load-config.ts'

const config = (routes: unknown) =>
  stringify({
    meta: { appSecrets: ['a'], verifyToken: 'b' },
    helpdesks: { main: { adapter: 'inbox' }, spare: { adapter: 'inbox' } },
    pages: [{ id: 108000000000017, name: 'Acme', accessToken: 't', helpdesk: 'main' }],
    routes,
  })

function faults(routes: unknown): [string, string][] {
  const result = checkConfig(config(routes), {})
  return Array.isArray(result) ? result.map(({ path, message }) => [path, message]) : []
}

describe('routes', () => {
  test('are none without any, and take ids that are numbers', () => {
    expect(checkConfig(config(undefined), {})).toMatchObject({ routes: [] })
    const full = {
      when: {
        pages: [108000000000017],
        channels: ['instagram'],
        kinds: ['comment', 'message'],
        words: ['price'],
        languages: ['de', 'pt_BR'],
        tags: ['VIP'],
      },
      to: ['spare', 'main'],
    }
    expect(checkConfig(config([full, { to: ['spare'], also: true }]), {})).toMatchObject({
      routes: [
        { ...full, when: { ...full.when, pages: ['108000000000017'] }, also: false },
        { when: {}, to: ['spare'], also: true },
      ],
    })
  })

  test('to a helpdesk, or for a Page, that is not there are named by their path', () => {
    const routes = [
      { to: ['main'] },
      { when: { pages: ['108000000000017', '2'] }, to: ['spare', 'nowhere', 'constructor'] },
    ]
    expect(faults(routes)).toEqual([
      ['routes.1.to.1', 'names no helpdesk of this file; there are: main, spare'],
      ['routes.1.to.2', 'names no helpdesk of this file; there are: main, spare'],
      ['routes.1.when.pages.1', 'names no Page of this file'],
    ])
  })

  test.each<[string, object]>([
    ['routes.0.to', { to: [] }],
    ['routes.0.to', {}],
    ['routes.0.when.kinds.0', { when: { kinds: ['messages'] }, to: ['main'] }],
    ['routes.0.when.channels.0', { when: { channels: ['whatsapp'] }, to: ['main'] }],
    ['routes.0.when.languages.0', { when: { languages: ['german'] }, to: ['main'] }],
    ['routes.0.when.words', { when: { words: [] }, to: ['main'] }],
    ['routes.0.when.tags.0', { when: { tags: [''] }, to: ['main'] }],
    ['routes.0.when.word', { when: { word: ['x'] }, to: ['main'] }],
    ['routes.0.if', { if: {}, to: ['main'] }],
    ['routes.0.also', { also: 'perhaps', to: ['main'] }],
  ])('that are wrong are told: %s', (path, route) => {
    expect(faults([route]).map(([at]) => at)).toContain(path)
  })
})
