import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startFileServer } from './file-server.ts'
import { poll } from './poll.ts'
import { configWith, conversation, deliveryOf, message, startService } from './service.ts'
import type { Service } from './service.ts'

export const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

/** A folder of the test's own. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deskbridge-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The names of all files below a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((one) => one.isFile()).map(({ name }) => name)
}

export interface CopyWorld {
  cdn: Awaited<ReturnType<typeof startFileServer>>
  folder: string
  service: Service
  config: object
}

export const publicUrl = 'https://desk.example/bridge'

/** The service with a store for files, and a CDN that it may fetch from. */
export async function startCopyWorld(
  redisUrl: string,
  prefix: string,
  more: { sections?: Record<string, unknown>; attachments?: Record<string, unknown>; role?: string } = {},
): Promise<CopyWorld> {
  const [cdn, folder] = [await startFileServer(), await tempFolder()]
  const config = configWith(redisUrl, {
    redis: { url: redisUrl, prefix },
    server: { publicUrl },
    attachments: { store: { folder }, allowPrivateNetwork: true, ...more.attachments },
    ...more.sections,
  })
  const service = await startService(config, more.role === undefined ? {} : { role: more.role })
  return { cdn, folder, config, service }
}

/** A message with files, as Meta sends it. */
export function messageWith(...attachments: { type: string; url: string }[]) {
  const written = message('see here')
  const listed = attachments.map(({ type, url }) => ({ type, payload: { url } }))
  return { ...written, message: { ...written.message, attachments: listed } }
}

export async function write(service: Service, event: object): Promise<void> {
  const answer = await service.post(deliveryOf(event))
  if (answer.status !== 200) throw new Error(`the webhook answered ${answer.status}`)
}

export interface InboxMessage {
  text: string | null
  attachments?: { type: string; url: string | null }[]
}

/** Messages of the inbox, once there are so many. */
export async function messages(service: Service, count = 1, id = conversation): Promise<InboxMessage[]> {
  const ask = async () => {
    const answer = await service.rest('GET', `/v1/inbox/conversations/${id}`)
    if (answer.status !== 200) return []
    return ((await answer.json()) as { messages: InboxMessage[] }).messages
  }
  return poll(ask, (all) => all.length >= count)
}

/** Opens a link as whoever has it would, by way of a proxy that knows where the service is. */
export function open(service: Service, link: string, init: RequestInit = {}): Promise<Response> {
  if (!link.startsWith(`${publicUrl}/v1/attachments/att_`)) throw new Error(`${link} is not ours`)
  return fetch(link.replace(publicUrl, service.url), init)
}

/** The link that the inbox shows for the only file of the first message. */
export async function linkOf(service: Service): Promise<string> {
  const [first] = await messages(service)
  return first?.attachments?.[0]?.url ?? 'none'
}
