import { describe, expect, it, onTestFinished } from 'vitest'
import { openSalesforce, ourUser } from '../support/vendors/salesforce.ts'
import type { SalesforceOptions } from '../support/vendors/salesforce.ts'

async function open(options?: SalesforceOptions) {
  const under = await openSalesforce(options)
  onTestFinished(async () => {
    expect(under.server.faults()).toEqual([])
    await under.close()
    await under.adapter.close()
  })
  const context = {
    callbackUrl: 'https://bridge.example/callbacks/service/salesforce-calls-us-with-this-secret',
    signal: AbortSignal.timeout(5000),
  }
  return {
    ...under,
    check: () => under.adapter.setup!.check(context),
    setUp: () => under.adapter.setup!.setUp(context),
  }
}

const statesOf = (findings: { state: string; what: string }[]) =>
  findings.map(({ state, what }) => `${state} ${what}`)

describe('setting up Salesforce', () => {
  it('finds an org in order, and changes nothing', async () => {
    const under = await open({ replies: 'poll' })
    expect(statesOf(await under.check())).toEqual([
      expect.stringMatching(/^ok log in at 127\.0\.0\.1:\d+ as the user 005000000000001AAA$/),
      'ok 14000 of 15000 calls of the API left in 24 hours',
      'ok Contact.Deskbridge_Id__c',
      'ok Case.Deskbridge_Id__c',
      'ok Case.Locale__c',
      'ok Case.Origin',
      'ok Case.Tags__c',
      'ok Case.Status has the value New',
      'ok Case.Status has the value Closed',
      'ok Case.Status has the value Archived',
      'ok CaseComment',
      'ok ContentVersion',
      'todo history of Case.Status, which tells us of changes',
    ])
    expect(under.server.exchanges.slice(1).every(({ request }) => request.method === 'GET')).toBe(true)
  })

  it('makes the external ids that lack, with rights for our user, once', async () => {
    const under = await open({ lacks: ['Case.Deskbridge_Id__c', 'Contact.Deskbridge_Id__c'] })
    expect(statesOf(await under.check())).toContain('todo Case.Deskbridge_Id__c')
    expect(statesOf(await under.setUp())).toEqual(
      expect.arrayContaining([
        'changed Contact.Deskbridge_Id__c, and the permission set Deskbridge for our user',
        'changed Case.Deskbridge_Id__c, and the permission set Deskbridge for our user',
      ]),
    )
    expect(under.store.assignments).toEqual([expect.objectContaining({ AssigneeId: ourUser })])
    const again = statesOf(await under.setUp())
    expect(again).toContain('ok Case.Deskbridge_Id__c')
    expect(again.filter((one) => one.startsWith('changed'))).toEqual([])
  })

  it('says what a person must do when Salesforce refuses', async () => {
    const under = await open({ lacks: ['Case.Deskbridge_Id__c'] })
    under.server.misbehave('refuses', 'POST /services/data/v62.0/tooling/sobjects/CustomField')
    const finding = (await under.setUp()).find(({ what }) => what.startsWith('Case.Deskbridge_Id__c'))
    expect(finding).toMatchObject({ state: 'todo', mend: expect.stringContaining('Object Manager › Case') })
  })

  it('does not take an external id that two cases could have', async () => {
    const under = await open({ lacks: ['unique Case.Deskbridge_Id__c'] })
    expect(statesOf(await under.setUp())).toContain(
      'failed Case.Deskbridge_Id__c is no unique external id that we may write',
    )
  })

  it('tells fields, values and rights that lack', async () => {
    const under = await open({
      messages: 'feed',
      lacks: ['Case.Locale__c', 'FeedItem.Visibility', 'ContentVersion'],
      settings: { status: { solved: 'Gelöst' } },
    })
    expect(statesOf(await under.check())).toEqual(
      expect.arrayContaining([
        'failed Case.Locale__c',
        'failed Case.Status has the value Gelöst',
        'failed FeedItem.Visibility, which keeps notes apart from replies',
        'failed ContentVersion',
      ]),
    )
  })

  it('asks for userId where Salesforce calls us, and tells no secret', async () => {
    const under = await open()
    const findings = await under.check()
    expect(findings[0]).toMatchObject({ state: 'todo', mend: expect.stringContaining(ourUser) })
    expect(findings.at(-1)!.what).toBe(
      'callouts to https://bridge.example/callbacks/service/<the first of callbackSecrets>',
    )
    for (const secret of under.secrets) expect(JSON.stringify(findings)).not.toContain(secret)
  })

  it('stops at a login that is refused', async () => {
    const under = await open()
    under.refuseLogins()
    expect(await under.check()).toEqual([
      { state: 'failed', what: 'log in', mend: expect.stringContaining('invalid_grant') },
    ])
  })
})
