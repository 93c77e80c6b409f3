import type { RestorePoint, SyncProgress } from '@vmkeep/repository'
import type { OnRunEvent } from '@vmkeep/run'
import { time } from '../output/human.ts'

/** Tells a copy's progress as a run's: each point is what a disk is there. Call `end` when it is over. */
export function tellSyncProgress(
  onEvent: OnRunEvent,
  what = 'copy',
): { onProgress: (progress: SyncProgress) => void; end: () => void } {
  const nameOf = ({ subject, createdAt }: RestorePoint) => ({ vm: subject.name, disk: `${what} of ${time(createdAt)}` })
  let current: RestorePoint | undefined
  const end = () => {
    if (current !== undefined) onEvent({ type: 'disk-phase', ...nameOf(current), phase: 'done' })
    current = undefined
  }
  const onProgress = ({ point, pointsDone, pointsTotal, bytesDone, bytesTotal }: SyncProgress) => {
    if (point !== current) {
      end()
      current = point
      const detail = `${pointsDone + 1} of ${pointsTotal}`
      onEvent({ type: 'disk-phase', ...nameOf(point), phase: 'write', detail })
    }
    const sizes = { provisionedBytes: bytesTotal, changedBytes: bytesTotal, readBytes: bytesDone }
    const stored = { sentBytes: bytesDone, storedBytes: bytesDone }
    onEvent({ type: 'disk-progress', ...nameOf(point), totalBytes: bytesTotal, ...sizes, ...stored })
  }
  return { onProgress, end }
}
