import type { Damage, DamageHit, VerifyProgress } from '@vmkeep/repository'
import type { OnRunEvent } from '@vmkeep/run'
import { count, size } from '../output/human.ts'
import type { Column } from '../output/table.ts'

/** What is damaged, and which parts of which restore points hang on it. */
export const damageColumns: readonly Column<Damage>[] = [
  { title: 'DAMAGE', value: ({ kind }) => kind, paint: (_, style) => style.bad },
  { title: 'OBJECT', value: ({ object }) => object },
  { title: 'HITS', value: ({ hits }) => hits.map(describeHit).join(', ') },
  { title: 'WHAT', value: ({ message }) => message },
]

function describeHit({ point, image, blob, extents }: DamageHit): string {
  const bytes = extents.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)
  const how = extents.length === 0 ? '' : ` (${size(bytes)} in ${count(extents.length, 'range')})`
  return [point, image ?? blob].filter((part) => part !== undefined).join(' ') + how
}

/** The next step after damage was found. */
export function whatToDo(damaged: readonly Damage[]): string {
  if (damaged.every(({ kind }) => kind === 'unreadable'))
    return 'some of the repository could not be read now: nothing is said to be lost; check the storage and verify again'
  if (damaged.every(({ hits, chunkId }) => hits.length === 0 && chunkId !== undefined))
    return 'nothing needs what is damaged: other copies are there, and "vmkeep repo gc" removes the damaged ones; check the disks the repository lies on'
  return 'the repository is damaged: back up the machines that are hit, which reads again what was lost, or run "vmkeep repo repair"; restore from points that are not hit, and check the disks the repository lies on'
}

const about = { vm: 'repository', disk: 'packs' } as const

export function tellVerifyProgress(onEvent: OnRunEvent): (progress: VerifyProgress) => void {
  onEvent({ type: 'disk-phase', ...about, phase: 'verify' })
  return ({ bytesDone, bytesTotal }) => {
    const sizes = { provisionedBytes: bytesTotal, changedBytes: 0, readBytes: bytesDone, sentBytes: 0, storedBytes: 0 }
    onEvent({ type: 'disk-progress', ...about, totalBytes: bytesTotal, ...sizes })
  }
}
