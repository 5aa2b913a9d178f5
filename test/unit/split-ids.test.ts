import { describe, expect, test } from 'vitest'
import { splitDelivery } from '../../src/meta/split.ts'
import { OTHER_PAGE, PAGE, PSID, T0 } from '../fixtures/deliveries.ts'
import { fixture, fixtureNames } from '../support/fixtures.ts'

const receivedAt = T0 + 3_600_000
const split = (name: string, at = receivedAt) => splitDelivery(fixture(name).toString(), at)

describe('ids', () => {
  const ids = (name: string, at?: number) => split(name, at).events.map((event) => event.id)

  test.each(fixtureNames)('%s: a redelivery has the same ids, whenever it comes', (name) => {
    expect(ids(name, receivedAt + 86_400_000)).toEqual(ids(name))
  })

  // Redis remembers them for days, so a new version must give the same event the same id.
  test.each([
    ['text-message', ['evt_vifW2JYLoN9AzcwvlF-Gcd']],
    ['quick-reply', ['evt_R1mSvA25WLL0Lq0PyOMmGO']],
    ['postback', ['evt_Hxmfx3VE4IXsfhC8E-Erbw', 'evt_5wWJ78mDVXa0GDCKzT0cW-']],
    ['messages-in-changes', ['evt_TNIIxql_iRSPyLswkxgQLF']],
    ['unknown-key', ['evt_ntC_brC0NyP009KgOtYj3O', 'evt_uukTxzF2K5nyNOluwg5pUI']],
  ])('%s: the ids of the first version', (name, first) => {
    expect(ids(name)).toEqual(first)
  })

  test('different events never share one, in one delivery or over all of them', () => {
    const all = fixtureNames.flatMap((name) => ids(name))
    expect(new Set(all).size).toBe(all.length)
    for (const id of all) expect(id).toMatch(/^evt_[A-Za-z0-9_-]{22}$/)
  })

  test('the same mid in another entry, in standby or beside another time is the same message', () => {
    const [plain] = ids('text-message')
    const again = fixture('text-message')
      .toString()
      .replace('"messaging"', '"standby"')
      .replaceAll(/"(timestamp|time)":\d+/g, '"$1":1772442000999')
    expect(splitDelivery(again, receivedAt).events[0]!.id).toBe(plain)
  })

  // Meta documents entry.time as the time of sending; so only events without a time of their own may lean on it.
  test.each(['receipts', 'echo-of-another', 'feed-change', 'standby-only', 'unknown-key', 'user-ref'])(
    '%s: a redelivery that was sent at another time has the same ids',
    (name) => {
      const again = fixture(name)
        .toString()
        .replace(/"time":\d+/, '"time":1772449999999')
      expect(again).not.toBe(fixture(name).toString())
      expect(splitDelivery(again, receivedAt).events.map((event) => event.id)).toEqual(ids(name))
    },
  )

  test('two events that say the same and have no time of their own are told apart by that of their entry', () => {
    const at = (time: number) =>
      splitDelivery(`{"entry":[{"id":"1","time":${time},"changed_fields":["feed"]}]}`, receivedAt).events[0]!
        .id
    expect(at(1_772_442_000)).not.toBe(at(1_772_442_001))
  })

  test('the same mid at another Page is another message', () => {
    const elsewhere = fixture('text-message').toString().replaceAll(PAGE, OTHER_PAGE)
    expect(splitDelivery(elsewhere, receivedAt).events[0]!.id).not.toBe(ids('text-message')[0])
  })

  test('a postback without mid and time keeps its id when it comes again later', () => {
    const body = JSON.stringify({
      entry: [{ id: PAGE, messaging: [{ sender: { id: PSID }, postback: { title: 'Ja', payload: 'YES' } }] }],
    })
    const first = splitDelivery(body, receivedAt).events[0]!
    expect(splitDelivery(body, receivedAt + 60_000).events[0]!.id).toBe(first.id)
  })

  test('two postbacks of one millisecond that differ in their title only have two ids', () => {
    const [yes, no] = ['Ja', 'Nein'].map((title) => ({
      sender: { id: PSID },
      recipient: { id: PAGE },
      timestamp: T0,
      postback: { title },
    }))
    const { events } = splitDelivery(
      JSON.stringify({ entry: [{ id: PAGE, standby: [yes, no] }] }),
      receivedAt,
    )
    expect(events[0]!.id).not.toBe(events[1]!.id)
  })
})
