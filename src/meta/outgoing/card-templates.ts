import type { z } from 'zod'
import { defaultAction, imageAction, oneToThreeButtons, upToThreeButtons, upToThreeLinks } from './buttons.ts'
import { choice, constant, given, httpsUrl, list, object, plainText, rule, text, yesOrNo } from './fields.ts'

/** Templates that show text, pictures and buttons: generic, button, media and image_grid. */

const sharable = yesOrNo().optional().describe('Whether the person may share it.')

const card = object({
  title: text(80).describe('At most 80 characters.'),
  subtitle: text(80).optional().describe('At most 80 characters.'),
  imageUrl: httpsUrl().optional().describe('Fetched by Meta.'),
  defaultAction,
  buttons: upToThreeButtons,
}).check(
  rule((value) => {
    const { buttons } = value
    const others = given(value, ['subtitle', 'imageUrl', 'defaultAction']).length
    const bare = others === 0 && (buttons === undefined || (Array.isArray(buttons) && buttons.length === 0))
    return [
      bare && {
        path: [],
        message: 'has a title only; Meta wants one more of subtitle, imageUrl, defaultAction, buttons',
      },
    ]
  }),
)

export const genericTemplate = object({
  type: constant('generic'),
  elements: list(card, 1, 10).describe('1 to 10; several are shown side by side.'),
  sharable,
}).describe('Cards with a title, a picture and buttons.')

export const buttonTemplate = object({
  type: constant('button'),
  text: text(640).describe('At most 640 characters.'),
  buttons: oneToThreeButtons,
  sharable,
}).describe('Text with buttons.')

const mediaSources = ['attachmentId', 'uploadId', 'url'] as const
const media = object({
  mediaType: choice('image', 'video'),
  attachmentId: plainText().optional().describe("Meta's own id of an upload."),
  uploadId: plainText().optional().describe('Of `POST /v1/uploads`.'),
  url: httpsUrl().optional().describe('Of a picture or video on Facebook; others are uploaded first.'),
  buttons: upToThreeButtons,
}).check(
  rule((value) => [
    given(value, mediaSources).length !== 1 && {
      path: [],
      message: 'needs exactly one of attachmentId, uploadId, url',
    },
    isForeign(value['url']) && {
      path: ['url'],
      message: 'is no URL of facebook.com; Meta shows media of other sites only if they are uploaded first',
    },
  ]),
)

export const mediaTemplate = object({
  type: constant('media'),
  elements: list(media, 1, 1).describe('Exactly 1.'),
  sharable,
}).describe('A picture or a video with buttons. Messenger only.')

export type MediaTemplate = z.output<typeof mediaTemplate>

const gridImage = object({
  url: httpsUrl().describe('Fetched by Meta.'),
  isHeroImage: yesOrNo().optional().describe('Shows it larger. At most one may.'),
  action: imageAction,
})
const grid = object({
  images: list(gridImage, 2, 6).describe('2 to 6.'),
  title: text(45).optional().describe('At most 45 characters.'),
  subtitle: text(80).optional().describe('At most 80 characters.'),
  buttons: upToThreeLinks,
}).check(
  rule(({ images }) => {
    const heroes = Array.isArray(images) ? images.filter(isHero).length : 0
    return [heroes > 1 && { path: ['images'], message: `has ${heroes} hero images; Meta takes at most 1` }]
  }),
)

export const imageGridTemplate = object({
  type: constant('image_grid'),
  elements: list(grid, 1, 1).describe('Exactly 1.'),
}).describe('2 to 6 pictures in one message. Messenger only.')

function isForeign(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false
  return !/(?:^|\.)facebook\.com$/.test(new URL(url).hostname)
}

function isHero(image: unknown): boolean {
  return typeof image === 'object' && image !== null && 'isHeroImage' in image && image.isHeroImage === true
}
