import type { VirtualMachine } from '../virtual-machine.ts'
import { isTrackable, type PlannedDisk } from './disk-plan.ts'
import type { VmSettings } from './vm-settings.ts'

/** A change to a VM's bytes, decided but not done. */
export type DiskChange =
  | { readonly kind: 'add'; readonly planned: PlannedDisk }
  | { readonly kind: 'remove'; readonly key: number; readonly destroy: boolean }
  | { readonly kind: 'grow'; readonly key: number; readonly capacityBytes: number }

/** Does the changes in order. When one fails, the disks added so far are taken away again. */
export async function changeDisks(
  vm: VirtualMachine,
  settings: VmSettings,
  changes: readonly DiskChange[],
): Promise<void> {
  const added: PlannedDisk[] = []
  try {
    for (const change of changes) {
      if (change.kind === 'remove') await vm.storage.detachDisk(change.key, { destroy: change.destroy })
      else if (change.kind === 'grow') await vm.storage.growDisk(change.key, change.capacityBytes)
      else {
        await addDisk(vm, settings, change.planned)
        added.push(change.planned)
      }
    }
  } catch (error) {
    for (const { disk, file } of added) await vm.storage.detachDisk(disk.key, { destroy: file.kind === 'create' })
    throw error
  }
}

async function addDisk(vm: VirtualMachine, settings: VmSettings, { disk, node, file }: PlannedDisk): Promise<void> {
  const controller = settings.devices.find(({ key }) => key === disk.controllerKey)
  // a physical mapping is in no snapshot, whatever its mode: the LUN itself is what the guest writes to
  const mode = disk.rdm?.mode === 'physicalMode' ? 'independent_persistent' : disk.mode
  const place = { key: disk.key, node, mode, trackable: isTrackable(disk, controller) }
  if (file.kind === 'attach') return void (await vm.storage.attachDisk({ ...place, path: file.path }))
  const { kind: _, path, ...spec } = file
  await vm.storage.addDisk({ ...place, ...spec, ...(path === undefined ? {} : { path }) })
}
