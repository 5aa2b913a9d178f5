import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load-config.ts'

function check(tickets: object | undefined) {
  const config = {
    meta: { appSecrets: ['secret'], verifyToken: 'token' },
    pages: [{ id: '1', name: 'Acme', accessToken: 'token', helpdesk: 'main', ...(tickets && { tickets }) }],
    helpdesks: { main: { adapter: 'inbox' } },
  }
  const checked = checkConfig(stringify(config), {})
  return Array.isArray(checked) ? checked.map(({ path }) => path) : checked.pages[0]?.tickets
}

test('what becomes of solved tickets is read, with its defaults', () => {
  expect(check(undefined)).toBeUndefined()
  expect(check({})).toEqual({ reopenHours: 72, afterwards: 'followUp' })
  expect(check({ reopenHours: 0.5, afterwards: 'reopen' })).toEqual({
    reopenHours: 0.5,
    afterwards: 'reopen',
  })
  expect(check({ reopenHours: 0 })).toEqual({ reopenHours: 0, afterwards: 'followUp' })
})

test.each([
  [{ reopenHours: -1 }, 'reopenHours'],
  [{ reopenHours: 9000 }, 'reopenHours'],
  [{ afterwards: 'never' }, 'afterwards'],
  [{ reopenHours: 0, afterwards: 'reopen' }, 'afterwards'],
])('refuses %o by its %s', (tickets, field) => {
  expect(check(tickets)).toEqual([`pages.0.tickets.${field}`])
})
