/**
 * Words with which people end notifications. Only what means nothing else when it is a whole message: "cancel", "end"
 * and their like are left out, since customers of a shop say them of their orders. A Page may add words of its own.
 */
const words: Record<string, readonly string[]> = {
  en: [
    'unsubscribe',
    'unsubscribe me',
    'opt out',
    'optout',
    'stopall',
    'stop notifications',
    'stop messages',
    'stop messaging me',
    'stop sending me messages',
    'no more messages',
  ],
  de: [
    'abmelden',
    'austragen',
    'newsletter abbestellen',
    'nachrichten abbestellen',
    'benachrichtigungen abbestellen',
    'benachrichtigungen stoppen',
    'keine nachrichten mehr',
  ],
  fr: [
    'arrêt',
    'arrêter les messages',
    'désabonner',
    'me désabonner',
    'se désabonner',
    'désabonnez-moi',
    'désabonnement',
    'désinscription',
    'me désinscrire',
    'plus de messages',
  ],
  es: [
    'baja',
    'dar de baja',
    'darme de baja',
    'darse de baja',
    'desuscribirme',
    'desuscribirse',
    'cancelar suscripción',
    'cancelar la suscripción',
    'no más mensajes',
  ],
  it: [
    'disiscrivimi',
    'disiscriviti',
    'disiscrizione',
    'cancellami',
    'cancella iscrizione',
    "annulla l'iscrizione",
    'basta messaggi',
  ],
  pt: [
    'descadastrar',
    'descadastre-me',
    'cancelar inscrição',
    'cancelar subscrição',
    'parar mensagens',
    'sem mais mensagens',
  ],
  nl: ['afmelden', 'meld me af', 'uitschrijven', 'schrijf me uit', 'stop berichten', 'geen berichten meer'],
  pl: [
    'wypisz mnie',
    'wypisuję się',
    'anuluj subskrypcję',
    'rezygnuję z subskrypcji',
    'wyłącz powiadomienia',
  ],
  tr: ['durdur', 'abonelikten çık', 'aboneliği iptal et', 'bildirimleri durdur', 'mesaj istemiyorum'],
  ar: ['إيقاف', 'أوقف الرسائل', 'إيقاف الرسائل', 'إلغاء الاشتراك', 'الغ الاشتراك'],
  sv: [
    'avregistrera',
    'avregistrera mig',
    'avprenumerera',
    'avanmäl',
    'avanmäl mig',
    'inga fler meddelanden',
  ],
  da: ['afmeld', 'afmeld mig', 'frameld', 'frameld mig', 'stop beskeder', 'ikke flere beskeder'],
  no: ['avmeld', 'avmeld meg', 'meld meg av', 'stopp meldinger', 'ingen flere meldinger'],
  fi: ['lopeta', 'lopeta viestit', 'poista listalta', 'en halua viestejä', 'ei enää viestejä'],
  cs: ['odhlásit', 'odhlásit se', 'odhlásit odběr', 'zrušit odběr', 'vypnout oznámení'],
  ja: ['停止', '配信停止', '通知停止', '通知を停止', '登録解除', '購読解除', 'ストップ'],
}

/** Said in so many languages that they tell none. */
const international: readonly string[] = ['stop', 'stopp', 'stop all']

/** English on purpose: our confirmation of a stop names the first of them, whatever language it is in. */
const startWords: readonly string[] = ['start', 'unstop', 'start notifications', 'resume notifications']

/** Longer messages are not looked at. The longest word has 30 letters; the rest is for exclamation marks. */
const maxLength = 200

/** What is left out of a comparison: accents, Arabic vowel signs, emoji variants, and what has no shape at all. */
const invisible = /\p{Cf}|\u0640|[\u0300-\u036F\u064B-\u065F\u0670\u20E3\uFE00-\uFE0F]/gu
const betweenWords = /[^\p{L}\p{M}\p{N}]+/gu
/** Letters that people type without their stroke or dot, and that Unicode does not take apart. */
const plainLetters: Record<string, string> = { ł: 'l', ø: 'o', đ: 'd', ı: 'i' }

/** The form in which words are compared: case, accents, punctuation, emoji and blanks make no difference. */
export function plainWords(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(invisible, '')
    .replace(/[łøđı]/g, (letter) => plainLetters[letter] ?? letter)
    .replace(betweenWords, ' ')
    .trim()
}

const languages = new Map<string, string | null>([
  ...Object.entries(words).flatMap(([language, list]) =>
    list.map((word): [string, string] => [plainWords(word), language]),
  ),
  ...international.map((word): [string, null] => [plainWords(word), null]),
])
const starts = new Set(startWords.map(plainWords))

/**
 * Whether this is a wish to get no more notifications, as a whole message or a button's payload (`STOP_ALL`). The
 * language is that of the word, null when it does not tell: for words of many languages, and for a Page's own.
 */
export function isStop(text: string, extra: readonly string[] = []): { language: string | null } | null {
  const said = shortWords(text)
  if (said === '') return null
  const language = languages.get(said)
  if (language !== undefined) return { language }
  return extra.some((word) => plainWords(word) === said) ? { language: null } : null
}

/** Whether this takes a stop back. It never agrees to anything that was not agreed to before. */
export function isStart(text: string): boolean {
  return starts.has(shortWords(text))
}

function shortWords(text: string): string {
  return text.length > maxLength ? '' : plainWords(text)
}
