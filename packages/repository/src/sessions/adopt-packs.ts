import type { Core } from '../core.ts'
import { deltaEntriesMax, deltaPacksMax, type PackRow } from '../formats/delta.ts'
import { sinceOf, type SalvagedPack } from '../index/index-store.ts'
import type { PackOwner, PackStore } from '../packs/pack-store.ts'

/** After a loss of the index this may be all packs: so many are in memory at once. */
const salvagedAtOnce = 1024

/**
 * Names packs that no delta names, left by a crash or by the loss of the index, in deltas of a session. Returns how many.
 * With `scan`, what a pack holds is looked for blob by blob where it does not say so itself.
 */
export async function adoptPacks(
  core: Core,
  packs: PackStore,
  owner: PackOwner,
  names: readonly Uint8Array[],
  { scan = false, onPacks = () => {} }: { readonly scan?: boolean; readonly onPacks?: (done: number) => void } = {},
): Promise<number> {
  let adopted = 0
  for (let at = 0; at < names.length; at += salvagedAtOnce) {
    const some = names.slice(at, at + salvagedAtOnce)
    const salvaged = await core.indexStore.salvage(some, owner.signal, { scan })
    await adopt(core, packs, owner, salvaged)
    adopted += salvaged.length
    onPacks(at + some.length)
  }
  return adopted
}

async function adopt(core: Core, packs: PackStore, owner: PackOwner, salvaged: readonly SalvagedPack[]): Promise<void> {
  for (const group of groupsOf(salvaged)) {
    const rows = group.map((found) => ({ row: rowOf(found), entries: found.entries }))
    await packs.putDelta(rows, owner)
    for (const { row } of rows) core.indexStore.index.table.addRow(row, sinceOf(owner.sessionId))
    await core.compactor.relieve(owner.sessionId, owner.signal)
  }
}

/** As many packs as one delta may name. */
function* groupsOf(salvaged: readonly SalvagedPack[]): Iterable<SalvagedPack[]> {
  let group: SalvagedPack[] = []
  let entries = 0
  for (const found of salvaged) {
    if (group.length === deltaPacksMax || entries + found.entries.length > deltaEntriesMax) {
      yield group
      group = []
      entries = 0
    }
    group.push(found)
    entries += found.entries.length
  }
  if (group.length > 0) yield group
}

const rowOf = ({ pack, entries, sizeBytes, sha256, kind, keyGeneration }: SalvagedPack): PackRow => ({
  name: pack.name,
  sizeBytes,
  sha256,
  kind,
  blobs: entries.length,
  plainBytes: entries.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
  keyGeneration,
})
