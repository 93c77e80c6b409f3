import type { Cause, SkippedDisk } from '@vmkeep/run'
import { type Vm, whyNoMemory } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { whyTooFull } from './free-space.ts'
import type { BackupOptions, MemoryPolicy } from './options.ts'

export interface MemoryPlan {
  /** `off` where there is none, or it can't be kept. */
  readonly memory: MemoryPolicy
  readonly warnings: readonly Cause[]
}

/** Whether a snapshot is to be taken with the guest's memory. Of a VM that does not run there is none, and nothing to say. Pure. */
export function planMemory(vm: Vm, skipped: readonly SkippedDisk[], options: BackupOptions): MemoryPlan {
  const { memory = 'off' } = options
  if (memory === 'off' || vm.powerState !== 'poweredOn') return { memory: 'off', warnings: [] }
  const why = [
    ...whyNoMemory(vm).map(({ sentence }) => sentence),
    ...(skipped.length === 0
      ? []
      : [`It belongs to all disks, and these are left out: ${skipped.map(({ label }) => label).join(', ')}.`]),
    ...whyNoRoom(vm, options),
  ]
  return why.length === 0 ? { memory, warnings: [] } : { memory: 'off', warnings: [notStored(why.join(' '))] }
}

export const notStored = (why: string): Cause => ({
  code: 'memory-not-stored',
  message: `The guest's memory is not kept with this point: ${why}`,
})

/** @throws `backup.memory-required` where the policy demands it and {@link planMemory} has found that it can't be had */
export function requireMemory(
  { vm, warnings }: { readonly vm: string; readonly warnings: readonly Cause[] },
  { memory }: Pick<BackupOptions, 'memory'>,
): void {
  const refused = warnings.find(({ code }) => code === 'memory-not-stored')
  if (memory === 'require' && refused !== undefined) throw fail('backup.memory-required', { vm, why: refused.message })
}

/** The memory's file goes beside the vmx, and is as large as the memory. */
function whyNoRoom(vm: Vm, { freeSpace }: BackupOptions): string[] {
  if (freeSpace === undefined) return []
  const memoryBytes = (vm.config?.hardware.memoryMB ?? 0) * 1024 * 1024
  const isHome = (name: string) => vm.vmxPath?.startsWith(`[${name}]`) === true
  const datastores = vm.datastores.map((datastore) =>
    isHome(datastore.name) ? { ...datastore, freeBytes: datastore.freeBytes - memoryBytes } : datastore,
  )
  const tooFull = whyTooFull({ ...vm, datastores }, freeSpace)
  return tooFull === undefined ? [] : [`With it there is no room for the snapshot. ${tooFull.message}`]
}
