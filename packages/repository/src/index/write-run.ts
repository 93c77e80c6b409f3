import { setImmediate } from 'node:timers/promises'
import type { Core } from '../core.ts'
import type { RunNames } from '../formats/index-root.ts'
import { segmentKey } from '../formats/object-names.ts'
import { encodePackRows, packTableRowsMax } from '../formats/pack-rows.ts'
import { SegmentBuilder } from '../formats/segment.ts'
import { packHalfOf } from '../formats/session-id.ts'
import { mergeEntries } from './merge-entries.ts'
import type { EntryCursor } from './run.ts'

/** Between these many entries others get a turn. */
const entriesAtOnce = 2 ** 16

export interface RunWriting {
  readonly sessionId: string
  readonly cursors: readonly EntryCursor[]
  /** Hears of every object before it is stored. */
  readonly onName: (name: Uint8Array) => void
  readonly onEntries?: ((entries: number) => void) | undefined
  readonly signal: AbortSignal | undefined
}

/** Merges entries into segments, and stores these and the table of their packs. `undefined` if there is nothing to keep. */
export async function writeRun(
  core: Core,
  { sessionId, cursors, onName, onEntries, signal }: RunWriting,
): Promise<RunNames | undefined> {
  const { objects, repositoryId, roles, random, indexStore } = core
  const { table } = indexStore.index
  const put = async (encode: (identity: { repositoryId: Uint8Array; name: Uint8Array }) => Uint8Array[]) => {
    const name = Buffer.concat([random.bytes(16), packHalfOf(sessionId)])
    onName(name)
    const pieces = encode({ repositoryId, name })
    await objects.putUnique(segmentKey(name), pieces, signal)
    await indexStore.objects.keep(name, pieces)
    return name
  }
  const rowOf = new Uint32Array(table.count) // + 1
  const rows: number[] = []
  const segments: Uint8Array[] = []
  const builder = new SegmentBuilder()
  let entries = 0
  const finishSegment = async () => {
    segments.push(await put((identity) => builder.finish(identity, roles.index)))
    builder.clear() // its memory is used again: 32 MiB for each of 400 segments would wait for the garbage collector
  }
  for (const { view, at, pack } of mergeEntries(
    cursors,
    memoized(table.count, (ordinal) => !table.isDoomed(ordinal)),
  )) {
    if (rowOf[pack] === 0) rowOf[pack] = rows.push(pack)
    builder.add(view, at, rowOf[pack]! - 1)
    entries++
    if (builder.isFull) await finishSegment()
    if (entries % entriesAtOnce !== 0) continue
    signal?.throwIfAborted()
    onEntries?.(entries)
    await setImmediate()
  }
  if (entries === 0) return undefined
  if (builder.entries > 0) await finishSegment()
  const packTables: Uint8Array[] = []
  for (let at = 0; at < rows.length; at += packTableRowsMax) {
    const some = rows.slice(at, at + packTableRowsMax).map((ordinal) => table.datedRowOf(ordinal))
    packTables.push(await put((identity) => encodePackRows(identity, some, roles.index)))
  }
  return { packTables, segments, entries, packs: rows.length }
}

/** Asks once per ordinal: what is decided at the beginning holds to the end. */
function memoized(count: number, decide: (ordinal: number) => boolean): (ordinal: number) => boolean {
  const known = new Uint8Array(count) // 1: yes, 2: no
  return (ordinal) => (known[ordinal] ||= decide(ordinal) ? 1 : 2) === 1
}
