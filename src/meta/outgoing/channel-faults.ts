import type { Channel } from '../../domain/conversation.ts'
import type { Outgoing } from '../../domain/outgoing.ts'
import { maxTextParts, splitText, textLimits } from './split-text.ts'
import type { Button } from './buttons.ts'
import type { Template } from './templates.ts'

export interface ChannelFault {
  /** Where in the message, such as `template.elements.0.buttons.1.type`. */
  path: string
  message: string
}

/** Meta documents these for Instagram; the others speak of a Page and a PSID only. */
const instagramTemplates = ['generic', 'button', 'product']
const instagramButtons = ['web_url', 'postback']

/**
 * What stands against sending a message on a channel that could be sent on another one. The schema has checked all
 * that holds on every channel. What Meta's documents leave open is no fault.
 */
export function channelFaults(message: Outgoing, channel: Channel): ChannelFault[] {
  return channel === 'instagram'
    ? [...textFaults(message, channel), ...templateFaults(message)]
    : [...textFaults(message, channel), ...reactionFaults(message)]
}

function textFaults({ text }: Outgoing, channel: Channel): ChannelFault[] {
  if (text === undefined) return []
  const { most, unit } = textLimits[channel]
  const parts = splitText(text, channel).length
  if (parts <= maxTextParts) return []
  const message = `needs ${parts} messages of at most ${most} ${unit}; deskbridge sends at most ${maxTextParts}`
  return [{ path: 'text', message }]
}

function reactionFaults({ reaction }: Outgoing): ChannelFault[] {
  if (reaction?.emoji !== 'love') return []
  return [{ path: 'reaction.emoji', message: 'must be one emoji on Messenger' }]
}

function templateFaults(message: Outgoing): ChannelFault[] {
  const template = message.template as Template | undefined
  if (!template) return []
  if (!instagramTemplates.includes(template.type)) {
    const known = instagramTemplates.join(', ')
    return [{ path: 'template.type', message: `is ${template.type}; Instagram takes only ${known}` }]
  }
  if (template.type === 'button') return buttonFaults(template.buttons, 'template.buttons')
  if (template.type !== 'generic') return []
  return template.elements.flatMap((element, at) =>
    buttonFaults(element.buttons ?? [], `template.elements.${at}.buttons`),
  )
}

function buttonFaults(buttons: Button[], path: string): ChannelFault[] {
  return buttons.flatMap(({ type }, at) => {
    if (instagramButtons.includes(type)) return []
    const message = `is ${type}; Instagram takes only ${instagramButtons.join(' and ')}`
    return [{ path: `${path}.${at}.type`, message }]
  })
}
