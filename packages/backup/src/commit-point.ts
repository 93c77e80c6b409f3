import type { PointImage, RestorePoint } from '@vmkeep/repository'
import { plainOf, type VmPointAttributes, vmPointFormat, vmPointFormatWithMemory } from '@vmkeep/run'
import type { Captured } from '@vmkeep/vsphere'
import type { DiskBackup } from './disk-job.ts'
import { identityOf } from './identity.ts'
import { keepingOf } from './keeping.ts'
import type { RunContext } from './run-context.ts'
import type { VmJob } from './vm-job.ts'

/** What a run found out about a VM. */
export interface VmFound {
  readonly captured: Captured
  readonly backups: readonly DiskBackup[]
  /** The images of the guest's memory, or none. */
  readonly memory: readonly PointImage[]
  readonly saved: Pick<VmPointAttributes, 'guest' | 'place' | 'recreate' | 'homeFiles' | 'warnings'>
}

export async function commitPoint(
  run: RunContext,
  job: VmJob,
  { captured, backups, memory, saved }: VmFound,
): Promise<RestorePoint> {
  const { vm, plan, history, writer, standstill } = job
  const configXml = await writer.putBlob(Buffer.from(captured.configXml), run.signal)
  const attributes: VmPointAttributes = {
    format: memory.length === 0 ? vmPointFormat : vmPointFormatWithMemory,
    inventoryPath: vm.inventoryPath,
    instanceUuid: identityOf(vm),
    biosUuid: vm.biosUuid ?? '',
    ref: vm.ref.value,
    endpointId: run.endpointId,
    powerState: vm.powerState,
    consistency: standstill.consistency,
    quiesceAsked: run.options.quiesce,
    runId: run.runId,
    skippedDisks: plan.skippedDisks,
    configXml,
    ...(standstill.scripts.length > 0 && { scripts: standstill.scripts }),
    ...saved,
  }
  const blobs = Object.fromEntries([
    ['config.xml', configXml],
    ...saved.homeFiles.map(({ name, blob }) => [name, blob] as const),
  ])
  return writer.commit(
    {
      subject: { id: identityOf(vm), name: vm.name, kind: 'vm' },
      images: [...backups.map(({ image }) => image), ...memory],
      blobs,
      attributes: plainOf(attributes),
      stats: sumSizes(backups),
      ...keepingOf(run.options, history?.points ?? [], run.clock.nowMs()),
    },
    run.signal,
  )
}

function sumSizes(backups: readonly DiskBackup[]): Record<string, number> {
  const total = { provisionedBytes: 0, changedBytes: 0, readBytes: 0, sentBytes: 0, storedBytes: 0 }
  for (const { report } of backups)
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report.sizes[key]
  return total
}
