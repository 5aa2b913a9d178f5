import type { Referral } from '../domain/event-base.ts'
import { quote } from './describe-words.ts'

/** How the person came: by which ad, link, plugin or product. */
export function describeReferral(referral: Referral, who: string): string {
  const ref = referral.ref === null ? '' : ` (${referral.ref})`
  return `${who} came ${way(referral)}${ref}.`
}

function way({ source, adId, adTitle, productId, refererUri }: Referral): string {
  if (adTitle !== undefined) return `from the ad ${quote(adTitle)}`
  if (source === 'ADS' || adId !== null) return adId === null ? 'from an ad' : `from the ad ${adId}`
  if (source === 'SHORTLINK') return 'by a link'
  if (productId !== undefined) return `to ask about the product ${productId}`
  if (refererUri !== undefined) return `from ${refererUri}`
  return source === null ? 'by a link' : `by ${source.toLowerCase().replaceAll('_', ' ')}`
}
