import { createHmac } from 'node:crypto'

/** What Meta posts to its data deletion and deauthorize callbacks. */
export function signedRequest(userId: string, secret: string, more: Record<string, unknown> = {}): string {
  const issued = Math.floor(Date.now() / 1000)
  const payload = { algorithm: 'HMAC-SHA256', issued_at: issued, expires: 0, user_id: userId, ...more }
  const encoded = Buffer.from(JSON.stringify(payload)).toString('base64url')
  return `${createHmac('sha256', secret).update(encoded).digest('base64url')}.${encoded}`
}

/** Posts a form as Meta does. */
export function postForm(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields) })
}
