import type { Channel } from '../../domain/conversation.ts'
import type { Outgoing } from '../../domain/outgoing.ts'
import type { ChannelFault } from './channel-faults.ts'
import { given } from './fields.ts'
import { longestComment } from './schema.ts'
import { splitText } from './split-text.ts'

/** What stands against answering a comment with a message that could be sent to a person. */
export function commentFaults(message: Outgoing, as: 'public' | 'private', channel: Channel): ChannelFault[] {
  const fields = message as unknown as Record<string, unknown>
  const never = given(fields, ['reaction', 'typing', 'seen', 'raw', 'replyTo']).map((path) => ({
    path,
    message: 'cannot be sent to a comment',
  }))
  return [...never, ...(as === 'public' ? publicFaults(message, fields) : privateFaults(message, channel))]
}

/** Of a comment Meta documents a text and nothing else. */
function publicFaults({ text }: Outgoing, fields: Record<string, unknown>): ChannelFault[] {
  const faults = given(fields, ['attachment', 'template', 'quickReplies']).map((path) => ({
    path,
    message: 'cannot be said in public, where there is text only; give as: private',
  }))
  if (text === undefined || text.length <= longestComment) return faults
  const message = `is ${text.length} characters long; deskbridge takes at most ${longestComment} for a comment`
  return [...faults, { path: 'text', message }]
}

function privateFaults({ text, template }: Outgoing, channel: Channel): ChannelFault[] {
  const parts = text === undefined ? 1 : splitText(text, channel).length
  return [
    ...(parts > 1
      ? [
          {
            path: 'text',
            message: `needs ${parts} messages; Meta takes one private reply to a comment, so shorten it`,
          },
        ]
      : []),
    ...(template?.type === 'utility' || template?.type === 'customer_feedback'
      ? [{ path: 'template.type', message: `is ${template.type}, which cannot be sent to a comment` }]
      : []),
  ]
}
