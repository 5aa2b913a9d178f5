import { z } from 'zod'
import {
  anyJson,
  constant,
  list,
  object,
  plainText,
  text,
  tooMuchJson,
  webUrl,
  wholeNumber,
} from './fields.ts'

/** Templates that policy treats apart: customer_feedback and utility. */

const question = object({
  id: text(80)
    .regex(/^\w*$/, { error: 'may hold letters, digits and underscores only; Meta takes no others' })
    .describe('Comes back with the answer.'),
  type: text(40, { whose: 'deskbridge' }).describe('csat, nps, ces or free_form.').meta({ example: 'csat' }),
  title: text(85, { least: 5 }).optional().describe('5 to 85 characters; Meta has one for each type.'),
  scoreLabel: text(40, { whose: 'deskbridge' }).optional().describe("Meta's `score_label`, such as neg_pos."),
  scoreOption: text(40, { whose: 'deskbridge' })
    .optional()
    .describe("Meta's `score_option`, such as five_stars."),
  followUp: object({
    type: constant('free_form').default('free_form'),
    placeholder: text(65).optional().describe('At most 65 characters.'),
  })
    .optional()
    .describe('Asks for words beside the score. The person may write up to 400 characters.'),
})

export const customerFeedbackTemplate = object({
  type: constant('customer_feedback'),
  title: text(65).describe('At most 65 characters.'),
  subtitle: text(80).describe('At most 80 characters.'),
  buttonTitle: text(20).describe('At most 20 characters.'),
  feedbackScreens: list(object({ questions: list(question, 1, 1).describe('Exactly 1.') }), 1, 1).describe(
    'Exactly 1.',
  ),
  businessPrivacy: object({ url: webUrl() }).describe('Your privacy policy.'),
  expiresInDays: wholeNumber(1, 7)
    .optional()
    .describe('How long it can be answered, days. Meta takes 1 if left out.'),
}).describe('Asks how content the customer is. Messenger only.')

const components = z
  .array(anyJson, { error: 'must be a list' })
  .superRefine(
    (value, context) => {
      const isObjects = value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one))
      const message = tooMuchJson(value) ?? (isObjects ? undefined : 'must be a list of objects')
      if (message !== undefined) context.addIssue({ code: 'custom', message, input: value })
    },
    { when: ({ value }) => Array.isArray(value) },
  )
  .meta({ items: { type: 'object' } })

export const utilityTemplate = object({
  type: constant('utility'),
  name: plainText().describe('Of a template that Meta has approved for this Page.'),
  language: z
    .preprocess(codeOf, text(20, { whose: 'deskbridge' }))
    .describe("Its language, such as en_US. Meta's { code } is taken too.")
    .meta({ example: 'en_US' }),
  components: components
    .optional()
    .describe('What fills its parameters, as Meta has it; passed on as it is.'),
}).describe('A utility message from an approved template. Messenger only.')

function codeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'code' in value ? value.code : value
}
