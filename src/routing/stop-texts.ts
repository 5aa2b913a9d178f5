/** What a person is told once they stopped notifications, how to take it back, and once they did. */
interface Texts {
  stopped: string
  howToStart: string
  started: string
}

const texts: Record<string, Texts> = {
  en: {
    stopped: 'You will get no more notifications from us. We still answer when you write to us.',
    howToStart: 'Write START to get them again.',
    started: 'You will get notifications from us again. Write STOP to end them.',
  },
  de: {
    stopped:
      'Sie erhalten keine Benachrichtigungen mehr von uns. Wenn Sie uns schreiben, antworten wir weiterhin.',
    howToStart: 'Schreiben Sie START, um sie wieder zu erhalten.',
    started: 'Sie erhalten wieder Benachrichtigungen von uns. Schreiben Sie STOP, um sie zu beenden.',
  },
  fr: {
    stopped: 'Vous ne recevrez plus de notifications de notre part. Nous répondons toujours à vos messages.',
    howToStart: 'Écrivez START pour les recevoir à nouveau.',
    started: 'Vous recevrez à nouveau nos notifications. Écrivez STOP pour les arrêter.',
  },
  es: {
    stopped: 'Ya no recibirá más notificaciones nuestras. Seguiremos respondiendo cuando nos escriba.',
    howToStart: 'Escriba START para volver a recibirlas.',
    started: 'Volverá a recibir nuestras notificaciones. Escriba STOP para dejar de recibirlas.',
  },
  it: {
    stopped: 'Non riceverà più notifiche da noi. Continueremo a rispondere ai suoi messaggi.',
    howToStart: 'Scriva START per riceverle di nuovo.',
    started: 'Riceverà di nuovo le nostre notifiche. Scriva STOP per non riceverle più.',
  },
  pt: {
    stopped: 'Não receberá mais notificações nossas. Continuaremos a responder às suas mensagens.',
    howToStart: 'Escreva START para voltar a recebê-las.',
    started: 'Voltará a receber as nossas notificações. Escreva STOP para deixar de as receber.',
  },
  nl: {
    stopped: 'U krijgt geen meldingen meer van ons. Als u ons schrijft, antwoorden we nog steeds.',
    howToStart: 'Schrijf START om ze weer te krijgen.',
    started: 'U krijgt weer meldingen van ons. Schrijf STOP om ze te beëindigen.',
  },
  pl: {
    stopped: 'Nie będziemy już wysyłać powiadomień. Nadal odpowiadamy na wiadomości.',
    howToStart: 'Aby znów je otrzymywać, napisz START.',
    started: 'Znów będziemy wysyłać powiadomienia. Aby je zakończyć, napisz STOP.',
  },
  tr: {
    stopped: 'Artık bizden bildirim almayacaksınız. Bize yazdığınızda yine yanıt veririz.',
    howToStart: 'Yeniden almak için START yazın.',
    started: 'Bizden yeniden bildirim alacaksınız. Durdurmak için STOP yazın.',
  },
  ar: {
    stopped: 'لن تصلك إشعارات منا بعد الآن. سنواصل الرد على رسائلك.',
    howToStart: 'لاستلامها من جديد اكتب START.',
    started: 'ستصلك إشعاراتنا من جديد. لإيقافها اكتب STOP.',
  },
  sv: {
    stopped: 'Du får inga fler aviseringar från oss. Vi svarar fortfarande när du skriver till oss.',
    howToStart: 'Skriv START för att få dem igen.',
    started: 'Du får aviseringar från oss igen. Skriv STOP för att avsluta dem.',
  },
  da: {
    stopped: 'Du får ikke flere notifikationer fra os. Vi svarer stadig, når du skriver til os.',
    howToStart: 'Skriv START for at få dem igen.',
    started: 'Du får igen notifikationer fra os. Skriv STOP for at afslutte dem.',
  },
  no: {
    stopped: 'Du får ikke flere varsler fra oss. Vi svarer fortsatt når du skriver til oss.',
    howToStart: 'Skriv START for å få dem igjen.',
    started: 'Du får varsler fra oss igjen. Skriv STOP for å avslutte dem.',
  },
  fi: {
    stopped: 'Et saa meiltä enää ilmoituksia. Vastaamme edelleen, kun kirjoitat meille.',
    howToStart: 'Kirjoita START, jos haluat ne takaisin.',
    started: 'Saat meiltä taas ilmoituksia. Lopeta ne kirjoittamalla STOP.',
  },
  cs: {
    stopped: 'Už vám nebudeme posílat oznámení. Na vaše zprávy budeme dál odpovídat.',
    howToStart: 'Pokud je chcete znovu dostávat, napište START.',
    started: 'Budeme vám znovu posílat oznámení. Pokud je chcete ukončit, napište STOP.',
  },
  ja: {
    stopped: '今後、お知らせは届きません。メッセージをいただければ、これまでどおり返信いたします。',
    howToStart: '再開するには START と送信してください。',
    started: 'お知らせを再開しました。停止するには STOP と送信してください。',
  },
}

/** In the first of these languages that there are words for; English when there are for none. */
export function stopTexts(...locales: (string | null)[]): Texts {
  const known = locales.map((locale) => languageOf(locale ?? '')).find((language) => language in texts)
  return texts[known ?? 'en']!
}

/** `pt-BR` and `pt_BR` are Portuguese; both written forms of Norwegian are Norwegian. */
function languageOf(locale: string): string {
  const [language = ''] = locale.toLowerCase().split(/[-_]/)
  return language === 'nb' || language === 'nn' ? 'no' : language
}
