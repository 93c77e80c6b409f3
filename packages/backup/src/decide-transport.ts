// How a disk is read, and by what: the two decide each other. Pure.
import { chooseTransport, type DiskPlace, type TransportChoice, type TransportSettings } from '@vmkeep/transport'
import { decideRead, type DiskNow, fullReadCause, type PreviousDisk, type ReadDecision } from './decide-read.ts'

export interface DiskDecision {
  readonly read: ReadDecision
  /** `undefined`: no transport allowed reaches it. */
  readonly transport: TransportChoice | undefined
}

/** What is read of a disk, and which transport is tried first. Where only whole disks can be had, all of it is read. */
export function decideDisk(
  disk: DiskNow & DiskPlace,
  previous: PreviousDisk | undefined,
  { fullRead, transport: settings }: { readonly fullRead: boolean; readonly transport: TransportSettings },
): DiskDecision {
  const read = decideRead(disk, previous, { full: fullRead })
  const transport = chooseTransport({ ...disk, inPart: read.mode === 'incremental' }, settings)
  if (transport !== undefined || read.mode === 'full') return { read, transport }
  const { base } = read
  return {
    read: { mode: 'full', cause: fullReadCause('transport-sends-whole'), base },
    transport: chooseTransport({ ...disk, inPart: false }, settings),
  }
}
