import { messageOf } from '@vmkeep/kit'
import type { Cause, VmHomeFile } from '@vmkeep/run'
import { downloadFile, vmHomeFiles } from '@vmkeep/vsphere'
import type { RunContext } from './run-context.ts'
import type { VmJob } from './vm-job.ts'

export interface StoredHome {
  readonly files: readonly VmHomeFile[]
  readonly warnings: readonly Cause[]
}

const homeFileBytesMax = 4 * 1024 * 1024 // nvram is 8 KiB to 512 KiB, a vmx a few KiB
const homeKinds = ['config', 'nvram']

/** The files of the VM's home that a point keeps, and VSS's manifest, which lies beside them and goes with the snapshot. */
export async function storeHome(run: RunContext, job: VmJob): Promise<StoredHome> {
  const { files, warnings } = await storeHomeFiles(run, job)
  const { manifest, warnings: more } = job.standstill
  const all = [...warnings, ...more]
  if (manifest === undefined) return { files, warnings: all }
  const blob = await job.writer.putBlob(manifest, run.signal)
  return { files: [...files, { name: 'vss-manifest.zip', kind: 'vss-manifest', blob }], warnings: all }
}

/** The vmx and nvram. Without them the VM still comes back, so their loss is a warning and not a failure. */
async function storeHomeFiles(run: RunContext, { vm, writer }: VmJob): Promise<StoredHome> {
  const files: VmHomeFile[] = []
  const warnings: Cause[] = []
  for (const { path, kind } of vmHomeFiles(vm).filter((file) => homeKinds.includes(file.kind))) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    try {
      const bytes = await downloadFile(run.session, path, {
        datacenterPath: vm.datacenterPath,
        sizeBytesMax: homeFileBytesMax,
        signal: run.signal,
      })
      files.push({ name, kind, blob: await writer.putBlob(bytes, run.signal) })
    } catch (error) {
      run.signal.throwIfAborted()
      warnings.push({ code: 'home-file-missing', message: `${name} could not be saved: ${messageOf(error)}` })
      run.onEvent({ type: 'note', level: 'warn', vm: vm.name, ...warnings.at(-1)! })
    }
  }
  return { files, warnings }
}
