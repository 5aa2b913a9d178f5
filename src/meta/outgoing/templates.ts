import { z } from 'zod'
import { toCamelCase } from './camel-case.ts'
import { buttonTemplate, genericTemplate, imageGridTemplate, mediaTemplate } from './card-templates.ts'
import { byType } from './fields.ts'
import { customerFeedbackTemplate, utilityTemplate } from './service-templates.ts'
import { couponTemplate, productTemplate, receiptTemplate } from './shop-templates.ts'

const anyTemplate = byType(
  genericTemplate,
  buttonTemplate,
  mediaTemplate,
  receiptTemplate,
  couponTemplate,
  productTemplate,
  customerFeedbackTemplate,
  utilityTemplate,
  imageGridTemplate,
)

export const template = z
  .preprocess((value) => toCamelCase(value), anyTemplate)
  .describe(
    "One of Meta's templates; `type` is what Meta calls `template_type`. Fields may be spelt as Meta spells them.",
  )

/** A template whose fields were checked. */
export type Template = z.output<typeof anyTemplate>
