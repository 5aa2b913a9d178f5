import { describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../src/domain/event.ts'
import { windowOpening } from '../../src/meta/policy/window.ts'
import { words } from '../support/words.ts'

const ad = { source: 'ADS', type: 'OPEN_THREAD', ref: null, adId: '120' }
const link = { source: 'SHORTLINK', type: 'OPEN_THREAD', ref: 'spring', adId: null }

test.each(['message', 'postback', 'referral', 'optin'])('%s opens the standard window', (kind) => {
  expect(windowOpening({ kind, standby: false })).toBe('standard')
})

test('a reaction opens it, taking one back does not', () => {
  expect(windowOpening({ kind: 'reaction', standby: false, action: 'react' })).toBe('standard')
  expect(windowOpening({ kind: 'reaction', standby: false, action: 'unreact' })).toBeNull()
  expect(windowOpening({ kind: 'reaction', standby: false })).toBeNull()
})

test.each(['one_time_notif_req', 'notification_messages'])('agreeing to %s opens none', (type) => {
  expect(windowOpening({ kind: 'optin', standby: false, type })).toBeNull()
  expect(windowOpening({ kind: 'optin', standby: false, type: null })).toBe('standard')
})

const silent =
  words(`message_edit message_deleted echo read delivery account_linking policy_enforcement thread_control
  feedback order payment customer_information lead coupon game_play comment post feed_reaction review mention label
  page_integrity story_insight unknown constructor`)

test.each(silent)('%s opens none', (kind) => {
  expect(windowOpening({ kind, standby: false, action: 'react', referral: ad })).toBeNull()
})

test('what another app is answering opens it all the same', () => {
  expect(windowOpening({ kind: 'message', standby: true })).toBe('standard')
  expect(windowOpening({ kind: 'message', standby: true, referral: ad })).toBe('ad')
  expect(windowOpening({ kind: 'read', standby: true })).toBeNull()
})

test.each(['reaction', 'message'])('a %s of the Page itself opens none', (kind) => {
  expect(windowOpening({ kind, standby: false, action: 'react', byPage: true })).toBeNull()
  expect(windowOpening({ kind, standby: false, action: 'react', byPage: false })).toBe('standard')
})

test('takes every event of the domain', () => {
  const opening: (event: DomainEvent) => string | null = windowOpening
  expect(opening).toBe(windowOpening)
})

describe('an ad', () => {
  test.each(['message', 'postback'])('is what a %s came from', (kind) => {
    expect(windowOpening({ kind, standby: false, referral: ad })).toBe('ad')
    expect(windowOpening({ kind, standby: false, referral: link })).toBe('standard')
    expect(windowOpening({ kind, standby: false, referral: null })).toBe('standard')
    expect(windowOpening({ kind, standby: false, referral: { ...ad, source: null } })).toBe('standard')
  })

  test('counts from the message, not from the click alone', () => {
    expect(windowOpening({ kind: 'referral', standby: false, referral: ad })).toBe('standard')
    expect(windowOpening({ kind: 'optin', standby: false, referral: ad })).toBe('standard')
  })
})
