import { badParameter, noSuchObject } from './graph-error.ts'
import type { Page } from './pages.ts'
import { perPage } from './per-page.ts'
import { newId } from './uploads.ts'

/** The names and pictures under which a Page may write. */

export type Persona = { id: string; name: string; profile_picture_url: string }

export type Personas = {
  add(page: Page, persona: Omit<Persona, 'id'>): Persona
  of(page: Page): Persona[]
  get(page: Page, id: string): Persona | undefined
  /** They stay where they were shown, and can be used no more. */
  remove(page: Page, id: string): void
  /** Throws for one that this Page does not have. */
  check(page: Page, id: string): void
}

export function createPersonas(): Personas {
  const ofPage = perPage(() => new Map<string, Persona>())

  return {
    add(page, persona) {
      const made = { id: newId(), ...persona }
      ofPage(page).set(made.id, made)
      return made
    },
    of: (page) => [...ofPage(page).values()],
    get: (page, id) => ofPage(page).get(id),
    remove(page, id) {
      if (!ofPage(page).delete(id)) throw noSuchObject(id)
    },
    check(page, id) {
      if (!ofPage(page).has(id)) throw badParameter('persona_id: no persona of this Page')
    },
  }
}
