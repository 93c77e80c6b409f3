import { FormatError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { faultOf } from '../soap/fault-error.ts'
import type { DataObject, ManagedObjectReference } from '../types/index.ts'
import { type ChangedExtent, checkPage, type Page } from './check-page.ts'
import { isDeadChangeIdFault } from './dead-change-id.ts'

export interface ChangeQuestion {
  readonly vm: ManagedObjectReference
  /** The snapshot whose disk is compared. May only be left out while the VM is powered off. */
  readonly snapshot?: ManagedObjectReference | undefined
  /** `VirtualDisk.key`. */
  readonly deviceKey: number
  /** Of the *snapshot's* disk. */
  readonly capacityBytes: number
  /** Since when: the change id a committed restore point kept, or `*` for everything in use. */
  readonly changeId: string
}

/**
 * What changed on a disk since a change id: ascending, not overlapping, each inside the disk. Streams page by page, so a
 * badly fragmented disk costs no memory.
 *
 * Every page is checked, and the pages must add up to the whole disk. A list that fails a check, or a change id the server
 * no longer knows, ends the stream with an error *after* extents may already have come out: the caller then reads the
 * whole disk.
 *
 * `*` asks for what is in use. Where the storage can't tell (NFS, vSAN, vVols), the server refuses, which is
 * `vsphere.change-id-unknown` too, or answers with the whole disk.
 *
 * @throws `vsphere.change-id-unknown`, `vsphere.change-info-invalid`: read the whole disk;
 *   anything else the call throws says nothing about the change id
 */
export async function* changedExtents(
  session: Pick<Session, 'call'>,
  question: ChangeQuestion,
  signal?: AbortSignal,
): AsyncIterable<ChangedExtent> {
  // Never asked at or past the end: that is InvalidArgument "startOffset". Source: public bug reports. Evidence: observed.
  for (let atBytes = 0; atBytes < question.capacityBytes;) {
    const info = await ask(session, question, atBytes, signal)
    const page = checked(info, question, atBytes)
    yield* page.extents
    atBytes = page.endBytes // pages follow one another without a gap, so in the end they add up to the disk
  }
}

async function ask(
  session: Pick<Session, 'call'>,
  { vm, snapshot, deviceKey, changeId }: ChangeQuestion,
  startOffset: number,
  signal: AbortSignal | undefined,
): Promise<DataObject<'DiskChangeInfo'>> {
  try {
    const request = { _this: vm, snapshot, deviceKey, startOffset, changeId }
    return await session.call('QueryChangedDiskAreas', request, { signal })
  } catch (error) {
    if (!isDeadChangeIdFault(faultOf(error))) throw error
    throw fail(
      'vsphere.change-id-unknown',
      { disk: diskOf({ vm, deviceKey }), changeId, reason: messageOf(error) },
      error,
    )
  }
}

function checked(info: DataObject<'DiskChangeInfo'>, question: ChangeQuestion, askedBytes: number): Page {
  try {
    return checkPage(info, askedBytes, question.capacityBytes)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('vsphere.change-info-invalid', { disk: diskOf(question), problem: error.message }, error)
  }
}

const diskOf = ({ vm, deviceKey }: Pick<ChangeQuestion, 'vm' | 'deviceKey'>): string =>
  `disk ${deviceKey} of ${vm.value}`
