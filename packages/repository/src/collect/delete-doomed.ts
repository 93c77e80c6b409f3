import type { Core } from '../core.ts'
import { packKey } from '../formats/object-names.ts'
import type { Stock } from './stock.ts'

const deletesAtOnce = 1000

interface Deleting {
  readonly onDeleted: (name: Uint8Array) => void
  readonly onProgress: (done: number, total: number) => void
  readonly signal: AbortSignal | undefined
}

/** Removes what finals condemn, whoever published them, and then the deltas that name nothing else. */
export async function deleteDoomed(core: Core, stock: Stock, deleting: Deleting): Promise<void> {
  const { objects, indexStore } = core
  const { onDeleted, onProgress, signal } = deleting
  const doomed = stock.doomed()
  for (let at = 0; at < doomed.length; at += deletesAtOnce) {
    const batch = doomed.slice(at, at + deletesAtOnce)
    const locked = await objects.deleteMany(batch.map(packKey), signal)
    for (const name of batch) {
      const key = packKey(name)
      if (locked.has(key)) continue
      const pack = indexStore.index.packOf(key)
      if (pack !== undefined) indexStore.lose(pack)
      onDeleted(name)
    }
    onProgress(at + batch.length, doomed.length)
  }
  await deleteEmptyDeltas(core, signal)
}

async function deleteEmptyDeltas({ objects, indexStore }: Core, signal: AbortSignal | undefined): Promise<void> {
  const { table } = indexStore.index
  const empty = [...indexStore.deltas].flatMap(([key, packs]) =>
    packs.length > 0 && packs.every((pack) => table.stateOf(pack) === 'gone' && table.isDoomed(pack)) ? [key] : [],
  )
  const locked = await objects.deleteMany(empty, signal)
  for (const key of empty) if (!locked.has(key)) indexStore.forgetDelta(key)
}
