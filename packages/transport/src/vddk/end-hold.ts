import { type Clock, systemClock } from '@vmkeep/kit'
import { findLibrary } from '@vmkeep/vddk'
import { type ManagedObjectReference, readProperties, type Session } from '@vmkeep/vsphere'
import type { VddkSettings } from '../settings.ts'
import { leaseProcess } from './lease-process.ts'

/** A VM that is kept in its place: by whose name, and which of VMware's libraries can end it. */
export interface Hold {
  readonly identity: string
  readonly library: string
  readonly configFile?: string | undefined
}

export interface HoldToEnd {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly hold: Hold
  readonly clock?: Clock
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

export const patienceMsDefault = 60_000
/** A process that goes down over it is followed by one more. */
const attempts = 2

/**
 * Lets a VM be moved again: EndAccess, which has vCenter enable RelocateVM_Task. Tells whether it was disabled. vCenter's word counts,
 * before and after: where nothing is disabled the library need not even be there.
 *
 * Source: VDDK 8.0 Programming Guide, "Prepare For Access and End Access": may be called to clean up after a crash. Evidence: documented.
 * That one of another identity is not ended by it: inferred from the parameter; tried with the fake.
 *
 * @throws why it is still disabled, or may be: `vddk.*`, `vsphere.*`
 */
export async function endHold(held: HoldToEnd): Promise<boolean> {
  const { session, vm, hold, timeoutMs = patienceMsDefault, clock = systemClock, signal } = held
  if (!(await isHeld(session, vm, signal))) return false
  for (let attempt = 1; ; attempt++) {
    const { lease, login } = await leaseProcess({ session, vm, clock, signal }, hold)
    await using _lease = lease
    try {
      const asked = { during: 'while letting the VM go', timeoutMs }
      await lease.process.ask('endAccess', { login, identity: hold.identity }, asked)
      break
    } catch (error) {
      if (lease.process.isAlive || attempt === attempts) throw error
    }
  }
  if (!(await isHeld(session, vm, signal))) return true
  throw new Error('VMware’s library calls it done, and vCenter does not; perhaps another program has disabled it since')
}

/** {@link endHold} for the janitor: by the library that is configured now, or else by that of then, which may be gone. */
export const holdEnder =
  (vddk?: VddkSettings) =>
  (held: HoldToEnd): Promise<boolean> => {
    if (vddk === undefined || !isThere(vddk.library)) return endHold(held)
    const { library, configFile } = vddk
    return endHold({ ...held, hold: { ...held.hold, library, configFile } })
  }

function isThere(library: string): boolean {
  try {
    findLibrary(library)
    return true
  } catch {
    return false
  }
}

/** Source: ManagedEntity.disabledMethod, vSphere Web Services API 8.0. Evidence: documented. */
export async function isHeld(session: Session, ref: ManagedObjectReference, signal?: AbortSignal): Promise<boolean> {
  const request = { type: 'VirtualMachine', ref, paths: ['disabledMethod'] } as const
  const { disabledMethod = [] } = await readProperties(session, request, signal)
  return disabledMethod.includes('RelocateVM_Task')
}
