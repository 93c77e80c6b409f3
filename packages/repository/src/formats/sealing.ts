import type { Random } from '@vmkeep/kit'

/** What sealing a control object takes. */
export interface Sealing {
  readonly controlKey: Uint8Array
  readonly random: Random
}
