import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import { packKey } from '../formats/object-names.ts'
import { isBuried } from '../points/trash.ts'
import type { Liveness } from './liveness.ts'
import type { Holders } from './read-holders.ts'
import type { Stock } from './stock.ts'

export interface Sight {
  readonly stock: Stock
  readonly liveness: Liveness
}

/**
 * Looks who holds what, marks what is new, and looks whether the lists that said so can be whole.
 *
 * @throws `repository.listing-incomplete` if a point that the last collection saw is not listed; `repository.session-not-listed` if
 *   a pack was stored by nobody: a session registers before it stores, and stays listed until its end is; `repository.collect-unsafe`
 */
export async function checkedHolders(core: Core, sight: Sight, signal: AbortSignal | undefined): Promise<Holders> {
  const seen = await pointsSeen(core, signal)
  const holders = await sight.liveness.update(signal)
  checkPoints(core, holders, seen)
  checkSessions(core, holders, sight.stock)
  return holders
}

/** The points that the last collection saw. To be asked before points are listed: a final that is made meanwhile names newer ones. */
async function pointsSeen({ condemned }: Core, signal: AbortSignal | undefined): Promise<readonly string[]> {
  for (let number = condemned.known; number > 0; number--) {
    const last = await condemned.read('final', number, signal).catch((error: unknown) => {
      if (!(error instanceof FormatError)) throw error
      return undefined
    })
    if (last !== undefined) return last.points ?? []
  }
  return []
}

function checkPoints({ objects }: Core, { points, fates }: Holders, seen: readonly string[]): void {
  const listed = new Set(points)
  const missing = seen.filter((id) => !listed.has(id) && !isBuried(fates.get(id)))
  if (missing.length === 0) return
  const storage = objects.storage.name
  throw fail('repository.listing-incomplete', { storage, point: missing[0]!, missing: missing.length })
}

function checkSessions({ objects }: Core, { sessions, points }: Holders, stock: Stock): void {
  const { settleMs = 0, name: storage } = objects.storage
  if (settleMs > 0) return // not everybody sees the same, for a while
  const halves = new Set([...sessions, ...points].map((id) => id.slice(16)))
  for (const { name } of stock.present())
    if (!halves.has(toHex(name.subarray(16))))
      throw fail('repository.session-not-listed', { storage, pack: packKey(name) })
}
