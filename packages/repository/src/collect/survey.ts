import { type Core, nowMs } from '../core.ts'
import { toHex } from '../formats/hex.ts'
import { packKey } from '../formats/object-names.ts'
import { packFrameBytesOf } from '../formats/pack.ts'
import type { PackTable } from '../index/pack-table.ts'
import type { BlobMarks } from '../index/chunk-index.ts'
import { checkedHolders, type Sight } from './checked-holders.ts'
import type { PartlyNeeded } from './plan-repack.ts'
import type { PresentPack } from './stock.ts'

export interface Survey {
  /** Names of packs of which nothing is needed. */
  readonly dead: Uint8Array[]
  /** By pack ordinal. */
  readonly partly: PartlyNeeded<number>[]
  readonly packsExamined: number
}

/** What is needed of what is there. To be asked after the stock was taken: packs before sessions before points, docs/formats/repository.md §9.2. */
export async function survey(core: Core, sight: Sight, signal: AbortSignal | undefined): Promise<Survey> {
  const holders = await checkedHolders(core, sight, signal)
  const open = new Set([...holders.sessions].map((id) => id.slice(16)))
  const needs = needsOf(core, sight.liveness.marks)
  const dead: Uint8Array[] = []
  const partly: PartlyNeeded<number>[] = []
  let packsExamined = 0
  const now = nowMs(core)
  for (const pack of sight.stock.present()) {
    if (core.condemned.isCondemned(pack.name) || open.has(toHex(pack.name.subarray(16)))) continue
    packsExamined++
    const needed = pack.ordinal === undefined ? 0 : needs.bytesOf[pack.ordinal]!
    if (needed === 0) dead.push(pack.name)
    else if (canBeCopied(core.indexStore.index.table, pack.ordinal!) && !needs.stuck.has(pack.ordinal!))
      partly.push(partlyNeeded(core, pack, needed, now))
  }
  return { dead: [...dead, ...neededNoMore(core, needs)], partly, packsExamined }
}

interface Needs {
  /** By pack ordinal. */
  readonly bytesOf: Float64Array
  /** Packs in which something is needed that cannot be copied. */
  readonly stuck: ReadonlySet<number>
}

function needsOf({ lost, indexStore }: Core, marks: BlobMarks): Needs {
  const { table } = indexStore.index
  const bytesOf = new Float64Array(table.count)
  const stuck = new Set<number>()
  marks.forEach((ordinal, storedBytes, offsetBytes) => {
    bytesOf[ordinal]! += storedBytes
    const isCut = offsetBytes + storedBytes > table.listedBytesOf(ordinal)
    if (isCut || (!lost.isEmpty && lost.isLost(packKey(table.nameOf(ordinal)), offsetBytes))) stuck.add(ordinal)
  })
  return { bytesOf, stuck }
}

function partlyNeeded(
  { lost, indexStore }: Core,
  { name, ordinal, sizeBytes }: PresentPack,
  needed: number,
  now: number,
): PartlyNeeded<number> {
  const { table } = indexStore.index
  const pack = ordinal!
  const neededBytes = Math.min(sizeBytes, needed + packFrameBytesOf(table.blobsOf(pack)))
  const ageMs = Math.max(0, now - table.sinceMsOf(pack, now))
  const damaged = table.stateOf(pack) === 'doubtful' || lost.touches(packKey(name))
  return { pack, sizeBytes, neededBytes, ageMs, damaged }
}

/** Packs that are not there, and of which nothing is needed: once they are condemned, what names them goes. */
function neededNoMore({ indexStore }: Core, { bytesOf }: Needs): Uint8Array[] {
  const { table } = indexStore.index
  return [...bytesOf.keys()].flatMap((i) =>
    table.stateOf(i) === 'gone' && table.hasRow(i) && bytesOf[i] === 0 && !table.isCondemned(i)
      ? [table.nameOf(i)]
      : [],
  )
}

/** Whether it is there and a delta names it: what is needed in it can be found. */
function canBeCopied(table: PackTable, ordinal: number): boolean {
  const state = table.stateOf(ordinal)
  return table.hasRow(ordinal) && (state === 'live' || state === 'doubtful')
}
