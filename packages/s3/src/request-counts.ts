/** The classes of requests that S3 prices apart. */
export type RequestClass = 'put' | 'get' | 'list' | 'head' | 'delete'

/** What was asked of S3. Every try counts, because every try is billed. */
export interface RequestCounts extends Readonly<Record<RequestClass, number>> {
  /** Tries after the first, over all classes; they are in the classes' numbers too. */
  readonly retries: number
  /** Bytes of objects, not of headers. */
  readonly bytesUp: number
  readonly bytesDown: number
}

/** What a provider asks, in US dollars. */
export interface ListPrices {
  readonly put: number
  readonly get: number
  readonly list: number
  readonly head: number
  readonly delete: number
  /** Per GB (10^9 bytes) read from outside the provider's region. Nothing within it. */
  readonly gigabyteDown: number
}

/**
 * S3 Standard in US East (N. Virginia): per 1,000 requests $0.005 for PUT and LIST, $0.0004 for GET and all others, DELETE free;
 * transfer to the internet $0.09 per GB in the first tier, in the same region and inward free.
 * Source: Amazon S3 pricing page, as reported for March 2026. Evidence: documented. An estimate, never an invoice.
 */
export const awsListPrices: ListPrices = {
  put: 0.005 / 1000,
  list: 0.005 / 1000,
  get: 0.0004 / 1000,
  head: 0.0004 / 1000,
  delete: 0,
  gigabyteDown: 0.09,
}

/**
 * What requests cost by list price, in US dollars. Storage by the month is not in it.
 *
 * `outsideRegion`: what was read left the provider's region, and is billed by the byte.
 */
export function estimateCostUsd(
  counts: RequestCounts,
  { prices = awsListPrices, outsideRegion = false }: { prices?: ListPrices; outsideRegion?: boolean } = {},
): number {
  const classes = ['put', 'get', 'list', 'head', 'delete'] as const
  const requests = classes.reduce((sum, each) => sum + counts[each] * prices[each], 0)
  return requests + (outsideRegion ? (counts.bytesDown / 1e9) * prices.gigabyteDown : 0)
}
