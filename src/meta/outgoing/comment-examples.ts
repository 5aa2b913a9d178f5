import type { OutgoingBody } from './schema.ts'

/** Replies that a thread of comments takes, for openapi.yaml. */
export const commentExamples = {
  publicComment: {
    summary: 'Below a comment, for all to read',
    value: { text: 'Yes, we deliver there too.', as: 'public', agent: { name: 'Grace' } },
  },
  privateComment: {
    summary: 'To whoever wrote a comment, and a word in public that it was done',
    value: {
      text: 'Hello Ada, may I ask for your order number?',
      as: 'private',
      commentId: '411_1',
      publicText: 'We have written to you.',
      agent: { name: 'Grace' },
    },
  },
} as const satisfies Record<string, { summary: string; value: OutgoingBody }>
