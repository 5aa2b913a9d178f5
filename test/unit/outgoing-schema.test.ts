import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { replyExamples } from '../../src/meta/outgoing/examples.ts'
import { quickReplies } from '../../src/meta/outgoing/quick-replies.ts'
import { raw } from '../../src/meta/outgoing/raw.ts'
import { outgoingSchema, readOutgoing } from '../../src/meta/outgoing/schema.ts'
import { faultsOf } from '../support/outgoing-bodies.ts'
import { words } from '../support/words.ts'

const oneOfSeven = 'give exactly one of text, attachment, template, reaction, typing, seen, raw'

describe('examples', () => {
  test.each(Object.entries(replyExamples))('%s passes and is changed by nothing', (_name, { value }) => {
    expect(outgoingSchema.parse(value)).toEqual(value)
  })

  test('show every kind and every template', () => {
    const values = Object.values(replyExamples).map(({ value }) => value as Record<string, { type?: string }>)
    const kinds = new Set(values.flatMap((value) => Object.keys(value)))
    expect([...kinds].sort()).toEqual(
      words('agent attachment from quickReplies raw reaction replyTo seen template text typing'),
    )
    const templates = values.flatMap(({ template }) => template?.type ?? []).sort()
    expect(templates).toEqual(
      words('button coupon customer_feedback generic image_grid media product receipt utility'),
    )
    const attachments = values.flatMap(({ attachment }) => attachment?.type ?? []).sort()
    expect(attachments).toEqual(words('audio file image video'))
  })

  test('that stand in the schemas pass', () => {
    expect(outgoingSchema.safeParse(outgoingSchema.meta()?.['example']).success).toBe(true)
    expect(quickReplies.safeParse(quickReplies.meta()?.['example']).success).toBe(true)
    expect(raw.safeParse(raw.meta()?.['example']).success).toBe(true)
  })
})

test('the schema can be published, and says that exactly one is given', () => {
  const published = z.toJSONSchema(outgoingSchema, { io: 'input' })
  expect(published.oneOf).toEqual(
    words('text attachment template reaction typing seen raw').map((what) => ({ required: [what] })),
  )
  expect(published.properties?.['template']).toMatchObject({ oneOf: { length: 9 } })
})

describe('exactly one thing is sent', () => {
  test.each([
    ['none', {}, `has nothing to send; ${oneOfSeven}`, 'text'],
    ['none, beside an agent', { agent: { name: 'Grace' } }, `has nothing to send; ${oneOfSeven}`, 'text'],
    ['two', { text: 'Hi', typing: true }, `has text and typing; ${oneOfSeven}`, ''],
    [
      'three',
      { text: 'Hi', seen: true, raw: { message: {} } },
      `has text and seen and raw; ${oneOfSeven}`,
      '',
    ],
  ])('%s', (_name, body, message, path) => {
    expect(faultsOf(body)).toEqual([{ path, message }])
  })
})

describe('every fault is told in one answer', () => {
  test('those of fields, of what is between them, and of fields that nobody knows', () => {
    const body = {
      text: 7,
      typing: true,
      from: 'bot',
      agent: { name: 'Grace', age: 90 },
      template: {
        type: 'generic',
        elements: [{ title: 'x'.repeat(81), imageUrl: 'http://a' }, { title: 'A' }],
      },
      colour: 'red',
    }
    expect(faultsOf(body)).toEqual([
      { path: 'text', message: 'must be text' },
      { path: 'template.elements.0.title', message: 'is 81 characters long; Meta takes at most 80' },
      { path: 'template.elements.0.imageUrl', message: 'must be a URL that begins with https://' },
      {
        path: 'template.elements.1',
        message: 'has a title only; Meta wants one more of subtitle, imageUrl, defaultAction, buttons',
      },
      { path: 'agent', message: 'has fields that are not known here: age' },
      { path: '', message: 'has fields that are not known here: colour' },
      { path: '', message: `has text and template and typing; ${oneOfSeven}` },
      { path: 'from', message: 'says that a bot speaks, but an agent is named' },
    ])
  })

  test('but a list that is too long is not looked into', () => {
    const elements = Array.from({ length: 100_000 }, () => 7)
    expect(faultsOf({ template: { type: 'generic', elements } })).toEqual([
      { path: 'template.elements', message: 'has 100000 entries; Meta takes at most 10' },
    ])
  })
})

describe('readOutgoing', () => {
  test('parts the message from who says it', () => {
    const agent = { name: 'Grace', pictureUrl: 'https://a/b' }
    const body = outgoingSchema.parse({ text: 'Hi', replyTo: 'm', agent })
    expect(readOutgoing(body)).toStrictEqual({ message: { text: 'Hi', replyTo: 'm' }, agent })
  })

  test.each([{ text: 'Hi' }, { text: 'Hi', from: 'bot' }])('nobody named is a bot', (body) => {
    expect(readOutgoing(outgoingSchema.parse(body))).toStrictEqual({ message: { text: 'Hi' }, agent: null })
  })
})
