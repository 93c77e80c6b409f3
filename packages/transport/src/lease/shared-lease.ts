import { type ManagedObjectReference, type NfcLease, openExportLease, type Session } from '@vmkeep/vsphere'
import type { Clock } from '@vmkeep/kit'

interface LeaseOn {
  readonly session: Session
  readonly vm: ManagedObjectReference
  readonly snapshot?: ManagedObjectReference | undefined
  readonly clock: Clock
}

interface Shared {
  readonly lease: Promise<NfcLease>
  holders: number
  isWanting: boolean
}

const leases = new WeakMap<Session, Map<string, Shared>>()

/** A share in a lease. Give it back once. */
export interface HeldLease {
  readonly lease: NfcLease
  /** @param outcome `whole`: what was asked of it came, whole and proven */
  release(outcome: 'whole' | 'in part'): Promise<void>
}

/**
 * One lease for all disks of a snapshot that are read at the same time: vSphere gives no second one while a first is held.
 * It is completed when the last disk is done and each came whole, aborted otherwise.
 *
 * @throws what `openExportLease` throws
 */
export async function holdLease(on: LeaseOn, signal: AbortSignal): Promise<HeldLease> {
  const mine = leases.get(on.session) ?? new Map<string, Shared>()
  leases.set(on.session, mine)
  const key = (on.snapshot ?? on.vm).value
  const shared = mine.get(key) ?? opened(on, signal)
  mine.set(key, shared)
  shared.holders++
  const leave = async () => {
    if (--shared.holders > 0) return
    if (mine.get(key) === shared) mine.delete(key)
    await using lease = await shared.lease.catch(() => undefined)
    if (!shared.isWanting) await lease?.complete().catch(() => {}) // what it was for is done; one that stays runs out by itself
  }
  try {
    const lease = await shared.lease
    lease.lost.addEventListener('abort', () => mine.get(key) === shared && mine.delete(key), { once: true })
    return {
      lease,
      release: async (outcome) => {
        if (outcome === 'in part') shared.isWanting = true
        await leave()
      },
    }
  } catch (error) {
    await leave()
    throw error
  }
}

const opened = ({ session, vm, snapshot, clock }: LeaseOn, signal: AbortSignal): Shared => ({
  lease: openExportLease(session, { vm, snapshot }, { clock, signal }),
  holders: 0,
  isWanting: false,
})
