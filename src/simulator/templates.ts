import { z } from 'zod'
import type { UtilityTemplate } from './check-send.ts'
import { badParameter } from './graph-error.ts'
import type { Page } from './pages.ts'
import { perPage } from './per-page.ts'
import { newId } from './uploads.ts'

/** Utility templates: texts that Meta has looked at, which may be sent outside the window. */

const STATUSES = [
  ...(['APPROVED', 'ARCHIVED', 'DELETED', 'DISABLED', 'IN_APPEAL', 'LIMIT_EXCEEDED'] as const),
  ...(['PAUSED', 'PENDING', 'PENDING_DELETION', 'REJECTED'] as const),
]

export const templateSchema = z.strictObject({
  pageId: z.string().min(1),
  name: z.string().min(1),
  language: z.string().min(2).default('en'),
  status: z.enum(STATUSES).default('APPROVED'),
  category: z.literal('UTILITY').default('UTILITY'),
  components: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).default([]),
  parameter_format: z.enum(['POSITIONAL', 'NAMED']).default('POSITIONAL'),
})

export type TemplateInput = z.input<typeof templateSchema>
export type Template = Omit<z.output<typeof templateSchema>, 'pageId'> & { id: string }

export type Templates = {
  /** Replaces the one of the same name and language. */
  set(page: Page, template: Omit<Template, 'id'>): Template
  of(page: Page): Template[]
  /** Throws for what cannot be sent. */
  check(page: Page, template: UtilityTemplate): void
}

export function createTemplates(): Templates {
  const ofPage = perPage(() => new Map<string, Template>())

  return {
    set(page, template) {
      const key = keyOf(template.name, template.language)
      const kept = { ...template, id: ofPage(page).get(key)?.id ?? newId() }
      ofPage(page).set(key, kept)
      return kept
    },
    of: (page) => [...ofPage(page).values()],
    check(page, { name, language, components = [] }) {
      const template = ofPage(page).get(keyOf(name, language.code))
      if (!template) throw badParameter(`message[template]: no template ${name} in ${language.code}`)
      if (template.status !== 'APPROVED')
        throw badParameter(`message[template]: ${name} is ${template.status}`)
      for (const { type, text } of template.components) {
        const wanted = new Set(text?.match(/\{\{\s*\w+\s*\}\}/g)).size
        const given = components.find((one) => one.type.toLowerCase() === type.toLowerCase())
        const count = given?.parameters?.length ?? 0
        if (count !== wanted)
          throw badParameter(`message[template]: ${type} wants ${wanted} parameters, got ${count}`)
      }
    },
  }
}

function keyOf(name: string, language: string): string {
  return `${name} ${language}`
}
