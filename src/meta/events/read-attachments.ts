import type { Appointment, Attachment, ShownProduct } from '../../domain/event-base.ts'
import type { JsonValue } from '../../domain/event.ts'
import { id, isObject, isoTime, member, number, objects, present, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

/** Reads a message's attachments, each once: where Meta sends the same thing twice for older readers, the newer one stays. */
export function readAttachments(value: JsonValue | undefined): Attachment[] {
  if (!Array.isArray(value) || value.length === 0) return []
  const all = value.filter(isObject).map(readAttachment)
  return all.length < 2 ? all : withoutTwins(all)
}

function readAttachment(item: JsonObject): Attachment {
  const payload = member(item, 'payload') ?? {}
  const type = string(item['type']) ?? 'unknown'
  const title = string(payload['title']) ?? string(item['title'])
  return {
    type,
    url: string(payload['url']) ?? string(item['url']),
    ...(title === null ? {} : { title }),
    ...details(type, payload),
  }
}

/** What a type has beside its link. */
function details(type: string, payload: JsonObject): Partial<Attachment> {
  switch (type) {
    case 'image':
    case 'sticker':
      return present({ stickerId: id(payload['sticker_id']) })
    case 'reel':
    case 'ig_reel':
      return present({ reelId: id(payload['reel_video_id']) })
    case 'post':
    case 'ig_post':
      return present({ postId: id(payload['ig_post_media_id']) ?? id(payload['id']) })
    case 'location':
      return present({ location: location(payload['coordinates']) })
    case 'appointment_booking':
      return { appointment: appointment(payload) }
    case 'template':
      return present({ template: string(payload['template_type']), products: products(payload['product']) })
    default:
      return {}
  }
}

function location(value: JsonValue | undefined): Attachment['location'] | null {
  if (!isObject(value)) return null
  const [lat, long] = [number(value['lat']), number(value['long'])]
  return lat === null || long === null ? null : { lat, long }
}

function appointment(payload: JsonObject): Appointment {
  return {
    bookingId: id(payload['booking_id']),
    status: string(payload['status']),
    startsAt: isoTime(payload['start_time']),
    endsAt: isoTime(payload['end_time']),
    timezone: string(payload['timezone']),
  }
}

function products(value: JsonValue | undefined): ShownProduct[] | null {
  if (!isObject(value)) return null
  return objects(value['elements']).map((element) => ({
    id: id(element['id']),
    retailerId: id(element['retailer_id']),
    title: string(element['title']),
    subtitle: string(element['subtitle']),
    imageUrl: string(element['image_url']),
  }))
}

/** Until readers had moved on, Meta sent a sticker also as `image`, and a shared Instagram post also as `share`. */
function withoutTwins(all: Attachment[]): Attachment[] {
  const stickers = all.filter(({ type }) => type === 'sticker')
  const posts = all.filter(({ type }) => type === 'ig_post')
  if (stickers.length === 0 && posts.length === 0) return all
  return all.filter((one) => {
    if (one.type === 'image') return !isTwin(one, stickers, all)
    if (one.type === 'share') return !isTwin(one, posts, all)
    return true
  })
}

/** A twin has the other's link or id; or the two are all that the message has, since nobody can send both at once. */
function isTwin(one: Attachment, others: Attachment[], all: Attachment[]): boolean {
  if (others.length > 0 && (one.stickerId !== undefined || all.length === 2)) return true
  return one.url !== null && others.some(({ url }) => url === one.url)
}
