import { hasCode, messageOf } from '@vmkeep/kit'
import { readVm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { RunContext } from './run-context.ts'
import { type DiskPaths, storageMoved } from './storage-moved.ts'
import type { VmJob } from './vm-job.ts'

/**
 * Why a disk could not be read to the end: what it was read from is no more, it is somewhere else now, where the next run finds it, or its
 * host serves none.
 */
export async function whyNotRead(
  run: RunContext,
  { vm, standstill }: VmJob,
  paths: DiskPaths,
  error: unknown,
): Promise<unknown> {
  if (run.signal.aborted || !hasCode(error, 'backup.reading-disk')) return error
  const changed = await standstill.requireUnchanged().catch((reason: unknown) => reason)
  if (hasCode(changed, 'backup.snapshot-lost', 'backup.template-changed')) return changed
  const moved = await storageMoved(run, vm, paths).catch(() => undefined)
  if (moved !== undefined) return fail('backup.storage-moved', { vm: vm.name, how: moved.message }, error)
  const host = await readVm(run.session, vm.ref, run.signal).then((now) => now.host, noHost)
  if (host?.inMaintenance !== true) return error
  return fail('backup.host-in-maintenance', { vm: vm.name, host: host.name, why: messageOf(error) }, error)
}

const noHost = () => undefined
