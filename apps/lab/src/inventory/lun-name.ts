import { createHash } from 'node:crypto'

/** The world wide name of the LUN that a datastore lies on, always the same for the same datastore. */
export const lunNameOf = (datastoreUrl: string): string =>
  `naa.6${createHash('sha256').update(datastoreUrl).digest('hex').slice(0, 31)}`
