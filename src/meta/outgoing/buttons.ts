import type { z } from 'zod'
import {
  byType,
  constant,
  given,
  httpsUrl,
  list,
  object,
  plainText,
  rule,
  text,
  webUrl,
  wholeNumber,
  yesOrNo,
} from './fields.ts'

const title = text(20).describe('What stands on the button. At most 20 characters.')

const webview = {
  url: webUrl().describe('The page that opens.'),
  webviewHeightRatio: text(40, { whose: 'deskbridge' })
    .optional()
    .describe("Meta's `webview_height_ratio`: compact, tall or full."),
  messengerExtensions: yesOrNo().optional().describe("Meta's `messenger_extensions`."),
  fallbackUrl: webUrl().optional().describe("Meta's `fallback_url`."),
  webviewShareButton: text(40, { whose: 'deskbridge' })
    .optional()
    .describe("Meta's `webview_share_button`: hide takes it away."),
}

const webUrlButton = object({ type: constant('web_url'), title, ...webview }).describe('Opens a web page.')
const postbackButton = object({
  type: constant('postback'),
  title,
  payload: text(1000).describe('Comes back in the event `postback`. At most 1000 characters.'),
}).describe('Sends an event `postback`.')

const gameMetadata = object({ playerId: plainText().optional(), contextId: plainText().optional() })
  .check(
    rule((value) => [
      given(value, ['playerId', 'contextId']).length !== 1 && {
        path: [],
        message: 'needs playerId or contextId, and not both',
      },
    ]),
  )
  .describe('Against whom, or in which context, the game begins.')

const button = byType(
  webUrlButton,
  postbackButton,
  object({
    type: constant('phone_number'),
    title,
    payload: text(1000).describe('The number, with its country code.').meta({ example: '+15105551234' }),
  }).describe('Calls a number. Messenger only.'),
  object({
    type: constant('account_link'),
    url: httpsUrl().describe('The page of yours where the person logs in.'),
  }).describe('Links the person to an account with you. Messenger only.'),
  object({ type: constant('account_unlink') }).describe('Ends that link. Messenger only.'),
  object({
    type: constant('game_play'),
    title,
    payload: text(1000).optional().describe('Given to the game. At most 1000 characters.'),
    gameMetadata: gameMetadata.optional(),
  }).describe('Begins an Instant Game. Messenger only.'),
  object({
    type: constant('audio_call'),
    title,
    expiresInDays: wholeNumber(1, 7).optional().describe('How long it can be tapped, days.'),
  }).describe('Calls the Page. Messenger only.'),
).meta({ example: { type: 'postback', title: 'Where is my parcel?', payload: 'PARCEL' } })

/** Of templates that may do without. */
export const upToThreeButtons = list(button, 0, 3).optional().describe('At most 3.')
export const oneToThreeButtons = list(button, 1, 3).describe('1 to 3.')
export const upToThreeLinks = list(byType(webUrlButton, postbackButton), 0, 3)
  .optional()
  .describe('At most 3, each web_url or postback.')

/** What a tap beside the buttons does: a web_url button without a title. */
export const defaultAction = object({ type: constant('web_url').default('web_url'), ...webview })
  .optional()
  .describe('What a tap on the element itself opens.')

export const imageAction = byType(
  object({ type: constant('web_url'), url: webview.url }),
  object({ type: constant('postback'), payload: text(1000) }),
)
  .optional()
  .describe('What a tap on the image does.')

export type Button = z.output<typeof button>
