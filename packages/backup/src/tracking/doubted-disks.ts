// Change tracking that somebody switched on while the VM had snapshots: vSphere takes it, and answers wrongly without a word.
import type { Cause, VmPoint } from '@vmkeep/run'
import { disksOf, retrieve, type Vm, type VmDisk } from '@vmkeep/vsphere'
import { isDoubtedStill } from '../decide-read.ts'
import type { SnapshotContext } from '../run-context.ts'

/**
 * Those of our snapshot's disks whose tracking was switched on beside a snapshot: an older one that is still there shows the disk without a
 * change id. Once seen, it is remembered in the restore points, for as long as the same tracking goes on.
 *
 * Where those snapshots went before we came, nothing shows it, and only the audit finds out.
 * Source: KB 320557, Veritas article 100033481: from 6.5 on the answers are wrong in silence. Evidence: documented; that a snapshot of
 * the time before shows no change id: inferred, from where the change id is said to be.
 */
export async function doubtedDisks(
  { session, signal }: Pick<SnapshotContext, 'session' | 'signal'>,
  vm: Vm,
  disks: readonly VmDisk[],
  previous: Pick<VmPoint, 'disks'> | undefined,
): Promise<readonly VmDisk[]> {
  const tracked = disks.filter(({ changeId }) => changeId)
  if (tracked.length === 0) return []
  const untracked = new Set<number>()
  const from = vm.snapshots.map(({ ref }) => ref)
  if (from.length > 0)
    for await (const { properties } of retrieve(
      session,
      { type: 'VirtualMachineSnapshot', from, paths: ['config'] },
      signal,
    ))
      for (const { key, changeId } of properties.config === undefined ? [] : disksOf(properties.config))
        if (!changeId) untracked.add(key)
  const before = (disk: VmDisk) => previous?.disks.find(({ key }) => key === disk.key)
  return tracked.filter((disk) => untracked.has(disk.key) || isDoubtedStill(disk.changeId, before(disk)))
}

export const warningsOfDoubted = (disks: readonly VmDisk[]): Cause[] =>
  disks.length === 0
    ? []
    : [
        {
          code: 'tracking-beside-snapshots',
          message: `change tracking of ${disks.map(({ label }) => label).join(', ')} was switched on while the VM had snapshots, and vSphere's answers since then may be wrong: every run reads all of it. Remove the snapshots, then start tracking anew with "vmkeep vm cbt reset"`,
        },
      ]
