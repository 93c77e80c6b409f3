import { type Clock, crashPoint, messageOf } from '@vmkeep/kit'
import type { VddkLease } from '@vmkeep/vddk'
import type { ManagedObjectReference, Session } from '@vmkeep/vsphere'
import type { TransportSettings } from '../settings.ts'
import { endHold, type Hold, isHeld, patienceMsDefault } from './end-hold.ts'
import { leaseProcess } from './lease-process.ts'

/** Remembers that a VM is held where a killed process does not forget it. A run's journal does it. */
export interface HoldLog {
  /** Durable when it resolves. @throws what makes it unusable: then the VM must not be held */
  intend(hold: Hold): Promise<HoldEntry>
}

export interface HoldEntry {
  /** The VM may be moved again. Does not fail. */
  gone(): Promise<void>
  /** It may not: the next start must see to it, and somebody should hear of it. Gives what was told. */
  left(error: unknown): Error
}

export interface HoldRequest {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly settings: TransportSettings
  /** Whose hold it is, as vCenter is told: by it we end our own and nobody else's. At most 50 characters. */
  readonly identity: string
  readonly log: HoldLog
  /** Told why the VM is not held. */
  readonly onNote: (message: string) => void
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface VmHold {
  /** Lets the VM be moved again. Does not fail: gives what was told if it may still not. */
  end(): Promise<Error | undefined>
}

const noHold: VmHold = { end: async () => undefined }

/**
 * Keeps a VM from being moved to another datastore or host while VMware's library reads it: PrepareForAccess, which has vCenter disable
 * RelocateVM_Task. Asked for before the snapshot, and ended after it is gone. What goes wrong here is told, and the backup goes on.
 *
 * Source: VDDK 8.0 Programming Guide, "Prepare For Access and End Access": before the snapshot, matched by EndAccess after its deletion;
 * not on an ESXi host by itself; an identity of at most 50 characters. Evidence: documented.
 */
export async function holdVm(request: HoldRequest): Promise<VmHold> {
  const { session, vm, settings, identity, log, onNote, signal } = request
  const { vddk } = settings
  if (vddk === undefined || vddk.holdVm === false || !session.isVCenter) return noHold
  const { library, configFile } = vddk
  await using made = new AsyncDisposableStack()
  try {
    if (await isHeld(session, vm, signal)) {
      onNote('somebody else keeps it from being moved already (RelocateVM_Task is disabled); that is left as it is')
      return noHold
    }
    const { lease, login } = await leaseProcess(request, vddk)
    made.use(lease)
    const hold = { identity, library, configFile }
    const held = { ...request, hold, lease, entry: await log.intend(hold) }
    made.move() // kept until the end: to start the library anew for each step takes seconds
    crashPoint('vddk.before-hold')
    const asked = { during: 'while keeping the VM in its place', timeoutMs: settings.silenceMs ?? patienceMsDefault }
    // What failed may have been done all the same, or may yet be: vCenter is asked at the end.
    await lease.process.ask('prepareForAccess', { login, identity }, asked).catch((error) => onNote(notHeld(error)))
    crashPoint('vddk.after-hold')
    return { end: () => letGo(held) }
  } catch (error) {
    signal.throwIfAborted()
    onNote(notHeld(error))
    return noHold
  }
}

const notHeld = (error: unknown): string =>
  `it is not kept from being moved while its disks are read: ${messageOf(error)}`

type Held = Pick<HoldRequest, 'session' | 'vm' | 'settings' | 'clock'> & {
  readonly hold: Hold
  readonly lease: VddkLease
  readonly entry: HoldEntry
}

/** Not cancelled by the run's signal: a cancelled run must not leave anything behind. */
async function letGo({ session, vm, settings, clock, hold, lease, entry }: Held): Promise<Error | undefined> {
  await using _lease = lease
  crashPoint('vddk.before-release')
  try {
    await endHold({ session, vm, hold, clock, timeoutMs: settings.silenceMs ?? patienceMsDefault })
  } catch (error) {
    return entry.left(error)
  }
  crashPoint('vddk.after-release')
  await entry.gone()
  return undefined
}
