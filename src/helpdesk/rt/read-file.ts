import { Transform } from 'node:stream'
import { z } from 'zod'
import { StepError } from '../../domain/step-error.ts'
import type { HelpdeskFile } from '../callback.ts'
import { readAnswer } from '../http-client.ts'
import { permanent } from './client.ts'
import type { RtClient } from './client.ts'

const described = z.object({
  items: z.array(
    z.object({ ContentType: z.string().nullish(), ContentLength: z.coerce.number().int().min(0).nullish() }),
  ),
})

/** REST2 gives a file as base64 within JSON: it is taken out of there as it comes, so that no file is held whole. */
export async function readFile(client: RtClient, ref: string, signal: AbortSignal): Promise<HelpdeskFile> {
  if (!/^\d+$/.test(ref)) throw permanent('no such file', 'HELPDESK_REFUSED')
  const query = JSON.stringify([{ field: 'id', operator: '=', value: Number(ref) }])
  const fields = 'ContentType,ContentLength'
  const answer = await client.get('/attachments', { query, fields }, signal)
  const [found] = readAnswer(described, answer).items
  if (!found) throw permanent('no such file', 'HELPDESK_REFUSED')
  const { body } = await client.streamAttachment(ref, signal)
  const content = contentOf()
  // Either end's failure is the other's.
  body.on('error', (error) => content.destroy(error))
  content.on('close', () => body.destroy())
  body.pipe(content)
  return { body: content, contentType: found.ContentType || null, size: found.ContentLength ?? null }
}

const opening = /"Content"\s*:\s*"/

/** Within a JSON text, a quote of somebody's is always escaped: the key can be found without reading the rest. */
function contentOf(): Transform {
  let state: 'before' | 'within' | 'behind' = 'before'
  let kept = ''

  function decode(text: string, last: boolean): Buffer {
    // Lines end in an escaped \n; one may be cut in two.
    const cut = !last && text.endsWith('\\') ? '\\' : ''
    const base64 = text
      .slice(0, text.length - cut.length)
      .replace(/\\[nr/]/g, (escape) => (escape === '\\/' ? '/' : ''))
    const whole = last ? base64.length : base64.length - (base64.length % 4)
    kept = base64.slice(whole) + cut
    return Buffer.from(base64.slice(0, whole), 'base64')
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (state === 'behind') return done()
      let text = kept + chunk.toString('latin1')
      if (state === 'before') {
        const found = opening.exec(text)
        if (!found) {
          kept = text.slice(-64)
          return done()
        }
        state = 'within'
        text = text.slice(found.index + found[0].length)
      }
      const end = text.indexOf('"')
      if (end < 0) return done(null, decode(text, false))
      state = 'behind'
      done(null, decode(text.slice(0, end), true))
    },
    flush(done) {
      done(state === 'behind' ? null : cutShort())
    },
  })
}

function cutShort(): StepError {
  return new StepError("the helpdesk's answer holds no whole file", {
    code: 'HELPDESK_GARBAGE',
    verdict: 'retry',
    arrived: 'no',
  })
}
