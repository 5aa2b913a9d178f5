import type { Deletion, DeletionStatus } from '../records/deletions.ts'

/** What a person reads who wants to know what became of their request. Nothing in it is theirs but the code. */
export function deletionPage({ code, status, receivedAt, doneAt }: Deletion): string {
  const done = doneAt === null ? '' : `<p>Done on ${day(doneAt)}.</p>\n`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Your request to delete data</title>
</head>
<body>
<h1>Your request to delete data</h1>
<p>Confirmation code: <code>${code}</code></p>
<p>Received on ${day(receivedAt)}.</p>
${done}<p>Status: <strong>${words[status].state}</strong></p>
<p>${words[status].meaning}</p>
</body>
</html>
`
}

const words: Readonly<Record<DeletionStatus, { state: string; meaning: string }>> = {
  received: {
    state: 'received',
    meaning:
      'We have your request. Facebook tells us a number that stands for you in our app, and not which conversations ' +
      'with our Page are yours, so somebody looks for them. Please come back to see when it is done.',
  },
  erasing: {
    state: 'being erased',
    meaning: 'What we found is erased, and the files it stood in are being written anew.',
  },
  done: {
    state: 'done',
    meaning:
      'What this service kept of you is deleted. Conversations with our Page also stand in your own Messenger or ' +
      'Instagram, where you can delete them yourself. If law obliges us to keep something, such as invoices, or ' +
      'if we keep a note that you do not want to hear from us, ask us and we tell you what it is and why.',
  },
}

/** `23 November 2026`, in UTC. */
function day(ms: number): string {
  const options = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  return new Date(ms).toLocaleDateString('en-GB', options)
}
