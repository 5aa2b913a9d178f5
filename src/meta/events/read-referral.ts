import type { Referral } from '../../domain/event-base.ts'
import type { JsonValue } from '../../domain/event.ts'
import { id, isObject, member, present, string } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

/** Reads how a person came: beside a message, in a postback, or alone. Null when nothing of the kind stands there. */
export function readReferral(value: JsonValue | undefined): Referral | null {
  if (!isObject(value)) return null
  const ad = member(value, 'ads_context_data') ?? {}
  const referral: Referral = {
    source: string(value['source']),
    type: string(value['type']),
    ref: string(value['ref']),
    adId: id(value['ad_id']),
    ...present({
      adTitle: string(ad['ad_title']),
      postId: id(ad['post_id']),
      photoUrl: string(ad['photo_url']),
      videoUrl: string(ad['video_url']),
      productId: id(member(value, 'product')?.['id']) ?? id(ad['product_id']),
      flowId: id(ad['flow_id']),
      refererUri: string(value['referer_uri']),
      isGuest: guest(value),
    }),
  }
  return Object.values(referral).some((field) => field !== null) ? referral : null
}

function guest(value: JsonObject): boolean | null {
  const flag = value['is_guest_user']
  return typeof flag === 'boolean' ? flag : null
}
