import { ancestorsOf, datacenterOf } from '../inventory/ancestors.ts'
import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import type { Vm } from '../vm/vm.ts'
import { uploadFile } from './download-file.ts'

/** A small file of a VM's home, beside its disks. */
export interface VmHomeFile {
  /** `[datastore] folder/name.nvram`. */
  readonly path: string
  /** `config` (vmx), `nvram`, `extendedConfig` (vmxf), `snapshotList` (vmsd). */
  readonly kind: HomeFileKind
  readonly sizeBytes: number
}

const kinds = ['config', 'nvram', 'extendedConfig', 'snapshotList'] as const
export type HomeFileKind = (typeof kinds)[number]

/** The files that make up a VM besides its disks. A VM that was never on has no nvram. Pure. */
export function vmHomeFiles(vm: Pick<Vm, 'files'>): VmHomeFile[] {
  return kinds.flatMap((kind) =>
    vm.files.filter(({ type }) => type === kind).map(({ path, sizeBytes }) => ({ path, kind, sizeBytes })),
  )
}

/**
 * Gives a VM that is off an nvram file: EFI boot entries, secure boot keys, BIOS settings. It goes where vSphere would
 * make it, beside the vmx under the same name, or replaces the one that is there.
 *
 * @throws `vsphere.file-refused`
 */
export async function uploadNvram(
  session: Session,
  vm: ManagedObjectReference,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['layoutEx.file', 'config.files.vmPathName'] } as const
  const found = await readProperties(session, request, signal)
  const present = found['layoutEx.file']?.find(({ type }) => type === 'nvram')?.name
  const vmx = found['config.files.vmPathName']
  const path = present ?? vmx?.replace(/\.vmx$/i, '.nvram')
  if (path === undefined) throw fail('vsphere.no-configuration', { object: vm.value })
  const chain = await ancestorsOf(session, vm, signal)
  await uploadFile(session, path, bytes, { datacenterPath: datacenterOf(chain)?.storedPath, signal })
}
