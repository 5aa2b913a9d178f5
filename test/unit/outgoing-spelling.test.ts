import { describe, expect, test } from 'vitest'
import { outgoingSchema } from '../../src/meta/outgoing/schema.ts'
import { faultsOf } from '../support/outgoing-bodies.ts'

describe('what was copied from Meta is understood', () => {
  test('in templates', () => {
    const copied = {
      template_type: 'generic',
      elements: [
        {
          title: 'A',
          image_url: 'https://a/b',
          default_action: { type: 'web_url', url: 'https://a', webview_height_ratio: 'tall' },
          buttons: [{ type: 'web_url', title: 'B', url: 'https://a', messenger_extensions: true }],
        },
      ],
    }
    expect(outgoingSchema.parse({ template: copied })).toEqual({
      template: {
        type: 'generic',
        elements: [
          {
            title: 'A',
            imageUrl: 'https://a/b',
            defaultAction: { type: 'web_url', url: 'https://a', webviewHeightRatio: 'tall' },
            buttons: [{ type: 'web_url', title: 'B', url: 'https://a', messengerExtensions: true }],
          },
        ],
      },
    })
  })

  test('in receipts, with a time in digits', () => {
    const copied = {
      template_type: 'receipt',
      recipient_name: 'Ada',
      order_number: '1',
      currency: 'EUR',
      payment_method: 'Visa',
      timestamp: 1428444852,
      address: { street_1: 'A', street_2: '', city: 'B', postal_code: 'C', state: 'D', country: 'E' },
      summary: { shipping_cost: 1, total_tax: 2, total_cost: 3 },
    }
    expect(outgoingSchema.parse({ template: copied }).template).toEqual({
      type: 'receipt',
      recipientName: 'Ada',
      orderNumber: '1',
      currency: 'EUR',
      paymentMethod: 'Visa',
      timestamp: '1428444852',
      address: { street1: 'A', street2: '', city: 'B', postalCode: 'C', state: 'D', country: 'E' },
      summary: { shippingCost: 1, totalTax: 2, totalCost: 3 },
    })
  })

  test('in utility templates, whose components stay as they are', () => {
    const components = [{ type: 'button', sub_type: 'url', parameters: [{ some_name: [{ other_name: 1 }] }] }]
    const copied = { type: 'utility', name: 'parcel_left', language: { code: 'en_US' }, components }
    expect(outgoingSchema.parse({ template: copied }).template).toEqual({ ...copied, language: 'en_US' })
  })

  test('in quick replies', () => {
    const copied = [
      { content_type: 'text', title: 'A', payload: 'B', image_url: 'https://a/b' },
      { content_type: 'user_phone_number' },
      { type: 'user_email' },
    ]
    expect(outgoingSchema.parse({ text: 'Hi', quickReplies: copied }).quickReplies).toEqual([
      { type: 'text', title: 'A', payload: 'B', imageUrl: 'https://a/b' },
      { type: 'phone' },
      { type: 'email' },
    ])
  })

  test('but one field in both spellings is a fault', () => {
    const both = { title: 'A', imageUrl: 'https://a/b', image_url: 'https://a/c' }
    expect(faultsOf({ template: { type: 'generic', elements: [both] } })).toEqual([
      { path: 'template.elements.0', message: 'has fields that are not known here: image_url' },
    ])
  })

  test('and a field of every object there is stays a field like any other', () => {
    const odd = JSON.parse(
      '{"type":"generic","elements":[],"to_string":1,"__proto__":{"text":"x"}}',
    ) as object
    expect(faultsOf({ template: odd }).map(({ path }) => path)).toEqual(['template.elements', 'template'])
  })
})
