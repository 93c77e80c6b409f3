import { hasCode } from '@vmkeep/kit'
import { detachDisk, findVms, readProperties, type Session } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { LeftAttachment, Leftover } from './journal.ts'

/**
 * Takes off the disk that a dead run has left attached, and tells whether it still hung there. Slot, mode, file and uuid must be those of
 * the journal; any other disk in that slot is left alone, and is the proof that ours is gone.
 *
 * @throws `run.disk-unconfirmed` where the VM it was attached to can't be looked at
 */
export async function removeLeftDisk(
  session: Session,
  { leftover, journal }: { readonly leftover: Leftover; readonly journal: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const attachment = leftover.attachment!
  const { proxy, path } = attachment
  const named = (await findVms(session, proxy.instanceUuid, signal)).filter(
    (vm) => vm.instanceUuid?.toLowerCase() === proxy.instanceUuid,
  )
  if (named.length === 0 && (await isGone(session, attachment, signal))) return false
  const unseen = named.length === 0 || named.some(({ connectionState }) => connectionState !== 'connected')
  if (unseen) throw fail('run.disk-unconfirmed', { disk: path, vm: leftover.vmName, proxy: proxy.name, journal })
  let detached = false
  for (const { ref } of named) detached = (await detachDisk(session, ref, attachment, signal)) || detached
  return detached
}

/** Only vSphere's own word counts: to this account, a VM that it may not see looks like one that was deleted. */
async function isGone(session: Session, { proxy }: LeftAttachment, signal: AbortSignal | undefined): Promise<boolean> {
  const ref = { type: 'VirtualMachine', value: proxy.ref }
  try {
    await readProperties(session, { type: 'VirtualMachine', ref, paths: ['name'] }, signal)
    return false
  } catch (error) {
    if (hasCode(error, 'vsphere.not-found')) return true
    throw error
  }
}
