import type { DomainEvent } from '../domain/event.ts'
import type { Page } from '../domain/page.ts'
import { splitText } from '../meta/outgoing/split-text.ts'
import { isResumable, resumedBy } from '../records/consent-log.ts'
import type { ConsentNote, Consents, Noted } from '../records/consents.ts'
import type { Accepted, ReplyRequest } from './accept-reply.ts'
import { readConsents } from './read-consents.ts'
import { stopTexts } from './stop-texts.ts'

/** What a Page says and understands when notifications are stopped. */
export interface StopSettings {
  /** Words that mean stop here, beside those that do everywhere. */
  stopWords?: readonly string[] | undefined
  /** Said in place of our own words. Empty: nothing is said. */
  stopConfirmation?: string | undefined
  startConfirmation?: string | undefined
}

export interface NoticeDeps {
  pages: ReadonlyMap<string, Page & StopSettings>
  consents: Pick<Consents, 'note'>
  accept: (request: ReplyRequest) => Promise<Accepted>
  now: () => number
}

/** So long may be answered what somebody wrote. An older stop counts, and nobody is told. */
const windowMs = 24 * 3_600_000

/**
 * Keeps what people agreed to and took back, for new and repeated events alike: a repetition changes nothing and tells
 * nobody twice. Asks Redis for nothing when no event is about consent, which is nearly always.
 *
 * To be called when the events are noted with their conversations, or a confirmation could meet a closed window.
 */
export function noticeConsents(deps: NoticeDeps): (events: DomainEvent[]) => Promise<void> {
  return async (events) => {
    const read = events.flatMap((event) => readConsents(event, deps.pages.get(event.pageId)?.stopWords))
    if (read.length === 0) return
    const notes = read.map(({ note }) => note)
    const noted = await deps.consents.note(notes)
    const aliased = aliasNotes(notes, noted)
    if (aliased.length > 0) await deps.consents.note(aliased)
    for (const { event, note, language } of read) {
      const page = deps.pages.get(event.pageId)
      const known = noted.get(note.conversationId)
      if (!page || !known || !note.asksToConfirm || deps.now() - event.timestamp > windowMs) continue
      const text = confirmation(page, known, note, language)
      if (text === undefined || text === '') continue
      await deps.accept({
        conversationId: event.conversationId,
        message: { text },
        agent: null,
        topic: null,
        parts: splitText(text, page.channel).length,
        by: note.source,
        // Its id follows from the event's, so that it is in the lane once, however often the event comes.
        idempotencyKey: event.id,
      })
    }
  }
}

/** What stops one conversation of a person stops those that are the same person's. */
function aliasNotes(notes: ConsentNote[], noted: Map<string, Noted>): ConsentNote[] {
  const touched = notes.filter(({ topic, status }) => topic === null || status === 'aliased')
  const ids = new Set(touched.map(({ conversationId }) => conversationId))
  return [...noted].flatMap(([id, { log }]) =>
    ids.has(id)
      ? log.aliases.flatMap((alias) =>
          log.all.map((entry) => ({ conversationId: alias, topic: null, ...entry })),
        )
      : [],
  )
}

function confirmation(
  page: Page & StopSettings,
  { log, confirm }: Noted,
  { status, by }: ConsentNote,
  language: string | null,
): string | undefined {
  const texts = stopTexts(language, page.locale)
  if (status === 'resumed') {
    return resumedBy(log, by).length > 0 ? (page.startConfirmation ?? texts.started) : undefined
  }
  if (!confirm.has(by)) return undefined
  // To those who had agreed to nothing, a start would bring nothing.
  const own = isResumable(log) ? `${texts.stopped} ${texts.howToStart}` : texts.stopped
  return page.stopConfirmation ?? own
}
