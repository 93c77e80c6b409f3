import { aligned, between, type Extent, intersected } from '@vmkeep/disk'
import type { Random } from '@vmkeep/kit'
import type { ChangeTracker } from './change-tracker.ts'
import { parseChangeId } from './change-id.ts'
import { changedPage } from './changed-page.ts'
import { doAt } from './faults.ts'
import type { Layer } from './layer.ts'
import type { ChangedAnswer, ChangedQuery, ChangeTrackingSettings, Faults } from './model.ts'
import { reportedAllocated } from './open-chain.ts'

/** A disk at one moment, as change tracking sees it: frozen by a snapshot, or live. */
export interface TrackedMoment {
  readonly layer: Layer
  readonly capacityBytes: number
  readonly tracker: ChangeTracker | undefined
  /** The last epoch that belongs to it. */
  readonly sequence: number
}

export interface ChangedContext {
  readonly settings: ChangeTrackingSettings
  readonly faults: Faults
  readonly random: Random
}

/**
 * Answers QueryChangedDiskAreas for one disk at one moment.
 * Source: vadp.md §1.5, §1.6, §2.2 (VMware vSphere API reference, VADP programming guide, peers). Evidence: documented, observed.
 */
export async function changedAreas(
  moment: TrackedMoment,
  { startOffset, changeId }: ChangedQuery,
  context: ChangedContext,
): Promise<ChangedAnswer> {
  const { layer, capacityBytes, tracker } = moment
  const action = doAt(context.faults, 'cbt.query', layer.fileName)
  if (tracker === undefined || tracker.isLost || action?.do === 'file-fault') return fileFault(layer)
  if (!Number.isSafeInteger(startOffset) || startOffset < 0 || startOffset >= capacityBytes)
    return { kind: 'invalid-argument', property: 'startOffset' }
  if (action?.do === 'stuck-page') return { kind: 'page', startOffset, length: 0, extents: [] }
  const areas = changeId === '*' ? inUse(moment, tracker, context) : since(changeId, moment, tracker)
  if (typeof areas !== 'function') return areas
  const page = await changedPage(areas, { startOffset, capacityBytes }, context.settings)
  if (action?.do === 'wrong-start') return { ...page, startOffset: startOffset + tracker.blockSizeBytes }
  const lie = action?.do === 'omit' ? action : lateLie(moment, changeId, context)
  if (lie === undefined) return page
  return { ...page, extents: page.extents.filter(() => context.random.fraction() >= lie.share) }
}

/** Tracking that began beside snapshots. Source: vadp.md §2.1: from 6.5 on it answers wrongly, in silence. Evidence: documented; how: inferred. */
function lateLie({ layer, tracker }: TrackedMoment, changeId: string, { faults }: ChangedContext) {
  if (tracker?.startedLate !== true || changeId === '*') return undefined
  const action = doAt(faults, 'cbt.query-late', layer.fileName)
  return action?.do === 'omit' ? action : undefined
}

type Areas = (within: Extent) => AsyncIterable<Extent> | Iterable<Extent>

function since(changeId: string, moment: TrackedMoment, tracker: ChangeTracker): Areas | ChangedAnswer {
  const id = parseChangeId(changeId)
  if (id === undefined) return { kind: 'invalid-argument', property: 'changeId' }
  if (!tracker.knows(id, moment.sequence)) return fileFault(moment.layer)
  return (within) => tracker.changed(id.sequence, moment.sequence, within)
}

/** `*`: what is in use, as far as a host can tell. */
function inUse(
  { layer, capacityBytes }: TrackedMoment,
  tracker: ChangeTracker,
  { settings }: ChangedContext,
): Areas | ChangedAnswer {
  if (layer.root.files.datastore.type !== 'VMFS' && settings.starOffVmfs === 'file-fault') return fileFault(layer)
  if (tracker.startedLate) return (within) => [within]
  const { blockSizeBytes } = tracker
  return (within) => {
    const asked = between(
      Math.floor(within.offsetBytes / blockSizeBytes) * blockSizeBytes,
      within.offsetBytes + within.lengthBytes,
    )
    return intersected(aligned(reportedAllocated(layer, asked), blockSizeBytes, capacityBytes), [within])
  }
}

/** Source: vadp.md §2.2: "Error caused by file /vmfs/volumes/…/x-00000n.vmdk". Evidence: observed by peers. */
function fileFault(layer: Layer): ChangedAnswer {
  const { datastore, path } = layer.files
  return { kind: 'file-fault', file: `/vmfs/volumes/${datastore.name}/${path}` }
}
