/** What the automation rules of Freshdesk post, word by word. Names in double braces are filled in there. */
export const replyTemplate =
  '{ "event": "reply", "ticket": "{{ticket.id}}", "at": "{{ticket.modified_on}}", "comment": "{{ticket.latest_public_comment}}" }'

export function statusTemplate(is: 'open' | 'solved' | 'closed'): string {
  return `{ "event": "status", "ticket": "{{ticket.id}}", "at": "{{ticket.modified_on}}", "status": "${is}" }`
}
