import { entryBytes } from '../formats/delta.ts'
import { comparePlaces } from './entry-prefix.ts'
import type { EntryCursor } from './run.ts'

/** One entry of a merge. */
export interface MergedEntry {
  readonly view: DataView
  readonly at: number
  readonly pack: number
}

/**
 * Goes through the entries of several cursors in one order. A place that comes twice is left out the second time, and so are
 * entries of packs that are not `kept`. The entry that is yielded is valid until the next.
 */
export function* mergeEntries(
  cursors: readonly EntryCursor[],
  kept: (packOrdinal: number) => boolean,
): Iterable<MergedEntry> {
  const open = cursors.filter((cursor) => cursor.next())
  const last = new DataView(new ArrayBuffer(entryBytes))
  const packsOfLast: number[] = []
  while (open.length > 0) {
    const cursor = least(open)
    const { view, at, pack } = cursor
    if (comparePlaces(view, at, last, 0) !== 0 || packsOfLast.length === 0) {
      packsOfLast.length = 0
      for (let i = 0; i < entryBytes; i += 4) last.setUint32(i, view.getUint32(at + i))
    }
    if (!packsOfLast.includes(pack) && kept(pack)) {
      packsOfLast.push(pack)
      yield cursor
    }
    if (!cursor.next()) open.splice(open.indexOf(cursor), 1)
  }
}

function least(cursors: readonly EntryCursor[]): EntryCursor {
  let found = cursors[0]!
  for (let i = 1; i < cursors.length; i++) {
    const cursor = cursors[i]!
    if (comparePlaces(cursor.view, cursor.at, found.view, found.at) < 0) found = cursor
  }
  return found
}
